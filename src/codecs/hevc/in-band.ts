import { InBandSets } from '../nal/in-band.ts';
import { nalBit } from '../nal/units.ts';
import type { HevcConfig } from './config.ts';
import { HEVC_NAL } from './nal.ts';
import { hevcSetId, hevcSetKind } from './parameter-sets.ts';
import { hevcSpsIdOf } from './slice.ts';
import { hevcSpsId } from './sps.ts';

const SET_BITS = nalBit(HEVC_NAL.vps) | nalBit(HEVC_NAL.sps) | nalBit(HEVC_NAL.pps);

/** HEVC's parameter sets in band. */
export const hevcSets = new InBandSets<HevcConfig>({
  mayHold: (units) => (units.laterTypes & SET_BITS) !== 0,
  kindOf: hevcSetKind,
  idOf: hevcSetId,
  activeSps(slice, { sps, pps }) {
    const id = hevcSpsIdOf(slice, pps);
    return id === undefined ? undefined : sps.find((set) => hevcSpsId(set) === id);
  },
  configOf: (nalLengthSize, sets, base) => ({ nalLengthSize, ...sets, sei: base?.sei ?? [] }),
});
