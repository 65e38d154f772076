import type { AvcConfig } from '../../codecs/avc/config.ts';
import { NAL, nalBit, NalUnits, nalType } from '../../codecs/avc/nal.ts';
import { ParameterSets } from '../../codecs/avc/parameter-sets.ts';

const START_CODE = Uint8Array.of(0, 0, 0, 1);
/** Access unit delimiter, any slice type: ITU-T H.264 §7.3.2.4. Apple's players want exactly one, in front. */
const DELIMITER = Uint8Array.of(0, 0, 0, 1, NAL.accessUnitDelimiter, 0xf0);

/**
 * Units that do not go into a transport stream: the encoder's own delimiters and filler; ends of sequence and stream, as
 * the stream goes on whatever it says, and an end in the middle of a PES packet makes players flush; alpha planes, which
 * no player of HLS shows, and the parameter sets that belong to them.
 */
const LEFT_OUT =
  nalBit(NAL.accessUnitDelimiter) |
  nalBit(NAL.filler) |
  nalBit(NAL.endOfSequence) |
  nalBit(NAL.endOfStream) |
  nalBit(NAL.spsExtension) |
  nalBit(NAL.auxiliarySlice);
const SETS = nalBit(NAL.sps) | nalBit(NAL.pps);

/**
 * Rewrites frames with length prefixes as Annex B access units for MPEG-TS (ISO/IEC 13818-1 §2.14): one delimiter,
 * then, where a decoder may start, the parameter sets in force, then the frame's units.
 */
export class AvcAccessUnit {
  readonly #units = new NalUnits();
  readonly #lengthSize: number;
  readonly #sets: ParameterSets;
  #payload: Uint8Array = DELIMITER;
  #start = false;

  constructor(config: AvcConfig) {
    this.#lengthSize = config.nalLengthSize;
    this.#sets = new ParameterSets(config);
  }

  /**
   * Looks at a frame; returns the bytes its access unit will take, 0 if nothing in it is worth writing.
   *
   * @param startsGop put the parameter sets in front; done for every IDR picture anyway
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
    return size + DELIMITER.length;
  }

  /** Writes the frame last measured at `at`. */
  write(out: Uint8Array, at: number): void {
    out.set(DELIMITER, at);
    at += DELIMITER.length;
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
    this.#payload = DELIMITER; // Not to hold on to the frame.
  }

  /** Learns the parameter sets in band; true for an IDR picture. */
  #lookThrough(): boolean {
    const { types } = this.#units;
    if ((types & SETS) !== 0) {
      for (let index = 0; index < this.#units.count; index++) {
        const start = this.#units.start(index);
        if ((nalBit(nalType(this.#payload, start)) & SETS) !== 0)
          this.#sets.learn(this.#payload, start, this.#units.end(index));
      }
    }
    return (types & nalBit(NAL.idrSlice)) !== 0;
  }

  /** At a starting place the sets go in front, once each; elsewhere the encoder's stay where they are. */
  #isKept(index: number): boolean {
    const bit = nalBit(nalType(this.#payload, this.#units.start(index)));
    return (bit & LEFT_OUT) === 0 && !(this.#start && (bit & SETS) !== 0);
  }
}
