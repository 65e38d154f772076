import { streamPattern, type StreamPattern } from '../media/stream-pattern.ts';
import type { StreamName } from '../media/stream-name.ts';
import { maskQuery } from '../observe/log.ts';

/** What a target can be told of. `disconnect` and `done` exist for back ends of nginx-rtmp. */
export type HookEvent =
  | 'connect'
  | 'disconnect'
  | 'publish'
  | 'unpublish'
  | 'play'
  | 'stop'
  | 'done'
  | 'recordStarted'
  | 'recordDone'
  | 'health'
  | 'relay'
  | 'alarm';

/** One entry of `hooks.targets`. */
export interface TargetSettings {
  /** May hold `{event}`. */
  readonly url: string;
  readonly events: readonly HookEvent[];
  /** A pattern: see StreamPattern. */
  readonly streams: string;
  readonly format: 'json' | 'nginx-rtmp';
  readonly decides: boolean;
  /** Of the signature; empty: none. */
  readonly secret: string;
  readonly timeoutMs: number;
  readonly onFailure: 'deny' | 'allow';
}

/** A web address that is told of events, or asked. */
export class HookTarget {
  readonly settings: TargetSettings;
  /** For logs, alarms and metrics: what may hold a secret is masked. */
  readonly label: string;
  readonly #pattern: StreamPattern;
  readonly #apps: StreamPattern;

  /** @throws {RangeError} if `streams` is no pattern, which the settings' check has made sure of */
  constructor(settings: TargetSettings) {
    this.settings = settings;
    this.label = labelOf(settings.url);
    this.#pattern = patternOf(settings.streams);
    this.#apps = patternOf(settings.streams === '*' ? '*' : `${settings.streams.split('/')[0] ?? ''}/*`);
  }

  wants(event: HookEvent, name: StreamName): boolean {
    return this.settings.events.includes(event) && this.#pattern.matches(name);
  }

  /** Of what belongs to an application but to no stream. */
  wantsApp(event: HookEvent, app: string): boolean {
    return this.settings.events.includes(event) && this.#apps.matches({ app, stream: '-', path: `${app}/-` });
  }

  /** Of what belongs to the gateway as a whole. */
  wantsAll(event: HookEvent): boolean {
    return this.settings.events.includes(event) && this.settings.streams === '*';
  }

  /** It is asked for leave, and not told afterwards what it has just decided. */
  decides(event: HookEvent): boolean {
    return this.settings.decides && (event === 'connect' || event === 'publish' || event === 'play');
  }

  /** @param call the event's name in the target's format: `publish_done` in nginx's */
  urlFor(call: string): string {
    return this.settings.url.replaceAll('{event}', call);
  }
}

/** Many services put their secret into the path: of what looks like one only the beginning is shown. */
const labelOf = (url: string): string =>
  maskQuery(url).replace(/(?<=\/[^/]{4})[^/]{16,}(?=\/|$|\?)/g, (rest) =>
    /[0-9A-Z]/.test(rest) ? '***' : rest,
  );

/** @throws {RangeError} */
export function patternOf(text: string): StreamPattern {
  const pattern = streamPattern(text);
  if ('refused' in pattern) throw new RangeError(`"${text}" is no pattern of streams: ${pattern.refused}`);
  return pattern;
}
