import { BitReader } from '../../bytes/bit-reader.ts';
import { UNSPECIFIED, type Color } from '../../media/color.ts';
import { CodecError, parse } from '../codec-error.ts';
import { readAv1Color, type Av1Color } from './color.ts';

/** What a sequence header says. */
export interface Av1Sequence {
  /** seq_profile: 0 Main, 1 High, 2 Professional. */
  readonly profile: number;
  /** seq_level_idx of the first operating point: 0 is level 2.0, 4 is 3.0; 31 no limit. */
  readonly level: number;
  readonly highTier: boolean;
  /** In pixels, the largest there is. */
  readonly width: number;
  readonly height: number;
  /** Every picture is a still with a short header: reduced_still_picture_header. */
  readonly isStill: boolean;
  readonly color: Av1Color;
}

/**
 * Reads what a sequence header OBU holds, its own header and size taken off: AV1 §5.5.
 *
 * @throws {CodecError} AV1_CONFIG
 */
export function readAv1Sequence(payload: Uint8Array): Av1Sequence {
  return parse('AV1_CONFIG', () => {
    const bits = new BitReader(payload, 'sequence header');
    const profile = bits.bits(3);
    if (profile > 2) throw new CodecError('AV1_CONFIG', `AV1 profile ${profile} does not exist`);
    bits.skip(1); //                               still_picture
    const isStill = bits.flag();
    const { level, highTier } = isStill ? { level: bits.bits(5), highTier: false } : readPoints(bits);
    const { width, height } = readSize(bits);
    skipTools(bits, isStill);
    return { profile, level, highTier, width, height, isStill, color: readAv1Color(bits, profile) };
  });
}

/** Timing, decoder model and operating points; level and tier of the first one, which players decode. */
function readPoints(bits: BitReader): { level: number; highTier: boolean } {
  const model = bits.flag() ? readTiming(bits) : undefined; // timing_info_present_flag
  const hasDelays = bits.flag(); //                initial_display_delay_present_flag
  const points = bits.bits(5) + 1;
  let first: { level: number; highTier: boolean } | undefined;
  for (let point = 0; point < points; point++) {
    bits.skip(12); //                              operating_point_idc
    const level = bits.bits(5);
    const highTier = level > 7 && bits.flag();
    if (model !== undefined && bits.flag()) bits.skip(2 * model + 1); // operating_parameters_info
    if (hasDelays && bits.flag()) bits.skip(4);
    first ??= { level, highTier };
  }
  return first!;
}

/** timing_info and decoder_model_info: bits of a buffer delay, if there is a model. AV1 §5.5.3, §5.5.4. */
function readTiming(bits: BitReader): number | undefined {
  bits.skip(64); //                                units in a tick, time scale
  if (bits.flag()) bits.ue(); //                   num_ticks_per_picture_minus_1, a uvlc()
  if (!bits.flag()) return undefined; //           decoder_model_info_present_flag
  const delayBits = bits.bits(5) + 1;
  bits.skip(32 + 5 + 5);
  return delayBits;
}

function readSize(bits: BitReader): { width: number; height: number } {
  const widthBits = bits.bits(4) + 1;
  const heightBits = bits.bits(4) + 1;
  return { width: bits.bits(widthBits) + 1, height: bits.bits(heightBits) + 1 };
}

/** What stands between the size and the colours. */
function skipTools(bits: BitReader, isStill: boolean): void {
  if (!isStill && bits.flag()) bits.skip(7); //    frame_id_numbers_present_flag and the lengths of these
  bits.skip(3); //                                 superblocks, intra filter and edge
  if (!isStill) {
    bits.skip(4); //                               interintra, masked, warped, dual filter
    const hasOrderHint = bits.flag();
    if (hasOrderHint) bits.skip(2);
    // Where the sequence chooses, frames do, and nothing follows but the choice on whole numbers.
    const screenContent = bits.flag() || bits.flag();
    if (screenContent && !bits.flag()) bits.skip(1); // seq_choose_integer_mv, seq_force_integer_mv
    if (hasOrderHint) bits.skip(3);
  }
  bits.skip(3); //                                 superres, cdef, restoration
}

/** The colours where the sequence describes them. */
export function av1Color({ color }: Av1Sequence): Color | undefined {
  const { primaries, transfer, matrix, fullRange, bitDepth } = color;
  const isKnown =
    fullRange || primaries !== UNSPECIFIED || transfer !== UNSPECIFIED || matrix !== UNSPECIFIED;
  return isKnown ? { primaries, transfer, matrix, fullRange, bitDepth } : undefined;
}

/**
 * AV1 in ISOBMFF §5: `av01.0.04M.08`, and the rest only where it is not what is understood by itself. Colours that are not
 * described count as that.
 */
export function av1CodecString(sequence: Av1Sequence): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const { color } = sequence;
  const level = `${two(sequence.level)}${sequence.highTier ? 'H' : 'M'}`;
  const short = `av01.${sequence.profile}.${level}.${two(color.bitDepth)}`;
  const known = (point: number): number => (point === UNSPECIFIED ? 1 : point);
  const subsampling = `${Number(color.subsamplingX)}${Number(color.subsamplingY)}${color.samplePosition}`;
  const rest = [
    color.monochrome ? '1' : '0',
    subsampling,
    two(known(color.primaries)),
    two(known(color.transfer)),
    two(known(color.matrix)),
    color.fullRange ? '1' : '0',
  ].join('.');
  // Where chroma samples lie makes no difference to who can decode them.
  return /^0\.11\d\.01\.01\.01\.0$/.test(rest) ? short : `${short}.${rest}`;
}
