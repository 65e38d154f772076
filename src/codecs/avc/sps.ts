import { BitReader } from '../../bytes/bit-reader.ts';
import type { Color } from '../../media/color.ts';
import { CodecError, parse } from '../codec-error.ts';
import { withoutEmulation } from '../nal/emulation.ts';
import { pixelAspect, readSignal } from '../nal/vui.ts';

/** What a sequence parameter set says of the picture. */
export interface AvcSps {
  readonly profile: number;
  readonly compatibility: number;
  readonly level: number;
  /** Displayed size in pixels, cropping applied. */
  readonly width: number;
  readonly height: number;
  /** chroma_format_idc: 0 grey, 1 is 4:2:0, 2 is 4:2:2, 3 is 4:4:4. */
  readonly chromaFormat: number;
  readonly bitDepth: number;
  readonly chromaBitDepth: number;
  /** False where pictures may be coded as fields. */
  readonly progressive: boolean;
  /** Shape of a pixel, width over height, where the VUI names it. */
  readonly pixelAspect?: number;
  /** Frames per second by the VUI's timing; many encoders leave it out or lie, so measure where it matters. */
  readonly frameRate?: number;
  /** Where the VUI describes the signal. */
  readonly color?: Color;
}

/** Profiles that carry chroma format, bit depth and scaling lists: ITU-T H.264 §7.3.2.1.1. */
const HIGH_PROFILES = new Set([44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244]);

/** The widest picture any level allows is 16,880 pixels (level 6.2: 139,264 macroblocks, width ≤ sqrt(8 × that) × 16). */
const MAX_SIDE = 16_888;

/** bit_depth_luma_minus8 and bit_depth_chroma_minus8 are 0 to 6: ITU-T H.264 §7.4.2.1.1. */
const MAX_BIT_DEPTH = 14;

/**
 * Reads a sequence parameter set NAL unit, header byte included: ITU-T H.264 §7.3.2.1.1 and Annex E.
 * A VUI that is cut short costs the VUI, not the picture's size.
 *
 * @throws {CodecError} AVC_SPS
 */
export function readSps(nal: Uint8Array): AvcSps {
  return parse('AVC_SPS', () => {
    const bits = new BitReader(withoutEmulation(nal), 'sequence parameter set');
    const type = bits.bits(8) & 0x1f;
    if (type !== 7) throw new CodecError('AVC_SPS', `NAL unit of type ${type} where a parameter set belongs`);
    const profile = bits.bits(8);
    const compatibility = bits.bits(8);
    const level = bits.bits(8);
    bits.ue(); //                                  seq_parameter_set_id
    const chroma = readChroma(bits, profile);
    skipFrameNumbering(bits);
    const size = readSize(bits, chroma);
    const { color, ...vui } = bits.flag() ? tryVui(bits) : {};
    return {
      profile,
      compatibility,
      level,
      ...size,
      chromaFormat: chroma.format,
      bitDepth: chroma.bitDepth,
      chromaBitDepth: chroma.chromaBitDepth,
      ...vui,
      ...(color ? { color: { ...color, bitDepth: chroma.bitDepth } } : {}),
    };
  });
}

interface Chroma {
  readonly format: number;
  readonly separatePlanes: boolean;
  readonly bitDepth: number;
  readonly chromaBitDepth: number;
}

function readChroma(bits: BitReader, profile: number): Chroma {
  if (!HIGH_PROFILES.has(profile)) {
    return { format: 1, separatePlanes: false, bitDepth: 8, chromaBitDepth: 8 };
  }
  const format = bits.ue();
  if (format > 3) throw new CodecError('AVC_SPS', `chroma format ${format} does not exist`);
  const separatePlanes = format === 3 && bits.flag();
  const bitDepth = 8 + bits.ue();
  const chromaBitDepth = 8 + bits.ue();
  if (bitDepth > MAX_BIT_DEPTH || chromaBitDepth > MAX_BIT_DEPTH)
    throw new CodecError('AVC_SPS', `samples of ${Math.max(bitDepth, chromaBitDepth)} bits do not exist`);
  bits.flag(); //                                  qpprime_y_zero_transform_bypass_flag
  if (bits.flag()) skipScalingLists(bits, format === 3 ? 12 : 8);
  return { format, separatePlanes, bitDepth, chromaBitDepth };
}

/** ITU-T H.264 §7.3.2.1.1.1: a list ends early when the next scale comes out as 0. */
function skipScalingLists(bits: BitReader, count: number): void {
  for (let list = 0; list < count; list++) {
    if (!bits.flag()) continue;
    const entries = list < 6 ? 16 : 64;
    let last = 8;
    for (let entry = 0; entry < entries; entry++) {
      const next = (last + bits.se() + 256) & 0xff;
      if (next === 0) break;
      last = next;
    }
  }
}

function skipFrameNumbering(bits: BitReader): void {
  bits.ue(); //                                    log2_max_frame_num_minus4
  const orderType = bits.ue();
  if (orderType === 0) {
    bits.ue(); //                                  log2_max_pic_order_cnt_lsb_minus4
  } else if (orderType === 1) {
    bits.flag(); //                                delta_pic_order_always_zero_flag
    bits.se(); //                                  offset_for_non_ref_pic
    bits.se(); //                                  offset_for_top_to_bottom_field
    const cycle = bits.ue();
    if (cycle > 255) throw new CodecError('AVC_SPS', `${cycle} reference frames in a cycle of at most 255`);
    for (let index = 0; index < cycle; index++) bits.se();
  }
  bits.ue(); //                                    max_num_ref_frames
  bits.flag(); //                                  gaps_in_frame_num_value_allowed_flag
}

function readSize(bits: BitReader, chroma: Chroma): { width: number; height: number; progressive: boolean } {
  const macroblocksWide = bits.ue() + 1;
  const mapUnitsHigh = bits.ue() + 1;
  const progressive = bits.flag(); //              frame_mbs_only_flag
  if (!progressive) bits.flag(); //                mb_adaptive_frame_field_flag
  bits.flag(); //                                  direct_8x8_inference_flag
  const fieldFactor = progressive ? 1 : 2;
  let width = macroblocksWide * 16;
  let height = mapUnitsHigh * 16 * fieldFactor;
  if (bits.flag()) {
    // Cropping counts in chroma samples: ITU-T H.264 equations 7-19 to 7-22.
    const subsampled = chroma.format !== 0 && !chroma.separatePlanes;
    const unitX = subsampled && chroma.format !== 3 ? 2 : 1;
    const unitY = (subsampled && chroma.format === 1 ? 2 : 1) * fieldFactor;
    width -= (bits.ue() + bits.ue()) * unitX;
    height -= (bits.ue() + bits.ue()) * unitY;
  }
  if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE) {
    throw new CodecError('AVC_SPS', `a picture of ${width} × ${height} pixels is impossible`);
  }
  return { width, height, progressive };
}

type Vui = Pick<AvcSps, 'pixelAspect' | 'frameRate' | 'color'>;

function tryVui(bits: BitReader): Vui {
  try {
    return readVui(bits);
  } catch {
    return {}; // Cut short: cameras do that, and nothing that a stream needs is lost.
  }
}

/** ITU-T H.264 §E.1.1, as far as the timing. */
function readVui(bits: BitReader): Vui {
  const aspect = pixelAspect(bits);
  const color = readSignal(bits);
  if (bits.flag()) {
    bits.ue(); //                                  chroma_sample_loc_type_top_field
    bits.ue(); //                                  chroma_sample_loc_type_bottom_field
  }
  const frameRate = bits.flag() ? readFrameRate(bits) : undefined;
  return {
    ...(aspect === undefined ? {} : { pixelAspect: aspect }),
    ...(frameRate === undefined ? {} : { frameRate }),
    ...(color ? { color } : {}),
  };
}

/** time_scale counts fields, hence the 2: ITU-T H.264 §E.2.1. */
function readFrameRate(bits: BitReader): number | undefined {
  const unitsInTick = bits.bits(32);
  const timeScale = bits.bits(32);
  return unitsInTick > 0 && timeScale > 0 ? timeScale / (2 * unitsInTick) : undefined;
}
