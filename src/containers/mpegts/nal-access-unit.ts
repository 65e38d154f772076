import type { SetsInForce } from '../../codecs/nal/sets-in-force.ts';
import { NalUnits } from '../../codecs/nal/units.ts';

const START_CODE = Uint8Array.of(0, 0, 0, 1);

/** What becomes of a unit in a transport stream; nothing of it: it stays where it is. */
export const UNIT = {
  /** It does not go into a transport stream. */
  leftOut: 1,
  /** A parameter set: where a decoder may start it goes in front. */
  parameterSet: 2,
  /** A slice of a picture where a decoder may start, whatever the container says. */
  starts: 4,
} as const;

/** What a codec's units are, for {@link NalAccessUnit}. */
export interface NalRules {
  /** Start code and access unit delimiter, for slices of any type. Apple's players want exactly one, in front. */
  readonly delimiter: Uint8Array;
  /** By a unit's first byte, which tells its type in either codec: {@link UNIT} flags. */
  readonly units: Uint8Array;
}

/**
 * Rewrites frames with length prefixes as Annex B access units for MPEG-TS (ISO/IEC 13818-1 §2.14, §2.17): one delimiter,
 * then, where a decoder may start, the parameter sets in force, then the frame's units.
 */
export class NalAccessUnit {
  readonly #units = new NalUnits();
  readonly #rules: NalRules;
  readonly #lengthSize: number;
  readonly #sets: SetsInForce;
  #payload: Uint8Array;
  #start = false;

  constructor(rules: NalRules, lengthSize: number, sets: SetsInForce) {
    this.#rules = rules;
    this.#lengthSize = lengthSize;
    this.#sets = sets;
    this.#payload = rules.delimiter;
  }

  /**
   * Looks at a frame; returns the bytes its access unit will take, 0 if nothing in it is worth writing.
   *
   * @param startsGop put the parameter sets in front; done for every picture that a decoder can start at anyway
   */
  measure(payload: Uint8Array, startsGop: boolean): number {
    this.#payload = payload;
    this.#units.find(payload, this.#lengthSize);
    this.#start = this.#lookThrough() || startsGop;
    let size = 0;
    for (let index = 0; index < this.#units.count; index++) {
      if (this.#isKept(index)) size += START_CODE.length + this.#units.end(index) - this.#units.start(index);
    }
    if (size === 0) return 0;
    if (this.#start) for (const set of this.#sets.all) size += START_CODE.length + set.length;
    return size + this.#rules.delimiter.length;
  }

  /** Writes the frame last measured at `at`. */
  write(out: Uint8Array, at: number): void {
    const { delimiter } = this.#rules;
    out.set(delimiter, at);
    at += delimiter.length;
    if (this.#start) {
      for (const set of this.#sets.all) {
        out.set(START_CODE, at);
        out.set(set, at + START_CODE.length);
        at += START_CODE.length + set.length;
      }
    }
    for (let index = 0; index < this.#units.count; index++) {
      if (!this.#isKept(index)) continue;
      const unit = this.#payload.subarray(this.#units.start(index), this.#units.end(index));
      out.set(START_CODE, at);
      out.set(unit, at + START_CODE.length);
      at += START_CODE.length + unit.length;
    }
    this.#payload = delimiter; // Not to hold on to the frame.
  }

  /** Learns the parameter sets in band; true for a picture that a decoder can start at. */
  #lookThrough(): boolean {
    let starts = false;
    for (let index = 0; index < this.#units.count; index++) {
      const what = this.#whatIs(index);
      if (what & UNIT.starts) starts = true;
      if (what & UNIT.parameterSet)
        this.#sets.learn(this.#payload, this.#units.start(index), this.#units.end(index));
    }
    return starts;
  }

  /** At a starting place the sets go in front, once each; elsewhere the encoder's stay where they are. */
  #isKept(index: number): boolean {
    const what = this.#whatIs(index);
    return (what & UNIT.leftOut) === 0 && !(this.#start && (what & UNIT.parameterSet) !== 0);
  }

  #whatIs(index: number): number {
    return this.#rules.units[this.#payload[this.#units.start(index)]!]!;
  }
}

/** A table of {@link NalRules.units}. */
export function unitTable(whatIs: (firstByte: number) => number): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, firstByte) => whatIs(firstByte));
}
