import type { Log } from '../observe/log.ts';
import { ApiRefusal, type KeyAdmin, type KeyInfo, type KeyWish } from '../servers/http/api/parts.ts';
import { KeyExpiry, type After } from './key-expiry.ts';
import { KeyFileError, type KeyFile } from './key-file.ts';
import { isInForce, keyInfo, MAX_KEYS, type KeyRecord } from './key-record.ts';
import { KeyRing, type FoundKey } from './key-ring.ts';
import { hashOf, makeSecret } from './key-secret.ts';
import { futureTime, recordFrom } from './key-wish.ts';
import { signedWish, type SignWish } from './signed-url.ts';

export interface KeyStoreOptions {
  readonly file: KeyFile;
  /** Wall clock, ms since 1970. */
  readonly clock: () => number;
  readonly after: After;
  readonly log: Log;
  /** What signed URLs of this action are signed with; empty: there are none. */
  readonly signingSecret: (action: 'publish' | 'play') => string;
}

/** A key opens nothing any more, or its old secret does not: told so that who uses it can be sent away. */
export type KeyGone = (keyId: string, reason: string) => void;

/** When keys were used last is written at most this often: it is for people, and each time the whole file is. */
const SAVE_USE_MS = 10 * 60_000;

/**
 * The stream keys, in memory and in their file. Secrets are told once and never kept. A change is in force when it is on the
 * disk, with one exception: a key that is revoked stops at once, whatever the disk says.
 */
export class KeyStore implements KeyAdmin {
  readonly #options: KeyStoreOptions;
  readonly #ring = new KeyRing();
  readonly #listeners = new Set<KeyGone>();
  readonly #expiry: KeyExpiry;
  #turn: Promise<unknown> = Promise.resolve();
  #isUnsaved = false;
  #cancelSave: (() => void) | undefined;
  #isClosed = false;

  constructor(options: KeyStoreOptions) {
    this.#options = options;
    this.#expiry = new KeyExpiry({
      ...options,
      records: () => this.#ring.records,
      expired: (id) => this.#tell(id, 'the key has expired'),
    });
  }

  /** Reads the file. False: there is none, this is the first start. @throws {KeyFileError} */
  open(): boolean {
    const { file, log } = this.#options;
    const document = file.read();
    file.tidy();
    if (!document) return false;
    if (file.isOpenToOthers())
      log.warn({ file: file.path }, 'other users of this machine can read the key file; set its mode to 600');
    this.#ring.install(document);
    this.#expiry.begin();
    return true;
  }

  /**
   * Reads the file again. Keys that are gone, revoked or have another secret in it stop at once. Rejects with KeyFileError;
   * then all is as it was.
   */
  reload(): Promise<void> {
    return this.#inTurn(() => {
      const { file } = this.#options;
      const document = file.read();
      const before = this.#ring.records;
      if (!document) {
        if (before.length === 0) return; // there has never been one
        throw new KeyFileError(file.path, 'it is not there any more');
      }
      this.#ring.install(document);
      for (const { id, hash, revokedAt } of before) {
        const now = this.#ring.known(id);
        if (now?.hash !== hash) this.#tell(id, 'the key was removed');
        else if (now.revokedAt !== undefined && revokedAt === undefined)
          this.#tell(id, 'the key was revoked');
      }
      this.#expiry.look();
    });
  }

  /** The key with this secret, whether it is in force or not: see {@link isInForce}. */
  find(secret: string): FoundKey | undefined {
    return this.#ring.find(secret);
  }

  /** Somebody was let in with it. @param now ms since 1970 */
  used(id: string, now: number): void {
    this.#ring.used(id, now);
    this.#saveLater();
  }

  /** The returned function stops listening. */
  listen(listener: KeyGone): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  list(): readonly KeyInfo[] {
    return this.#ring.records.map((record) => this.#info(record));
  }

  create(wish: KeyWish): Promise<KeyInfo & { readonly secret: string }> {
    return this.#inTurn(async () => {
      const secret = makeSecret(wish.action);
      const record = recordFrom(wish, secret, this.#options.clock());
      await this.#save([...this.#withRoom(), record]);
      return { ...this.#info(record), secret };
    });
  }

  rotate(id: string): Promise<KeyInfo & { readonly secret: string }> {
    return this.#inTurn(async () => {
      const record = this.#live(id);
      const secret = makeSecret(record.action);
      await this.#replace({ ...record, hash: hashOf(secret) });
      this.#tell(id, 'the key was replaced by a new one');
      return { ...this.#info(this.#known(id)), secret };
    });
  }

  /** It stops before this returns; the promise tells that it is on the disk. */
  async revoke(id: string): Promise<KeyInfo> {
    const record = this.#known(id);
    if (record.revokedAt !== undefined) return this.#info(record);
    this.#ring.revoke(id, new Date(this.#options.clock()).toISOString());
    this.#tell(id, 'the key was revoked');
    try {
      await this.#inTurn(() => this.#save(this.#ring.records));
    } catch (error) {
      this.#saveLater();
      const why = error instanceof Error ? error.message : String(error);
      throw new ApiRefusal(503, `the key is revoked as long as this program runs, but ${why}`);
    }
    return this.#info(this.#known(id));
  }

  /** Lets a key end at a time (ISO 8601 with zone), or never (`null`). */
  expire(id: string, at: string | null): Promise<KeyInfo> {
    return this.#inTurn(async () => {
      const record = { ...this.#live(id) };
      if (at === null) delete record.expiresAt;
      else record.expiresAt = futureTime(at, this.#options.clock());
      await this.#replace(record);
      return this.#info(this.#known(id));
    });
  }

  sign(wish: SignWish): { readonly query: string; readonly expiresAt: string } {
    return signedWish(wish, this.#options.signingSecret(wish.action), this.#options.clock());
  }

  /** Writes down when keys were used and ends all timers. Never rejects. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#expiry.stop();
    this.#cancelSave?.();
    await this.#saveUse();
  }

  #info(record: KeyRecord): KeyInfo {
    return keyInfo(record, this.#ring.usedAt(record.id));
  }

  #known(id: string): KeyRecord {
    const record = this.#ring.known(id);
    if (!record) throw new ApiRefusal(404, 'there is no such key', 'id');
    return record;
  }

  #live(id: string): KeyRecord {
    const record = this.#known(id);
    if (isInForce(record, this.#options.clock())) return record;
    const what = record.revokedAt === undefined ? 'has expired' : 'was revoked';
    throw new ApiRefusal(409, `this key ${what}: make a new one`);
  }

  /** All keys, without the oldest that has ended if there would be no room for one more. */
  #withRoom(): readonly KeyRecord[] {
    const keys = this.#ring.records;
    if (keys.length < MAX_KEYS) return keys;
    const now = this.#options.clock();
    const oldest = keys.find((record) => !isInForce(record, now));
    if (!oldest) throw new ApiRefusal(409, `there are ${MAX_KEYS} keys, which is the most there can be`);
    return keys.filter((record) => record !== oldest);
  }

  #replace(changed: KeyRecord): Promise<void> {
    return this.#save(this.#ring.records.map((record) => (record.id === changed.id ? changed : record)));
  }

  async #save(keys: readonly KeyRecord[]): Promise<void> {
    if (this.#options.file.isChanged) {
      this.#isUnsaved = true;
      throw new ApiRefusal(
        409,
        'the key file was changed by somebody else: reload first, or that would be lost',
      );
    }
    this.#isUnsaved = false;
    const document = this.#ring.document(keys);
    try {
      await this.#options.file.write(document);
    } catch (error) {
      this.#isUnsaved = true;
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      throw new ApiRefusal(503, `the key file could not be written (${code})`);
    }
    this.#ring.install(document);
    this.#expiry.look();
  }

  #saveLater(): void {
    this.#isUnsaved = true;
    if (this.#isClosed || this.#cancelSave) return;
    this.#cancelSave = this.#options.after(SAVE_USE_MS, () => {
      this.#cancelSave = undefined;
      void this.#saveUse();
    });
  }

  async #saveUse(): Promise<void> {
    try {
      await this.#inTurn(async () => {
        if (this.#isUnsaved) await this.#save(this.#ring.records);
      });
    } catch (error) {
      this.#options.log.warn({ err: error, file: this.#options.file.path }, 'use of keys could not be noted');
      if (!this.#isClosed) this.#saveLater();
    }
  }

  /** One change after the other: each begins with what the one before has written. */
  #inTurn<T>(change: () => T | Promise<T>): Promise<T> {
    const turn = this.#turn.then(change);
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  #tell(id: string, reason: string): void {
    for (const listener of this.#listeners) listener(id, reason);
  }
}
