import type { BitReader } from '../../bytes/bit-reader.ts';
import { CodecError } from '../codec-error.ts';

/** ID_PCE: ISO/IEC 14496-3 Table 4.85. */
export const ELEMENT_PCE = 5;

/** Bits in front of a PCE's element lists: tag, object type, rate index and the six counts. */
const COUNTS_BITS = 4 + 2 + 4 + 4 + 4 + 4 + 2 + 3 + 4;

/** A program config element: ISO/IEC 14496-3 §4.4.1.1. */
export interface ProgramConfig {
  /** The element as it stands in a raw frame: id bits, fields, byte alignment, comment. Whole bytes. */
  readonly element: Uint8Array;
  readonly channels: number;
}

/**
 * Reads the program config element of an AudioSpecificConfig with channelConfiguration 0. Its alignment counts from
 * the first byte there, but from the first byte of the raw frame in ADTS: so the bits are laid out anew.
 */
export function readProgramConfig(bits: BitReader): ProgramConfig {
  const out = new BitList();
  out.put(ELEMENT_PCE, 3);
  const copy = (count: number): number => out.put(bits.bits(count), count);
  if (bits.left < COUNTS_BITS) bits.skip(COUNTS_BITS); // throws, naming the place
  copy(4); //                                      element_instance_tag
  copy(2); //                                      object_type
  copy(4); //                                      sampling_frequency_index
  const front = copy(4); //                        num_front_channel_elements
  const side = copy(4);
  const back = copy(4);
  const lfe = copy(2);
  const data = copy(3); //                         num_assoc_data_elements
  const coupling = copy(4); //                     num_valid_cc_elements
  if (copy(1)) copy(4); //                         mono_mixdown_present
  if (copy(1)) copy(4); //                         stereo_mixdown_present
  if (copy(1)) copy(3); //                         matrix_mixdown_idx_present
  let channels = lfe;
  for (let index = 0; index < front + side + back; index++) {
    channels += 1 + copy(1); //                    is_cpe: a pair
    copy(4);
  }
  for (let index = 0; index < lfe + data; index++) copy(4);
  for (let index = 0; index < coupling; index++) copy(5);
  bits.align();
  out.align();
  const comment = copy(8);
  for (let index = 0; index < comment; index++) copy(8);
  if (channels === 0) throw new CodecError('AAC_CONFIG', 'a program config element without channels');
  return { element: out.bytes(), channels };
}

/** The few dozen bits of one element. */
class BitList {
  readonly #bits: number[] = [];

  put(value: number, count: number): number {
    for (let bit = count - 1; bit >= 0; bit--) this.#bits.push((value >> bit) & 1);
    return value;
  }

  align(): void {
    while (this.#bits.length % 8 !== 0) this.#bits.push(0);
  }

  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.#bits.length / 8);
    this.#bits.forEach((bit, index) => {
      bytes[index >> 3]! |= bit << (7 - (index & 7));
    });
    return bytes;
  }
}
