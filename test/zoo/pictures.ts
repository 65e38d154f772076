import type { AudioTrack, VideoTrack } from '../../src/media/track.ts';

/** Bits, highest first, with the Exp-Golomb codes of ITU-T H.264 §9.1. */
class Bits {
  #bits = '';

  u(count: number, value: number): this {
    this.#bits += value.toString(2).padStart(count, '0').slice(-count);
    return this;
  }

  ue(value: number): this {
    const code = (value + 1).toString(2);
    this.#bits += '0'.repeat(code.length - 1) + code;
    return this;
  }

  bytes(count: number, byte: number): this {
    this.#bits += byte.toString(2).padStart(8, '0').repeat(count);
    return this;
  }

  /** A NAL unit: header byte, rbsp_trailing_bits, emulation prevention (§7.3.1). */
  unit(header: number): Buffer {
    const bits = `${this.#bits}1`;
    const padded = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0');
    const out = [header];
    let zeros = 0;
    for (let at = 0; at < padded.length; at += 8) {
      const byte = parseInt(padded.slice(at, at + 8), 2);
      if (zeros >= 2 && byte <= 3) {
        out.push(3);
        zeros = 0;
      }
      out.push(byte);
      zeros = byte === 0 ? zeros + 1 : 0;
    }
    return Buffer.from(out);
  }
}

const MAIN_PROFILE = 77;
const LEVEL = 30;

/** ITU-T H.264 §7.3.2.1.1: Main profile, level 3.0, CAVLC, pictures in the order of their count. Sides are multiples of 16. */
function sps(width: number, height: number): Buffer {
  return new Bits()
    .u(8, MAIN_PROFILE)
    .u(8, 0)
    .u(8, LEVEL)
    .ue(0) //                     seq_parameter_set_id
    .ue(0) //                     log2_max_frame_num_minus4
    .ue(0) //                     pic_order_cnt_type
    .ue(4) //                     log2_max_pic_order_cnt_lsb_minus4
    .ue(2) //                     max_num_ref_frames
    .u(1, 0) //                   gaps_in_frame_num_value_allowed_flag
    .ue(width / 16 - 1)
    .ue(height / 16 - 1)
    .u(1, 1) //                   frame_mbs_only_flag
    .u(1, 1) //                   direct_8x8_inference_flag
    .u(1, 0) //                   frame_cropping_flag
    .u(1, 0) //                   vui_parameters_present_flag
    .unit(0x67);
}

/** ITU-T H.264 §7.3.2.2: everything at its simplest. */
const PPS = new Bits()
  .ue(0)
  .ue(0)
  .u(2, 0) //                     entropy_coding_mode_flag, bottom_field_pic_order_in_frame_present_flag
  .ue(0)
  .ue(0)
  .ue(0)
  .u(3, 0) //                     weighted_pred_flag, weighted_bipred_idc
  .ue(0)
  .ue(0)
  .ue(0)
  .u(3, 0) //                     deblocking_filter_control_present_flag, constrained_intra_pred_flag, redundant_pic_cnt…
  .unit(0x68);

/** A grey macroblock of an I slice: Intra_16x16 by the mean, nothing coded; the four codes are 8 bits together. */
const GREY_MACROBLOCK = 0x27;

export interface Picture {
  readonly kind: 'idr' | 'p' | 'b';
  /** Reference pictures since the last IDR picture. */
  readonly frameNumber: number;
  /** Place in the order of presentation since the last IDR picture. */
  readonly order: number;
}

/** Pictures of a size are the same for all shows. */
const made = new Map<string, Buffer>();

/** One grey picture, as one NAL unit with a length prefix. */
export function picture(track: VideoTrack, what: Picture): Buffer {
  const key = [track.width, track.height, what.kind, what.frameNumber % 16, what.order % 128].join(' ');
  const known = made.get(key) ?? makePicture(track, what);
  made.set(key, known);
  return known;
}

/** ITU-T H.264 §7.3.3, §7.3.4. */
function makePicture(track: VideoTrack, { kind, frameNumber, order }: Picture): Buffer {
  const macroblocks = (track.width / 16) * (track.height / 16);
  const bits = new Bits()
    .ue(0) //                     first_mb_in_slice
    .ue(kind === 'idr' ? 7 : kind === 'p' ? 5 : 6)
    .ue(0)
    .u(4, frameNumber % 16);
  if (kind === 'idr') bits.ue(0);
  bits.u(8, (order * 2) % 256);
  if (kind === 'b') bits.u(1, 1).u(1, 0).u(2, 0); // direct_spatial_mv_pred_flag, no override, no list modification
  if (kind === 'p') bits.u(2, 0);
  if (kind === 'idr') bits.u(2, 0);
  if (kind === 'p') bits.u(1, 0); // adaptive_ref_pic_marking_mode_flag
  bits.ue(0); //                  slice_qp_delta
  if (kind === 'idr') bits.bytes(macroblocks, GREY_MACROBLOCK);
  else bits.ue(macroblocks); //   mb_skip_run: all of it
  const unit = bits.unit(kind === 'idr' ? 0x65 : kind === 'p' ? 0x41 : 0x01);
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(unit.length);
  return Buffer.concat([prefix, unit]);
}

/** A track object of its own each time. */
export function pictureTrack(width = 320, height = 192): VideoTrack {
  const set = sps(width, height);
  const config = Buffer.concat([
    Buffer.from([1, MAIN_PROFILE, 0, LEVEL, 0xff, 0xe1, 0, set.length]),
    set,
    Buffer.from([1, 0, PPS.length]),
    PPS,
  ]);
  const codecString = 'avc1.4D001E';
  return { id: 'video', kind: 'video', codec: 'avc', config, codecString, width, height, nalLengthSize: 4 };
}

/** AAC-LC of silence. */
export function silenceTrack(sampleRate: 48_000 | 44_100 = 48_000, channels: 1 | 2 = 2): AudioTrack {
  const rateIndex = sampleRate === 48_000 ? 3 : 4;
  const config = Buffer.from([(2 << 3) | (rateIndex >> 1), ((rateIndex & 1) << 7) | (channels << 3)]);
  return {
    id: 'audio',
    kind: 'audio',
    codec: 'aac',
    config,
    codecString: 'mp4a.40.2',
    sampleRate,
    channels,
    coreRate: sampleRate,
    samplesPerFrame: 1024,
  };
}

/** A raw data block: one element without a single coefficient, ID_END (ISO/IEC 14496-3 §4.4.2.1). */
export function silence(track: AudioTrack): Buffer {
  return Buffer.from(track.channels === 2 ? '210049900219002380' : '00c800802380', 'hex');
}
