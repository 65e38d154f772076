import { BitReader } from '../../bytes/bit-reader.ts';
import type { AvcConfig } from './config.ts';
import { NAL, nalType } from './nal.ts';

/** Real parameter sets are some dozens of bytes (scaling lists: some hundreds); longer ones are not kept. */
export const MAX_SET_BYTES = 4096;
/**
 * All of them, in bytes: they are written again in front of each key frame, so that a frame of ten bytes could cost a
 * quarter of a megabyte.
 */
const MAX_ALL_BYTES = 16 * 1024;
/** Ids an encoder uses of one kind: one or two as a rule. The standard allows 32 and 256, a configuration record 31 and 255. */
export const MAX_SETS = 31;

/**
 * The parameter sets that are in force: the configuration's at first, then those an encoder sends in band, which
 * replace the ones of the same id. They have to stand in front of every place where a decoder may start.
 */
export class ParameterSets {
  #sps = new Map<number, Uint8Array>();
  #pps = new Map<number, Uint8Array>();
  #all: readonly Uint8Array[] = [];
  #bytes = 0;

  constructor(config: AvcConfig) {
    for (const set of config.sps) this.#keep(this.#sps, set);
    for (const set of config.pps) this.#keep(this.#pps, set);
    this.#list();
  }

  /** Sequence parameter sets first, then picture parameter sets. */
  get all(): readonly Uint8Array[] {
    return this.#all;
  }

  /** Takes note of the set at `payload[start..end)`. Copies it, if it is new. */
  learn(payload: Uint8Array, start: number, end: number): void {
    const sets = nalType(payload, start) === NAL.sps ? this.#sps : this.#pps;
    if (this.#keep(sets, payload.subarray(start, end))) this.#list();
  }

  #keep(sets: Map<number, Uint8Array>, set: Uint8Array): boolean {
    const id = parameterSetId(set);
    if (id === undefined || set.length > MAX_SET_BYTES) return false;
    const known = sets.get(id);
    if (known ? Buffer.compare(known, set) === 0 : sets.size >= MAX_SETS) return false;
    const bytes = this.#bytes + set.length - (known?.length ?? 0);
    if (bytes > MAX_ALL_BYTES) return false;
    this.#bytes = bytes;
    sets.set(id, Uint8Array.from(set));
    return true;
  }

  #list(): void {
    this.#all = [...this.#sps.values(), ...this.#pps.values()];
  }
}

/** seq_parameter_set_id or pic_parameter_set_id: ITU-T H.264 §7.3.2.1.1, §7.3.2.2. Undefined for a set cut short. */
export function parameterSetId(set: Uint8Array): number | undefined {
  if (set.length === 0) return undefined;
  const before = nalType(set, 0) === NAL.sps ? 4 : 1;
  try {
    // An id is 17 bits long at the most, and no emulation byte can come before its end.
    return new BitReader(set.subarray(before, before + 3), 'parameter set').ue();
  } catch {
    return undefined;
  }
}
