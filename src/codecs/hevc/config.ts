import { ByteReader } from '../../bytes/byte-reader.ts';
import { ByteWriter } from '../../bytes/byte-writer.ts';
import type { Color } from '../../media/color.ts';
import { CodecError, parse } from '../codec-error.ts';
import type { NalSets } from '../nal/in-band.ts';
import { seiMessage } from '../nal/sei.ts';
import type { NalUnits } from '../nal/units.ts';
import { readLightLevel, readMasteringDisplay, SEI_LIGHT_LEVEL, SEI_MASTERING_DISPLAY } from './color-sei.ts';
import { HEVC_HEADER_SIZE, HEVC_NAL, hevcNalType, isBaseLayer, seiInFrame } from './nal.ts';
import { readHevcSps } from './sps.ts';

/** What an HEVCDecoderConfigurationRecord says. The parameter sets are views, not copies. */
export interface HevcConfig extends NalSets {
  /** Bytes of each NAL unit's length prefix. */
  readonly nalLengthSize: 1 | 2 | 4;
  /** Of the base layer, each with its NAL header, none empty; none at all where they come in band. */
  readonly vps: readonly Uint8Array[];
  readonly sps: readonly Uint8Array[];
  readonly pps: readonly Uint8Array[];
  /** SEI units for all pictures: an HDR picture's display and light levels, as a rule. */
  readonly sei: readonly Uint8Array[];
}

/** Bytes in front of the number of arrays. */
const HEAD_SIZE = 22;
/** Kinds of units that a record may have; the standard names five. */
const MAX_ARRAYS = 16;

/**
 * Reads an HEVCDecoderConfigurationRecord ("hvcC"): ISO/IEC 14496-15 §8.3.3.1. Of its own words only the size of the length
 * prefixes is believed: all else is in the parameter sets. Drafts, and who followed them, call it version 0.
 *
 * @throws {CodecError} HEVC_CONFIG
 */
export function readHevcConfig(bytes: Uint8Array): HevcConfig {
  return parse('HEVC_CONFIG', () => {
    const reader = new ByteReader(bytes, 'HEVC configuration');
    reader.need(HEAD_SIZE + 1, 'header');
    const version = reader.u8();
    if (version > 1) throw new CodecError('HEVC_CONFIG', `HEVC configuration of unknown version ${version}`);
    reader.skip(HEAD_SIZE - 2, 'header');
    const nalLengthSize = (reader.u8() & 3) + 1;
    if (nalLengthSize === 3)
      throw new CodecError('HEVC_CONFIG', 'HEVC configuration asks for NAL length prefixes of 3 bytes');
    const units = readArrays(reader);
    const of = (type: number): Uint8Array[] => units.filter((unit) => hevcNalType(unit, 0) === type);
    return {
      nalLengthSize: nalLengthSize as 1 | 2 | 4,
      vps: of(HEVC_NAL.vps),
      sps: of(HEVC_NAL.sps),
      pps: of(HEVC_NAL.pps),
      sei: of(HEVC_NAL.prefixSei),
    };
  });
}

function readArrays(reader: ByteReader): Uint8Array[] {
  const arrays = reader.u8();
  if (arrays > MAX_ARRAYS) throw new CodecError('HEVC_CONFIG', `HEVC configuration with ${arrays} arrays`);
  const units: Uint8Array[] = [];
  for (let array = 0; array < arrays; array++) {
    reader.need(3, `head of array ${array}`);
    reader.u8(); //                                array_completeness, NAL_unit_type: each unit has it too
    const count = reader.u16();
    for (let index = 0; index < count; index++) {
      reader.need(2, `length of unit ${index}`);
      const unit = reader.take(reader.u16(), `unit ${index} of array ${array}`);
      if (unit.length > 2 && isBaseLayer(unit, 0)) units.push(unit);
    }
  }
  return units;
}

/**
 * Writes the record that {@link readHevcConfig} reads: for parameter sets that came in band.
 *
 * @throws {CodecError} HEVC_SPS for a first set that cannot be read, HEVC_CONFIG without any
 */
export function writeHevcConfig(config: HevcConfig): Uint8Array {
  const [first] = config.sps;
  if (!first) throw new CodecError('HEVC_CONFIG', 'an HEVC configuration without a sequence parameter set');
  const sps = readHevcSps(first);
  const out = new ByteWriter();
  out.u8(1); //                                    configurationVersion
  out.u8((sps.space << 6) | (sps.highTier ? 0x20 : 0) | sps.profile);
  out.u32(sps.compatibility).put(sps.constraints).u8(sps.level);
  out.u16(0xf000); //                              min_spatial_segmentation_idc: not known
  out.u8(0xfc); //                                 parallelismType: not known
  out.u8(0xfc | sps.chromaFormat);
  out.u8(0xf8 | (sps.bitDepth - 8)).u8(0xf8 | (sps.chromaBitDepth - 8));
  out.u16(0); //                                   avgFrameRate: not known
  out.u8((sps.temporalLayers << 3) | (sps.temporalIdNested ? 4 : 0) | (config.nalLengthSize - 1));
  const arrays = [config.vps, config.sps, config.pps, config.sei].filter((units) => units.length > 0);
  out.u8(arrays.length);
  for (const units of arrays) {
    const type = hevcNalType(units[0]!, 0);
    // array_completeness: others may come in band, of the SEI units certainly.
    out.u8((type === HEVC_NAL.prefixSei ? 0 : 0x80) | type).u16(units.length);
    for (const unit of units) out.u16(unit.length).put(unit);
  }
  return out.done();
}

/**
 * The picture's colours by its own bits: the VUI, and the SEI messages of this frame or else of the record. Without a VUI
 * they say nothing that could be used.
 */
export function hevcColor(config: HevcConfig, payload: Uint8Array, units: NalUnits): Color | undefined {
  const color = config.sps[0] && readHevcSps(config.sps[0]).color;
  if (!color) return undefined;
  const message = (type: number): Uint8Array | undefined =>
    seiInFrame(payload, units, type) ??
    config.sei.map((unit) => seiMessage(unit, HEVC_HEADER_SIZE, type)).find((found) => found);
  const display = message(SEI_MASTERING_DISPLAY);
  const level = message(SEI_LIGHT_LEVEL);
  const mastering = display && readMasteringDisplay(display);
  const light = level && readLightLevel(level);
  return { ...color, ...(mastering ? { mastering } : {}), ...(light ? { light } : {}) };
}
