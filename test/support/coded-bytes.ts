import { hex } from './media.ts';

/** Configurations and frames of each codec, small and by hand or as real encoders write them. */

/** The three parameter sets of HEVC as x265 writes them: Main, level 2, 320 x 180 (of 184 lines), 25 fps. */
export const HEVC_VPS = hex('40010c01ffff01600000030090000003000003003c959409');
export const HEVC_SPS = hex(
  '42010101600000030090000003000003003ca00a080c1f3e595952930bc05a020000030002000003003210',
);
export const HEVC_PPS = hex('4401c073c18927');
/** Main 10, BT.2020, PQ. */
export const HEVC_SPS_HDR = hex(
  '42010102200000030090000003000003003ca00a080c1f3b6595952930bc05a84880482000000300200000030321',
);
const HVCC_HEAD = '01 01 60000000 900000000000 3c f000 fc fd f8 f8 0000 0f';
const array = (type: string, unit: Buffer): Buffer =>
  Buffer.concat([hex(`${type} 0001`), Uint8Array.of(unit.length >> 8, unit.length & 0xff), unit]);
export const HVCC = Buffer.concat([
  hex(`${HVCC_HEAD} 03`),
  array('a0', HEVC_VPS),
  array('a1', HEVC_SPS),
  array('a2', HEVC_PPS),
]);
/** Mastering display and light levels in an SEI unit each. */
export const HEVC_SEI_DISPLAY = hex('4e01891833c286c41d4c0bb884d03e803d13404200989680000003003280');
export const HEVC_SEI_LIGHT = hex('4e01900403e8019080');
export const HVCC_HDR = Buffer.concat([
  hex('01 02 20000000 900000000000 3c f000 fc fd fa fa 0000 0f 04'),
  array('a0', hex('40010c01ffff02200000030090000003000003003c959409')),
  array('a1', HEVC_SPS_HDR),
  array('a2', HEVC_PPS),
  hex('27 0002 0009'),
  HEVC_SEI_LIGHT,
  Uint8Array.of(0, HEVC_SEI_DISPLAY.length),
  HEVC_SEI_DISPLAY,
]);
/** A record without sets: they come in band. */
export const HVCC_EMPTY = hex(`${HVCC_HEAD} 00`);

/** Slices by their type, each with the beginning of a slice header: the first in its picture, parameter set 0. */
export const hevcSlice = (type: number): Buffer => {
  const isIrap = type >= 16 && type <= 23;
  // first_slice_segment_in_pic_flag, no_output_of_prior_pics_flag, id 0, slice_type I (011) or P (010).
  return Buffer.from([type << 1, 1, isIrap ? 0b1010_1100 : 0b1101_0000, 0x55, 0x80]);
};
/** Units with length prefixes of 4 bytes. */
export const prefixed = (...units: Uint8Array[]): Buffer =>
  Buffer.concat(units.flatMap((unit) => [hex('000000'), Uint8Array.of(unit.length), unit]));
/** The same with start codes. */
export const annexB = (...units: Uint8Array[]): Buffer =>
  Buffer.concat(units.flatMap((unit) => [hex('00000001'), unit]));
export const HEVC_IDR = prefixed(hevcSlice(20));

/** AV1: profile 0, level 2.0, 320 x 180, 8 bits, as libaom writes it. */
export const AV1_SEQUENCE = hex('0a0b 000000043cfeccdaf90040');
export const AV1C = Buffer.concat([hex('81000c00'), AV1_SEQUENCE]);
/** Frames: the first bits say key frame, shown; key frame, hidden; another; one shown again; an intra frame. */
export const AV1_KEY = hex('32 04 10008040');
export const AV1_HIDDEN_KEY = hex('32 04 00008040');
export const AV1_INTER = hex('32 04 30008040');
export const AV1_AGAIN = hex('1a 01 80');
export const AV1_INTRA = hex('32 04 50008040');
export const AV1_DELIMITER = hex('12 00');
export const AV1_UNIT = Buffer.concat([AV1_DELIMITER, AV1_SEQUENCE, AV1_KEY]);
/** The same, the last unit without its size. */
export const AV1_UNSIZED = Buffer.concat([AV1_DELIMITER, AV1_SEQUENCE, hex('30 10008040')]);

/** VP9, profile 0, 320 x 180; an inter frame. */
export const VP9_KEY = hex('82498342 0013f00b36 0638241c1842');
export const VP9_INTER = hex('86 0040');
/** VP8, 320 x 180, the first partition of 0 bytes; an inter frame. */
export const VP8_KEY = hex('100000 9d012a 4001b400 0708');
export const VP8_INTER = hex('110000 00');

/** 48 kHz, 5.1 in Vorbis's order. */
export const OPUS_HEAD_51 = hex('4f70757348656164 01 06 3801 80bb0000 0000 01 04 02 000401020305');
export const OPUS_HEAD = hex('4f70757348656164 01 02 3801 80bb0000 0000 00');

/** Blocks of 4,608 samples, 48 kHz, stereo, 16 bits. */
export const STREAMINFO = hex('1200 1200 000192 00114b 0bb802f0 00023280 11f04e9a836e3f848d82bcc8a81398c4');

/** A frame of `blockSize` (17 to 256) samples of silence, 48 kHz, stereo, 16 bits, with both of its sums. */
export function flacFrame(number: number, blockSize = 32): Buffer {
  const head = Uint8Array.of(0xff, 0xf8, 0x6a, 0x18, number, blockSize - 1);
  const body = Buffer.concat([head, Uint8Array.of(sum(head, 8, 0x07)), hex('00 0000 00 0000')]);
  const footer = sum(body, 16, 0x8005);
  return Buffer.concat([body, Uint8Array.of(footer >> 8, footer & 0xff)]);
}

/** A CRC bit by bit, as the standards write it. */
function sum(bytes: Uint8Array, width: 8 | 16, polynomial: number): number {
  let value = 0;
  for (const byte of bytes)
    for (let bit = 7; bit >= 0; bit--) {
      const out = ((value >> (width - 1)) & 1) ^ ((byte >> bit) & 1);
      value = ((value << 1) & (2 ** width - 1)) ^ (out === 1 ? polynomial : 0);
    }
  return value;
}
export const FLAC_FRAME = flacFrame(0);

const filled = (head: string, length: number): Buffer => Buffer.concat([hex(head)], length);
/** AC-3, 48 kHz, 32 kb/s (128 bytes), bsid 8, stereo. */
export const AC3_FRAME = filled('0b77 0000 00 40 43e1', 128);
/** E-AC-3, 3/2 with LFE, 48 kHz, six blocks, 64 bytes; and a dependent one with Lrs and Rrs. */
export const EAC3_FRAME = filled('0b77 001f 3f 87 c0', 64);
export const EAC3_DEPENDENT = filled('0b77 400f 3a 87 c1 2000', 32);
/** MPEG-1 layer III, 32 kb/s, 48 kHz, joint stereo: 96 bytes. */
export const MP3_FRAME = filled('fffb 1464', 96);
/** MPEG-2, 22.05 kHz, mono, 8 kb/s: 26 bytes. */
export const MP3_LSF_FRAME = filled('fff3 10c4', 26);
