import type { SetKind } from '../nal/in-band.ts';
import { SetsInForce } from '../nal/sets-in-force.ts';
import type { HevcConfig } from './config.ts';
import { HEVC_NAL, hevcNalType, isBaseLayer } from './nal.ts';
import { readPpsHead } from './slice.ts';
import { hevcSpsId } from './sps.ts';

/** HEVC's parameter sets in force. */
export class HevcParameterSets extends SetsInForce {
  constructor(config: HevcConfig) {
    super(config, { kindOf: hevcSetKind, idOf: hevcSetId });
  }
}

/** Undefined for a unit that is no parameter set of the base layer. */
export function hevcSetKind(payload: Uint8Array, at: number): SetKind | undefined {
  const type = hevcNalType(payload, at);
  if (type < HEVC_NAL.vps || type > HEVC_NAL.pps || !isBaseLayer(payload, at)) return undefined;
  return type === HEVC_NAL.vps ? 'vps' : type === HEVC_NAL.sps ? 'sps' : 'pps';
}

/** Undefined for a set cut short. */
export function hevcSetId(set: Uint8Array, kind: SetKind): number | undefined {
  if (kind === 'sps') return hevcSpsId(set);
  if (kind === 'pps') return readPpsHead(set)?.id;
  return set.length > 2 ? set[2]! >> 4 : undefined; // vps_video_parameter_set_id
}
