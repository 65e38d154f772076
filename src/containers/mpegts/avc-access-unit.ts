import { readAvcConfig } from '../../codecs/avc/config.ts';
import { NAL } from '../../codecs/avc/nal.ts';
import { ParameterSets } from '../../codecs/avc/parameter-sets.ts';
import { NalAccessUnit, UNIT, unitTable, type NalRules } from './nal-access-unit.ts';

/**
 * Units that do not go into a transport stream: the encoder's own delimiters and filler; ends of sequence and stream, as
 * the stream goes on whatever it says, and an end in the middle of a PES packet makes players flush; alpha planes, which
 * no player of HLS shows, and the parameter sets that belong to them.
 */
const LEFT_OUT: readonly number[] = [
  NAL.accessUnitDelimiter,
  NAL.filler,
  NAL.endOfSequence,
  NAL.endOfStream,
  NAL.spsExtension,
  NAL.auxiliarySlice,
];

const RULES: NalRules = {
  delimiter: Uint8Array.of(0, 0, 0, 1, NAL.accessUnitDelimiter, 0xf0), // ITU-T H.264 §7.3.2.4
  units: unitTable((firstByte) => {
    const type = firstByte & 0x1f;
    if (LEFT_OUT.includes(type)) return UNIT.leftOut;
    if (type === NAL.sps || type === NAL.pps) return UNIT.parameterSet;
    return type === NAL.idrSlice ? UNIT.starts : 0;
  }),
};

/** Access units of AVC. @param config AVCDecoderConfigurationRecord @throws {CodecError} */
export function avcAccessUnit(config: Uint8Array): NalAccessUnit {
  const read = readAvcConfig(config);
  return new NalAccessUnit(RULES, read.nalLengthSize, new ParameterSets(read));
}
