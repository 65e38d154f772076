import { CodecError } from '../codec-error.ts';
import { InBandSets } from '../nal/in-band.ts';
import { nalBit, type NalUnits } from '../nal/units.ts';
import { avcCodecString, type AvcConfig } from './config.ts';
import { NAL, nalType } from './nal.ts';
import { avcSetKind, parameterSetId } from './parameter-sets.ts';
import { activeSps } from './slice.ts';

const SET_BITS = nalBit(NAL.sps) | nalBit(NAL.pps);

/** AVC's parameter sets in band. */
export const avcSets = new InBandSets<AvcConfig>({
  mayHold: (units) => (units.types & SET_BITS) !== 0,
  kindOf: avcSetKind,
  idOf: parameterSetId,
  activeSps,
  configOf(nalLengthSize, { sps, pps }) {
    const [, profile, compatibility, level] = sps[0]!;
    if (profile === undefined || compatibility === undefined || level === undefined)
      throw new CodecError('AVC_SPS', 'a sequence parameter set of less than 4 bytes');
    const codecString = avcCodecString(profile, compatibility, level);
    return { profile, compatibility, level, nalLengthSize, sps, pps, codecString };
  },
});

/** The frame's first slice of an IDR picture, or of any. */
export function firstSlice(payload: Uint8Array, units: NalUnits): Uint8Array | undefined {
  for (let index = 0; index < units.count; index++) {
    const type = nalType(payload, units.start(index));
    if (type === NAL.idrSlice || type === NAL.slice || type === NAL.slicePartitionA)
      return payload.subarray(units.start(index), units.end(index));
  }
  return undefined;
}
