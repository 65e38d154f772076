import { encodeAmf0 } from '../../src/amf/amf0-writer.ts';
import { AmfObject } from '../../src/amf/value.ts';
import { AVCC_360P, hex, IDR } from './media.ts';

/** A Metadata message's pairs: HDR10 as encoders send it. */
export const COLOR_INFO = encodeAmf0(
  'colorInfo',
  AmfObject.of({
    colorConfig: AmfObject.of({
      bitDepth: 10,
      colorPrimaries: 9,
      transferCharacteristics: 16,
      matrixCoefficients: 9,
    }),
    hdrCll: AmfObject.of({ maxFall: 400.4, maxCLL: 1000 }),
    hdrMdcv: AmfObject.of({
      redX: 0.708,
      redY: 0.292,
      greenX: 0.17,
      greenY: 0.797,
      blueX: 0.131,
      blueY: 0.046,
      whitePointX: 0.3127,
      whitePointY: 0.329,
      maxLuminance: 1000,
      minLuminance: 0.0001,
    }),
  }),
);

const size = (bytes: Uint8Array): Buffer => hex(bytes.length.toString(16).padStart(6, '0'));

/** Messages of Enhanced RTMP v2, one of each kind, for the fuzzers. */
export const ENHANCED_BODIES: readonly Buffer[] = [
  Buffer.concat([hex('90 61766331'), AVCC_360P]),
  Buffer.concat([hex('91 61766331 000028'), IDR]),
  Buffer.concat([hex('93 61766331'), IDR]),
  hex('91 68766331 ffffff 00000001 26'),
  hex('93 68766331 00000001 26'),
  hex('92 68766331'),
  Buffer.concat([hex('94 68766331'), COLOR_INFO]),
  hex('91 61763031 12 00 0a 01 00'),
  hex('91 76703039 82 49 83'),
  hex('95 61763031 80 04'),
  // Multitrack: one, many of one codec, many of many codecs
  Buffer.concat([hex('96 00 61766331 01'), AVCC_360P]),
  Buffer.concat([
    hex('96 10 61766331 00'),
    size(AVCC_360P),
    AVCC_360P,
    hex('01'),
    size(AVCC_360P),
    AVCC_360P,
  ]),
  Buffer.concat([
    hex('96 23 61766331 00'),
    size(IDR),
    IDR,
    hex('68766331 02 000005 00000001 26'),
    hex('61763031 03 000002 1200'),
  ]),
  // ModEx: nanoseconds, an unknown type of 300 bytes in front of it
  hex('97 02 0423f0 01 61763031 1200'),
  Buffer.concat([hex('97 ff 012b'), Buffer.alloc(300, 7), hex('17 02 0f423f 03 68766331 00000001 26')]),
  hex('90 4f707573 4f70757348656164 01 02 0138 80bb0000 0000 00'),
  hex('91 4f707573 fc ff fe'),
  hex('90 664c6143 664c6143 80000022 1000 1000 000000 000000 0bb802f0 00000000'),
  hex('91 61632d33 0b77 0000'),
  hex('91 2e6d7033 fffb9064'),
  hex('94 4f707573 01 06 0000003f'),
  hex('95 01 6d703461 01 2110'),
  hex('95 21 6d703461 00 000002 2110 4f707573 01 000003 fcfffe'),
  hex('97 02 07a120 01 6d703461 2110'),
];
