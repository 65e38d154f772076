import { MAX_SET_BYTES, MAX_SETS, type NalSets, type SetKind } from './in-band.ts';

/**
 * All of them, in bytes: they are written again in front of each key frame, so that a frame of ten bytes could cost a
 * quarter of a megabyte.
 */
const MAX_ALL_BYTES = 16 * 1024;

/** How a codec tells its parameter sets apart. */
export interface SetIdentity {
  /** Undefined for a unit that is no parameter set, or not of the layer that is decoded. */
  kindOf(payload: Uint8Array, at: number): SetKind | undefined;
  /** Undefined for a set cut short. */
  idOf(set: Uint8Array, kind: SetKind): number | undefined;
}

/**
 * The parameter sets that are in force: the configuration's at first, then those an encoder sends in band, which
 * replace the ones of the same id. They have to stand in front of every place where a decoder may start.
 */
export class SetsInForce {
  readonly #identity: SetIdentity;
  readonly #sets = {
    vps: new Map<number, Uint8Array>(),
    sps: new Map<number, Uint8Array>(),
    pps: new Map<number, Uint8Array>(),
  };
  #all: readonly Uint8Array[] = [];
  #bytes = 0;

  constructor({ vps = [], sps, pps }: NalSets, identity: SetIdentity) {
    this.#identity = identity;
    for (const sets of [vps, sps, pps]) for (const set of sets) this.#keep(set);
    this.#list();
  }

  /** Video parameter sets first, then sequence parameter sets, then picture parameter sets. */
  get all(): readonly Uint8Array[] {
    return this.#all;
  }

  /** Takes note of the set at `payload[start..end)`. Copies it, if it is new. */
  learn(payload: Uint8Array, start: number, end: number): void {
    if (this.#keep(payload.subarray(start, end))) this.#list();
  }

  #keep(set: Uint8Array): boolean {
    const kind = set.length > 0 ? this.#identity.kindOf(set, 0) : undefined;
    const id = kind && this.#identity.idOf(set, kind);
    if (kind === undefined || id === undefined || set.length > MAX_SET_BYTES) return false;
    const sets = this.#sets[kind];
    const known = sets.get(id);
    if (known ? Buffer.compare(known, set) === 0 : sets.size >= MAX_SETS) return false;
    const bytes = this.#bytes + set.length - (known?.length ?? 0);
    if (bytes > MAX_ALL_BYTES) return false;
    this.#bytes = bytes;
    sets.set(id, Uint8Array.from(set));
    return true;
  }

  #list(): void {
    const { vps, sps, pps } = this.#sets;
    this.#all = [...vps.values(), ...sps.values(), ...pps.values()];
  }
}
