import { BitReader } from '../../bytes/bit-reader.ts';
import type { Color } from '../../media/color.ts';
import { CodecError, parse } from '../codec-error.ts';
import { withoutEmulation } from '../nal/emulation.ts';
import { HEVC_HEADER_SIZE, HEVC_NAL, hevcNalType } from './nal.ts';
import { readProfile, skipSubLayers, type HevcProfile } from './profile.ts';
import { skipReferenceSets, skipScalingLists } from './sps-tables.ts';
import { readHevcVui } from './vui.ts';

/** What a sequence parameter set says of the picture. */
export interface HevcSps extends HevcProfile {
  readonly temporalLayers: number;
  readonly temporalIdNested: boolean;
  /** Displayed size in pixels, the conformance window applied. */
  readonly width: number;
  readonly height: number;
  /** chroma_format_idc: 0 grey, 1 is 4:2:0, 2 is 4:2:2, 3 is 4:4:4. */
  readonly chromaFormat: number;
  readonly bitDepth: number;
  readonly chromaBitDepth: number;
  /** Pictures may be shown in another order than they are decoded in. */
  readonly reorders: boolean;
  /** Shape of a pixel, width over height, where the VUI names it. */
  readonly pixelAspect?: number;
  /** Frames per second by the VUI's timing. */
  readonly frameRate?: number;
  /** Where the VUI describes the signal. */
  readonly color?: Color;
}

/** Level 7.2 allows 80,216,064 samples, and a side of the square root of eight times that: ITU-T H.265 §A.4.1. */
const MAX_SIDE = 25_332;
/** bit_depth_luma_minus8 and bit_depth_chroma_minus8 are 0 to 8: ITU-T H.265 §7.4.3.2.1. */
const MAX_BIT_DEPTH = 16;
/** sps_max_sub_layers_minus1 is 0 to 6. */
const MAX_SUB_LAYERS = 7;

/**
 * Reads a sequence parameter set NAL unit of the base layer, header included: ITU-T H.265 §7.3.2.2 and Annex E.
 * A VUI, or what stands in front of it, that cannot be read costs the VUI, not the picture's size.
 *
 * @throws {CodecError} HEVC_SPS
 */
export function readHevcSps(unit: Uint8Array): HevcSps {
  return parse('HEVC_SPS', () => {
    const type = unit.length === 0 ? undefined : hevcNalType(unit, 0);
    if (type !== HEVC_NAL.sps)
      throw new CodecError('HEVC_SPS', `NAL unit of type ${type ?? 'none'} where a parameter set belongs`);
    const bits = new BitReader(withoutEmulation(unit), 'sequence parameter set');
    const head = readHead(bits);
    const { format, separatePlanes } = readChroma(bits);
    const size = readSize(bits, separatePlanes ? 0 : format);
    const bitDepth = readDepth(bits);
    const chromaBitDepth = readDepth(bits);
    const { reorders, ...vui } = tryRest(bits, head.temporalLayers);
    const { color, ...shape } = vui;
    return {
      ...head,
      ...size,
      chromaFormat: format,
      bitDepth,
      chromaBitDepth,
      reorders,
      ...shape,
      ...(color ? { color: { ...color, bitDepth } } : {}),
    };
  });
}

/** sps_seq_parameter_set_id; undefined for a set cut short. */
export function hevcSpsId(unit: Uint8Array): number | undefined {
  try {
    const bits = new BitReader(withoutEmulation(unit.subarray(0, MAX_ID_BYTES)), 'sequence parameter set');
    readHead(bits);
    return bits.ue();
  } catch {
    return undefined;
  }
}

/** Header, 13 bytes of the general profile, 12 for each lower layer, flags, an id, and emulation prevention among them. */
const MAX_ID_BYTES = 192;

function readHead(
  bits: BitReader,
): HevcProfile & { readonly temporalLayers: number; readonly temporalIdNested: boolean } {
  bits.skip(8 * HEVC_HEADER_SIZE);
  bits.skip(4); //                                 sps_video_parameter_set_id
  const temporalLayers = bits.bits(3) + 1;
  if (temporalLayers > MAX_SUB_LAYERS)
    throw new CodecError('HEVC_SPS', `${temporalLayers} temporal layers do not exist`);
  const temporalIdNested = bits.flag();
  const profile = readProfile(bits);
  skipSubLayers(bits, temporalLayers - 1);
  return { ...profile, temporalLayers, temporalIdNested };
}

function readChroma(bits: BitReader): { format: number; separatePlanes: boolean } {
  bits.ue(); //                                    sps_seq_parameter_set_id
  const format = bits.ue();
  if (format > 3) throw new CodecError('HEVC_SPS', `chroma format ${format} does not exist`);
  return { format, separatePlanes: format === 3 && bits.flag() };
}

function readSize(bits: BitReader, chroma: number): { width: number; height: number } {
  let width = bits.ue();
  let height = bits.ue();
  if (bits.flag()) {
    // The window counts in chroma samples: ITU-T H.265 equations 7-55 and 7-56.
    width -= (bits.ue() + bits.ue()) * (chroma === 1 || chroma === 2 ? 2 : 1);
    height -= (bits.ue() + bits.ue()) * (chroma === 1 ? 2 : 1);
  }
  if (width < 1 || height < 1 || width > MAX_SIDE || height > MAX_SIDE)
    throw new CodecError('HEVC_SPS', `a picture of ${width} × ${height} pixels is impossible`);
  return { width, height };
}

function readDepth(bits: BitReader): number {
  const depth = 8 + bits.ue();
  if (depth > MAX_BIT_DEPTH) throw new CodecError('HEVC_SPS', `samples of ${depth} bits do not exist`);
  return depth;
}

type Rest = Pick<HevcSps, 'reorders' | 'pixelAspect' | 'frameRate' | 'color'>;

function tryRest(bits: BitReader, temporalLayers: number): Rest {
  let reorders = true;
  try {
    const orderBits = bits.ue() + 4; //            log2_max_pic_order_cnt_lsb_minus4
    reorders = readReorders(bits, temporalLayers);
    skipCoding(bits);
    skipReferenceSets(bits, orderBits);
    bits.skip(2); //                               temporal mvp, strong intra smoothing
    return { reorders, ...(bits.flag() ? readHevcVui(bits) : {}) };
  } catch {
    return { reorders }; // Nothing that a stream needs is lost.
  }
}

/** sps_max_num_reorder_pics of the highest layer is not 0. */
function readReorders(bits: BitReader, temporalLayers: number): boolean {
  const times = bits.flag() ? temporalLayers : 1; // sps_sub_layer_ordering_info_present_flag
  let reordered = 0;
  for (let layer = 0; layer < times; layer++) {
    bits.ue(); //                                  sps_max_dec_pic_buffering_minus1
    reordered = bits.ue();
    bits.ue(); //                                  sps_max_latency_increase_plus1
  }
  return reordered > 0;
}

function skipCoding(bits: BitReader): void {
  for (let index = 0; index < 6; index++) bits.ue(); // sizes of blocks, depths of their trees
  if (bits.flag() && bits.flag()) skipScalingLists(bits);
  bits.skip(2); //                                 amp_enabled_flag, sample_adaptive_offset_enabled_flag
  if (!bits.flag()) return; //                     pcm_enabled_flag
  bits.skip(8); //                                 bit depths
  bits.ue();
  bits.ue();
  bits.skip(1); //                                 pcm_loop_filter_disabled_flag
}
