import { BitReader } from '../../bytes/bit-reader.ts';
import type { SetKind } from '../nal/in-band.ts';
import { SetsInForce } from '../nal/sets-in-force.ts';
import type { AvcConfig } from './config.ts';
import { NAL, nalType } from './nal.ts';

/** AVC's parameter sets in force. */
export class ParameterSets extends SetsInForce {
  constructor(config: AvcConfig) {
    super(config, { kindOf: avcSetKind, idOf: parameterSetId });
  }
}

/** Undefined for a unit that is no parameter set. */
export function avcSetKind(payload: Uint8Array, at: number): SetKind | undefined {
  const type = nalType(payload, at);
  return type === NAL.sps ? 'sps' : type === NAL.pps ? 'pps' : undefined;
}

/** seq_parameter_set_id or pic_parameter_set_id: ITU-T H.264 §7.3.2.1.1, §7.3.2.2. Undefined for a set cut short. */
export function parameterSetId(set: Uint8Array): number | undefined {
  if (set.length === 0) return undefined;
  const before = nalType(set, 0) === NAL.sps ? 4 : 1;
  try {
    // An id is 17 bits long at the most, and no emulation byte can come before its end.
    return new BitReader(set.subarray(before, before + 3), 'parameter set').ue();
  } catch {
    return undefined;
  }
}
