import { streamPattern, type StreamPattern } from '../media/stream-pattern.ts';
import { networks, type Networks } from '../servers/networks.ts';
import { KEY_FILE_VERSION, type KeyDocument, type KeyRecord } from './key-record.ts';
import { hashOf, isSame } from './key-secret.ts';

/** A key that somebody has come with. */
export interface FoundKey {
  readonly record: KeyRecord;
  readonly pattern: StreamPattern;
  readonly networks: Networks;
}

/** The keys in memory, by what is stored of their secrets. */
export class KeyRing {
  /** What the file says, with the fields that this version does not know. */
  #document: KeyDocument = { version: KEY_FILE_VERSION, keys: [] };
  #byHash = new Map<string, FoundKey>();
  /** Revoked in this run: nothing that is read or written may bring them back. */
  readonly #revoked = new Map<string, string>();
  /** By key, ms since 1970. */
  readonly #usedAt = new Map<string, number>();

  get records(): readonly KeyRecord[] {
    return this.#document.keys;
  }

  /** As it is to be written: with other keys, if they are given. */
  document(keys: readonly KeyRecord[] = this.records): KeyDocument {
    return {
      ...this.#document,
      keys: keys.map((record) => {
        const usedAt = this.#usedAt.get(record.id);
        return this.#marked(usedAt === undefined ? record : { ...record, lastUsedAt: iso(usedAt) });
      }),
    };
  }

  /** Takes the place of all there were. */
  install(document: KeyDocument): void {
    const keys = document.keys.map((record) => this.#marked(record));
    this.#document = { ...document, keys };
    this.#byHash = new Map(keys.map((record) => [record.hash, found(record)]));
    const ids = new Set(keys.map(({ id }) => id));
    for (const map of [this.#usedAt, this.#revoked])
      for (const id of map.keys()) if (!ids.has(id)) map.delete(id);
  }

  revoke(id: string, at: string): void {
    this.#revoked.set(id, at);
    this.install(this.#document);
  }

  known(id: string): KeyRecord | undefined {
    return this.records.find((record) => record.id === id);
  }

  find(secret: string): FoundKey | undefined {
    const hash = hashOf(secret);
    const key = this.#byHash.get(hash);
    return key && isSame(key.record.hash, hash) ? key : undefined;
  }

  used(id: string, now: number): void {
    this.#usedAt.set(id, now);
  }

  /** ms since 1970; undefined: not in this run. */
  usedAt(id: string): number | undefined {
    return this.#usedAt.get(id);
  }

  #marked(record: KeyRecord): KeyRecord {
    const revokedAt = this.#revoked.get(record.id);
    return revokedAt === undefined || record.revokedAt !== undefined ? record : { ...record, revokedAt };
  }
}

const iso = (time: number): string => new Date(time).toISOString();

/** Records have been checked when they were read or wished for. */
function found(record: KeyRecord): FoundKey {
  const pattern = streamPattern(record.streams);
  const nets = networks(record.networks);
  if ('refused' in pattern || 'refused' in nets) throw new Error(`key ${record.id} was not checked`);
  return { record, pattern, networks: nets };
}
