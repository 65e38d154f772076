import { resolve } from 'node:path';
import { AccessRules } from '../access/access-rules.ts';
import { KeyFile } from '../access/key-file.ts';
import { KeyStore } from '../access/key-store.ts';
import type { After } from '../access/key-expiry.ts';
import type { Settings } from '../config/schema.ts';
import type { Log } from '../observe/log.ts';

/** In the data directory. */
const KEYS = 'keys.json';
/** What the first key is for: the stream that the welcome, the README and the pages speak of. */
const FIRST_KEY = { label: 'first key', action: 'publish', streams: 'live/cam' } as const;

export interface AccessOptions {
  readonly settings: Settings;
  readonly after: After;
  readonly log: Log;
}

/** Stream keys and the rules that ask for them. */
export class Access {
  readonly keys: KeyStore;
  readonly rules: AccessRules;
  readonly #log: Log;
  #settings: Settings['access'];
  #isFirstStart = false;
  #firstKey: string | undefined;

  constructor({ settings, after, log }: AccessOptions) {
    this.#log = log;
    this.#settings = settings.access;
    this.keys = new KeyStore({
      file: new KeyFile(resolve(settings.data.dir, KEYS)),
      clock: Date.now,
      after,
      log,
      signingSecret: (action) => this.#settings[`${action}Secret`],
    });
    this.rules = new AccessRules({
      settings: settings.access,
      keys: this.keys,
      clock: Date.now,
      fetch,
      onProblem: (text) => log.warn(text),
    });
  }

  /** The secret of the key that was made at this start, because there were none; never known again. */
  get firstKey(): string | undefined {
    return this.#firstKey;
  }

  /** Reads the keys; call when the data directory is there and nobody can come in yet. @throws {KeyFileError} */
  open(): void {
    this.#isFirstStart = !this.keys.open();
  }

  /** At the first start there is a key to begin with. Call when the doors are open: a start that failed would have used it up. */
  async makeFirstKey(): Promise<void> {
    if (!this.#isFirstStart || this.#settings.publish !== 'keys') return;
    try {
      this.#firstKey = (await this.keys.create(FIRST_KEY)).secret;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#log.error(
        { reason },
        'no first stream key could be made: other machines cannot publish until one is',
      );
    }
  }

  /** From now on; who is here by earlier rules stays. The keys' file is read again by `keys.reload`. */
  apply(settings: Settings['access']): void {
    this.#settings = settings;
    this.rules.apply(settings);
  }

  /** Never rejects. */
  close(): Promise<void> {
    return this.keys.close();
  }
}
