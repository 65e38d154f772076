import { ByteReader } from '../../bytes/byte-reader.ts';
import { CodecError, parse } from '../codec-error.ts';
import { ByteWriter } from '../../bytes/byte-writer.ts';
import { readSps } from './sps.ts';

/** What an AVCDecoderConfigurationRecord says. The parameter sets are views, not copies. */
export interface AvcConfig {
  /** profile_idc, e.g. 100 for High. */
  readonly profile: number;
  /** The constraint_set flags, as one byte. */
  readonly compatibility: number;
  /** level_idc: ten times the level's number. */
  readonly level: number;
  /** Bytes of each NAL unit's length prefix. */
  readonly nalLengthSize: 1 | 2 | 4;
  /** At least one, each with its NAL header byte, none empty. */
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
  /** RFC 6381, e.g. `avc1.64001F`. */
  readonly codecString: string;
}

/**
 * Reads an AVCDecoderConfigurationRecord ("avcC"): ISO/IEC 14496-15 §5.3.3.1.
 * Bytes after the picture parameter sets (the extension of the High profiles) are tolerated, present or not.
 *
 * @throws {CodecError} AVC_CONFIG, AVC_LENGTH_SIZE or AVC_NO_PARAMETER_SETS
 */
export function readAvcConfig(bytes: Uint8Array): AvcConfig {
  return parse('AVC_CONFIG', () => {
    const reader = new ByteReader(bytes, 'AVC configuration');
    reader.need(6, 'header');
    const version = reader.u8();
    if (version !== 1) throw new CodecError('AVC_CONFIG', `AVC configuration of unknown version ${version}`);
    const profile = reader.u8();
    const compatibility = reader.u8();
    const level = reader.u8();
    const nalLengthSize = acceptLengthSize((reader.u8() & 0b11) + 1);
    const sps = readParameterSets(reader, reader.u8() & 0b11111, 'sequence parameter set');
    if (sps.length === 0) {
      throw new CodecError('AVC_NO_PARAMETER_SETS', 'AVC configuration without a sequence parameter set');
    }
    reader.need(1, 'number of picture parameter sets');
    const pps = readParameterSets(reader, reader.u8(), 'picture parameter set');
    const codecString = avcCodecString(profile, compatibility, level);
    return { profile, compatibility, level, nalLengthSize, sps, pps, codecString };
  });
}

/** Profiles whose record ends with the sets: ISO/IEC 14496-15 §5.3.3.1.2. */
const PROFILES_WITHOUT_EXTENSION = new Set([66, 77, 88]);

/**
 * Writes the record that {@link readAvcConfig} reads: for parameter sets that came in band.
 *
 * @throws {CodecError} AVC_SPS for a first set that cannot be read
 */
export function writeAvcConfig(config: AvcConfig): Uint8Array {
  const { profile, compatibility, level, nalLengthSize } = config;
  const { chromaFormat, bitDepth, chromaBitDepth } = readSps(config.sps[0]!);
  const sps = config.sps.slice(0, 0x1f);
  const pps = config.pps.slice(0, 0xff);
  const out = new ByteWriter();
  out.u8(1).u8(profile).u8(compatibility).u8(level);
  out.u8(0xfc | (nalLengthSize - 1)); //           lengthSizeMinusOne
  out.u8(0xe0 | sps.length); //                    numOfSequenceParameterSets
  for (const set of sps) out.u16(set.length).put(set);
  out.u8(pps.length); //                           numOfPictureParameterSets
  for (const set of pps) out.u16(set.length).put(set);
  if (!PROFILES_WITHOUT_EXTENSION.has(profile)) {
    out.u8(0xfc | chromaFormat); //                chroma_format
    out.u8(0xf8 | (bitDepth - 8)); //              bit_depth_luma_minus8
    out.u8(0xf8 | (chromaBitDepth - 8)); //        bit_depth_chroma_minus8
    out.u8(0); //                                  numOfSequenceParameterSetExt
  }
  return out.done();
}

/** RFC 6381 §3.3: always six hexadecimal digits; players refuse fewer. */
export function avcCodecString(profile: number, compatibility: number, level: number): string {
  const hex = (byte: number): string => byte.toString(16).toUpperCase().padStart(2, '0');
  return `avc1.${hex(profile)}${hex(compatibility)}${hex(level)}`;
}

function acceptLengthSize(size: number): 1 | 2 | 4 {
  if (size === 1 || size === 2 || size === 4) return size;
  throw new CodecError('AVC_LENGTH_SIZE', `AVC configuration asks for NAL length prefixes of ${size} bytes`);
}

function readParameterSets(reader: ByteReader, count: number, what: string): Uint8Array[] {
  const sets: Uint8Array[] = [];
  for (let index = 0; index < count; index++) {
    reader.need(2, `length of ${what} ${index}`);
    const set = reader.take(reader.u16(), what);
    if (set.length > 0) sets.push(set);
  }
  return sets;
}
