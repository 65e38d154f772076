import { BitReader } from '../../bytes/bit-reader.ts';
import type { AvcConfig } from './config.ts';
import { NAL, nalType } from './nal.ts';

/** Real parameter sets are some dozens of bytes (scaling lists: some hundreds); longer ones are not kept. */
const MAX_SET_BYTES = 4096;
/** Ids an encoder uses of one kind: one or two as a rule. The standard allows 32 and 256, which would only serve to fill memory. */
const MAX_SETS = 32;

/**
 * The parameter sets that are in force: the configuration's at first, then those an encoder sends in band, which
 * replace the ones of the same id. They have to stand in front of every place where a decoder may start.
 */
export class ParameterSets {
  #sps = new Map<number, Uint8Array>();
  #pps = new Map<number, Uint8Array>();
  #all: readonly Uint8Array[] = [];

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
    sets.set(id, Uint8Array.from(set));
    return true;
  }

  #list(): void {
    this.#all = [...this.#sps.values(), ...this.#pps.values()];
  }
}

/** seq_parameter_set_id or pic_parameter_set_id: ITU-T H.264 §7.3.2.1.1, §7.3.2.2. Undefined for a set cut short. */
function parameterSetId(set: Uint8Array): number | undefined {
  if (set.length === 0) return undefined;
  const before = nalType(set, 0) === NAL.sps ? 4 : 1;
  try {
    // An id is 17 bits long at the most, and no emulation byte can come before its end.
    return new BitReader(set.subarray(before, before + 3), 'parameter set').ue();
  } catch {
    return undefined;
  }
}
