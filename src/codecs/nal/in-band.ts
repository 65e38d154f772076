import type { NalUnits } from './units.ts';

/** Parameter sets by their kind; AVC has no VPS. */
export interface NalSets {
  readonly vps?: readonly Uint8Array[];
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
}

/** What is in force for a stream of NAL units. */
export interface NalConfig extends NalSets {
  readonly nalLengthSize: 1 | 2 | 4;
}

export type SetKind = 'vps' | 'sps' | 'pps';

/** How a codec tells its parameter sets apart. */
export interface SetRules<Config extends NalConfig> {
  /** Units of a frame that may be parameter sets: a quick look, for every frame. */
  mayHold(units: NalUnits): boolean;
  /** Undefined for a unit that is no parameter set, or not of the layer that is decoded. */
  kindOf(payload: Uint8Array, at: number): SetKind | undefined;
  /** Undefined for a set cut short. */
  idOf(set: Uint8Array, kind: SetKind): number | undefined;
  /** The sequence parameter set that a slice's picture is coded by. */
  activeSps(slice: Uint8Array, sets: NalSets): Uint8Array | undefined;
  /** `base`: what all else is taken from. @throws {CodecError} */
  configOf(nalLengthSize: 1 | 2 | 4, sets: Required<NalSets>, base: Config | undefined): Config;
}

/** Real parameter sets are some dozens of bytes (scaling lists: some hundreds); longer ones are not kept. */
export const MAX_SET_BYTES = 4096;
/** Ids an encoder uses of one kind: one or two as a rule. The standards allow more, a configuration record 31 of AVC's. */
export const MAX_SETS = 31;

/** Works out what parameter sets in band make of a configuration; the rules say how a codec tells them apart. */
export class InBandSets<Config extends NalConfig> {
  readonly #rules: SetRules<Config>;

  constructor(rules: SetRules<Config>) {
    this.#rules = rules;
  }

  /** The parameter sets among a frame's units, as views, in their order. */
  in(payload: Uint8Array, units: NalUnits): readonly Uint8Array[] {
    const sets: Uint8Array[] = [];
    if (!this.#rules.mayHold(units)) return sets;
    for (let index = 0; index < units.count && sets.length < 3 * MAX_SETS; index++) {
      const start = units.start(index);
      if (this.#rules.kindOf(payload, start)) sets.push(payload.subarray(start, units.end(index)));
    }
    return sets;
  }

  /**
   * The configuration in force where a picture comes with `sets` in front of it: `base` itself (undefined: none yet) if
   * they say nothing new. New sets are copied.
   *
   * @param slice a slice of the picture: the sequence parameter set it uses is put first, the others may be leftovers
   */
  merged(
    base: Config | undefined,
    sets: readonly Uint8Array[],
    slice: Uint8Array | undefined,
  ): Config | undefined {
    const merged = sets.every((set) => base && this.#knows(base, set)) ? base : this.#merge(base, sets);
    if (!merged || !slice || merged.sps.length < 2) return merged;
    const active = this.#rules.activeSps(slice, merged);
    if (!active || active === merged.sps[0]) return merged;
    const sps = [active, ...merged.sps.filter((set) => set !== active)];
    return this.#rules.configOf(
      merged.nalLengthSize,
      { vps: merged.vps ?? [], sps, pps: merged.pps },
      merged,
    );
  }

  /**
   * True if every set of `header` is in force already: records that differ in their order, in sets left out or in what
   * stands around them say the same to a decoder.
   */
  saysNothingNew(header: Config, inForce: Config): boolean {
    return (
      header.nalLengthSize === inForce.nalLengthSize &&
      [...(header.vps ?? []), ...header.sps, ...header.pps].every((set) => this.#knows(inForce, set))
    );
  }

  /** True if a decoder cannot tell the two apart. */
  isSame(one: Config, other: Config): boolean {
    return (
      one === other ||
      (this.saysNothingNew(one, other) &&
        this.saysNothingNew(other, one) &&
        isSameSet(one.sps[0] ?? NOTHING, other.sps[0] ?? NOTHING))
    );
  }

  #merge(base: Config | undefined, sets: readonly Uint8Array[]): Config | undefined {
    const of = (kind: SetKind): Uint8Array[] => sets.filter((set) => this.#rules.kindOf(set, 0) === kind);
    const sps = of('sps');
    const pps = of('pps');
    // With a new sequence parameter set the picture parameter sets of the old one are void: ITU-T H.264 §7.4.1.2.1.
    const isWhole = sps.some((set) => !base || !this.#knows(base, set)) && pps.length > 0;
    const from = isWhole ? undefined : base;
    const allSps = this.#byId('sps', from?.sps ?? [], sps);
    if (allSps.length === 0) return base;
    const all = {
      vps: this.#byId('vps', base?.vps ?? [], of('vps')),
      sps: allSps,
      pps: this.#byId('pps', from?.pps ?? [], pps),
    };
    return this.#rules.configOf(base?.nalLengthSize ?? 4, all, base);
  }

  /** Later ones take the place of earlier ones with their id. */
  #byId(kind: SetKind, old: readonly Uint8Array[], later: readonly Uint8Array[]): Uint8Array[] {
    const sets = new Map<number, Uint8Array>();
    for (const set of [...old, ...later]) {
      const id = this.#rules.idOf(set, kind);
      if (id === undefined || set.length > MAX_SET_BYTES) continue;
      if (sets.has(id) || sets.size < MAX_SETS) sets.set(id, Uint8Array.from(set));
    }
    return [...sets.values()];
  }

  #knows(config: Config, set: Uint8Array): boolean {
    const kind = this.#rules.kindOf(set, 0);
    return kind !== undefined && (config[kind] ?? []).some((known) => isSameSet(known, set));
  }
}

const NOTHING = new Uint8Array(0);

function isSameSet(one: Uint8Array, other: Uint8Array): boolean {
  return one === other || Buffer.compare(one, other) === 0;
}
