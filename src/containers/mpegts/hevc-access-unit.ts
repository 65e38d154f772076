import { readHevcConfig } from '../../codecs/hevc/config.ts';
import { HEVC_NAL, isIrap } from '../../codecs/hevc/nal.ts';
import { HevcParameterSets } from '../../codecs/hevc/parameter-sets.ts';
import { NalAccessUnit, UNIT, unitTable, type NalRules } from './nal-access-unit.ts';

/** As of AVC: the encoder's own delimiters and filler, and ends that are none. */
const LEFT_OUT: readonly number[] = [
  HEVC_NAL.accessUnitDelimiter,
  HEVC_NAL.endOfSequence,
  HEVC_NAL.endOfBitstream,
  HEVC_NAL.filler,
];

const RULES: NalRules = {
  // Header of layer 0 and temporal layer 0; pic_type 2, any slice; the stop bit: ITU-T H.265 §7.3.2.5.
  delimiter: Uint8Array.of(0, 0, 0, 1, HEVC_NAL.accessUnitDelimiter << 1, 1, 0x50),
  units: unitTable((firstByte) => {
    const type = (firstByte >> 1) & 0x3f;
    if (LEFT_OUT.includes(type)) return UNIT.leftOut;
    if (type >= HEVC_NAL.vps && type <= HEVC_NAL.pps) return UNIT.parameterSet;
    return isIrap(type) ? UNIT.starts : 0;
  }),
};

/** Access units of HEVC. @param config HEVCDecoderConfigurationRecord @throws {CodecError} */
export function hevcAccessUnit(config: Uint8Array): NalAccessUnit {
  const read = readHevcConfig(config);
  return new NalAccessUnit(RULES, read.nalLengthSize, new HevcParameterSets(read));
}
