import { isDeepStrictEqual } from 'node:util';
import type { Settings } from '../config/schema.ts';

/** What came of reading the settings again: keys as `section.name`. */
export interface ReloadReport {
  /** Different from before, and in force now. */
  readonly applied: readonly string[];
  /** Different in the sources, but only a restart puts them in force. */
  readonly needsRestart: readonly string[];
}

export interface SettingsInForceOptions {
  readonly settings: Settings;
  /** Reads all sources again. @throws {ConfigError} */
  readonly read: () => Settings;
}

/** Puts one setting, or all of a section (`access.*`), in force while the gateway runs. */
type Apply = (settings: Settings) => void | Promise<void>;
/** Reads what settings point to, and gives what puts it in force. @throws {Error} what cannot be used, in one sentence */
type Prepare = (settings: Settings) => (() => void) | Promise<() => void>;

/** The settings that hold now, and the way to change some of them without a restart. */
export class SettingsInForce {
  readonly #read: () => Settings;
  readonly #appliers: { readonly matches: (key: string) => boolean; readonly apply: Apply }[] = [];
  readonly #preparers: Prepare[] = [];
  #current: Settings;
  /** One reload at a time, in the order in which they were asked for. */
  #underWay: Promise<unknown> = Promise.resolve();

  constructor({ settings, read }: SettingsInForceOptions) {
    this.#current = settings;
    this.#read = read;
  }

  /** A new object whenever something has changed. */
  get current(): Settings {
    return this.#current;
  }

  /** @param keys `section.name` or `section.*` */
  onChange(keys: readonly string[], apply: Apply): void {
    const sections = keys.filter((key) => key.endsWith('.*')).map((key) => key.slice(0, -1));
    const matches = (key: string): boolean =>
      keys.includes(key) || sections.some((section) => key.startsWith(section));
    this.#appliers.push({ matches, apply });
  }

  /**
   * At every reload, before anything changes, in the order of these calls: for files that settings name, which may have
   * changed although the settings have not. If one fails nothing changes at all.
   */
  onReload(prepare: Prepare): void {
    this.#preparers.push(prepare);
  }

  /** Reads the sources again; if they are faulty nothing changes. @throws {ConfigError} or what a preparation throws */
  reload(): Promise<ReloadReport> {
    const report = this.#underWay.then(() => this.#reload());
    this.#underWay = report.catch(() => undefined);
    return report;
  }

  async #reload(): Promise<ReloadReport> {
    const next = this.#read();
    const changed = differences(this.#current, next);
    const canApply = (key: string): boolean => this.#appliers.some(({ matches }) => matches(key));
    const applied = changed.filter(canApply);
    const needsRestart = changed.filter((key) => !canApply(key));
    const wanted = merged(this.#current, next, applied);
    const commits: (() => void)[] = [];
    for (const prepare of this.#preparers) commits.push(await prepare(wanted));
    this.#current = wanted;
    for (const commit of commits) commit();
    for (const { matches, apply } of this.#appliers) if (applied.some(matches)) await apply(this.#current);
    return { applied, needsRestart };
  }
}

type Sections = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

function differences(before: Settings, after: Settings): string[] {
  const [was, is]: Sections[] = [before, after];
  return Object.entries(is!).flatMap(([section, group]) =>
    Object.entries(group)
      .filter(([name, value]) => !isDeepStrictEqual(was![section]?.[name], value))
      .map(([name]) => `${section}.${name}`),
  );
}

function merged(before: Settings, after: Settings, keys: readonly string[]): Settings {
  const result: Record<string, Record<string, unknown>> = {};
  for (const [section, group] of Object.entries(before as Sections)) result[section] = { ...group };
  for (const key of keys) {
    const [section = '', name = ''] = key.split('.');
    result[section]![name] = (after as Sections)[section]?.[name];
  }
  return result as Settings;
}
