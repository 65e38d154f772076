import { ByteReader } from '../../bytes/byte-reader.ts';
import { UNSPECIFIED, type Color } from '../../media/color.ts';
import { CodecError, parse } from '../codec-error.ts';

/** What a VPCodecConfigurationRecord says. */
export interface VpConfig {
  /** 0 to 3. */
  readonly profile: number;
  /** Ten times the level's number; 0 where nobody knows. */
  readonly level: number;
  readonly bitDepth: 8 | 10 | 12;
  /** 0 is 4:2:0 with chroma between the lines, 1 is 4:2:0, 2 is 4:2:2, 3 is 4:4:4. */
  readonly chroma: number;
  readonly color: Color;
}

/** Without codecInitializationData, of which VP9 and VP8 have none. */
const RECORD_SIZE = 8;
/** Version and flags, which a box has in front of the record: some send them. */
const BOX_HEAD = Uint8Array.of(1, 0, 0, 0);

/**
 * Reads a VPCodecConfigurationRecord ("vpcC"): VP Codec ISO Media File Format Binding, with or without the box's version and
 * flags in front: as a record they would be samples of no bits.
 *
 * @throws {CodecError} VP_CONFIG
 */
export function readVpConfig(bytes: Uint8Array): VpConfig {
  return parse('VP_CONFIG', () => {
    const isBox =
      bytes.length >= BOX_HEAD.length + RECORD_SIZE && BOX_HEAD.every((byte, at) => bytes[at] === byte);
    const reader = new ByteReader(isBox ? bytes.subarray(BOX_HEAD.length) : bytes, 'VP configuration');
    reader.need(RECORD_SIZE - 2, 'record');
    const profile = reader.u8();
    const level = reader.u8();
    const packed = reader.u8();
    const bitDepth = packed >> 4;
    const chroma = (packed >> 1) & 7;
    if (profile > 3 || (bitDepth !== 8 && bitDepth !== 10 && bitDepth !== 12) || chroma > 3)
      throw new CodecError('VP_CONFIG', `VP configuration of profile ${profile} with ${bitDepth} bits`);
    const [primaries, transfer, matrix] = [reader.u8(), reader.u8(), reader.u8()];
    const color = { primaries, transfer, matrix, fullRange: (packed & 1) === 1, bitDepth };
    return { profile, level, bitDepth, chroma, color };
  });
}

/** Writes the record, without version and flags. */
export function writeVpConfig({ profile, level, bitDepth, chroma, color }: VpConfig): Uint8Array {
  return Uint8Array.of(
    profile,
    level,
    (bitDepth << 4) | (chroma << 1) | (color.fullRange ? 1 : 0),
    color.primaries,
    color.transfer,
    color.matrix,
    0, //                                          codecInitializationDataSize
    0,
  );
}

/** `vp09.00.10.08`, and the rest only where it is not what is understood by itself. */
export function vpCodecString(
  codec: 'vp9' | 'vp8',
  { profile, level, bitDepth, chroma, color }: VpConfig,
): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const short = `${codec === 'vp9' ? 'vp09' : 'vp08'}.${two(profile)}.${two(level)}.${two(bitDepth)}`;
  const known = (point: number): number => (point === UNSPECIFIED ? 1 : point);
  const points = [color.primaries, color.transfer, color.matrix].map(known).map(two);
  const rest = [two(chroma), ...points, color.fullRange ? '01' : '00'].join('.');
  return /^0[01]\.01\.01\.01\.00$/.test(rest) ? short : `${short}.${rest}`;
}

/** Most samples of a picture and per second at each level: VP9 Annex A. */
const LEVELS = [
  [10, 36_864, 829_440],
  [11, 73_728, 2_764_800],
  [20, 122_880, 4_608_000],
  [21, 245_760, 9_216_000],
  [30, 552_960, 20_736_000],
  [31, 983_040, 36_864_000],
  [40, 2_228_224, 83_558_400],
  [41, 2_228_224, 160_432_128],
  [50, 8_912_896, 311_951_360],
  [51, 8_912_896, 588_251_136],
  [52, 8_912_896, 1_176_502_272],
  [60, 35_651_584, 1_176_502_272],
  [61, 35_651_584, 2_353_004_544],
  [62, 35_651_584, 4_706_009_088],
] as const;
/** Frames per second that a stream is taken to have where nothing says more: players refuse what claims too little. */
const FRAME_RATE = 60;

/** A level that is one: the publisher's own, or the one that pictures of this size need at 60 a second. */
export function vpLevel(claimed: number, width: number, height: number): number {
  if (LEVELS.some(([level]) => level === claimed)) return claimed;
  const samples = width * height;
  const found = LEVELS.find(([, picture, rate]) => samples <= picture && samples * FRAME_RATE <= rate);
  return (found ?? LEVELS.at(-1)!)[0];
}
