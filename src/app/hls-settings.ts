import type { StreamName } from '../media/stream-name.ts';
import { streamPattern, type StreamPattern } from '../media/stream-pattern.ts';

/** How a stream's HLS is made. */
export interface HlsSettings {
  readonly segmentSeconds: number;
  readonly windowSegments: number;
  readonly container: 'auto' | 'fmp4' | 'ts';
  readonly lowLatency: boolean;
  readonly partSeconds: number;
  readonly dvrSeconds: number;
}

/** Undefined settings are not overridden. */
type Overriding = { readonly [Name in keyof HlsSettings]?: HlsSettings[Name] | undefined };

export interface HlsSettingsWithRules extends HlsSettings {
  /** Patterns have been checked. */
  readonly streams: readonly ({ readonly match: string } & Overriding)[];
}

interface Rule {
  readonly pattern: StreamPattern;
  readonly settings: Overriding;
}

/** What the settings say of each stream. */
export class HlsSettingsFor {
  readonly #common: HlsSettings;
  readonly #rules: Rule[] = [];

  constructor({ streams, ...common }: HlsSettingsWithRules) {
    this.#common = common;
    for (const { match, ...settings } of streams) {
      const pattern = streamPattern(match);
      if (!('refused' in pattern)) this.#rules.push({ pattern, settings });
    }
  }

  /** Of several rules that match, later ones win. */
  of(name: StreamName): HlsSettings {
    const settings = { ...this.#common };
    for (const { pattern, settings: other } of this.#rules)
      if (pattern.matches(name)) Object.assign(settings, withoutUndefined(other));
    return settings;
  }
}

function withoutUndefined(settings: Overriding): Partial<HlsSettings> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== undefined));
}
