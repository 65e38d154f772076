import type { KeyRecord } from './key-record.ts';

/** Calls back after so many ms unless the returned function is called first. */
export type After = (ms: number, callback: () => void) => () => void;

export interface KeyExpiryOptions {
  /** Wall clock, ms since 1970. */
  readonly clock: () => number;
  readonly after: After;
  readonly records: () => readonly KeyRecord[];
  /** Told once of each key. */
  readonly expired: (id: string) => void;
}

/** Keys are looked at this often at least, ms: the wall clock can be set, and timers sleep when the machine does. */
const LOOK_MS = 30_000;

/** Tells when keys expire while the gateway runs. */
export class KeyExpiry {
  readonly #options: KeyExpiryOptions;
  #told = new Set<string>();
  #cancel: (() => void) | undefined;
  #isStopped = false;

  constructor(options: KeyExpiryOptions) {
    this.#options = options;
  }

  /** Of keys that have expired already nobody has to be told. */
  begin(): void {
    this.#told = new Set(this.#past());
    this.look();
  }

  /** Call also when keys have changed. */
  look(): void {
    if (this.#isStopped) return;
    const past = this.#past();
    const news = past.filter((id) => !this.#told.has(id));
    this.#told = new Set(past);
    this.#cancel?.();
    const now = this.#options.clock();
    const next = Math.min(
      ...this.#options
        .records()
        .map((record) => endOf(record))
        .filter((end) => end > now),
    );
    if (next < Infinity) this.#cancel = this.#options.after(Math.min(next - now, LOOK_MS), () => this.look());
    for (const id of news) this.#options.expired(id);
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
  }

  #past(): string[] {
    const now = this.#options.clock();
    return this.#options
      .records()
      .filter((record) => endOf(record) <= now)
      .map(({ id }) => id);
  }
}

/** ms since 1970; Infinity: it does not end by itself. */
function endOf({ expiresAt, revokedAt }: KeyRecord): number {
  return expiresAt === undefined || revokedAt !== undefined ? Infinity : Date.parse(expiresAt);
}
