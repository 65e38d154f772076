import { seiMessage } from '../nal/sei.ts';

/** SEI payloadType of a recovery point: ITU-T H.264 §D.1. */
const RECOVERY_POINT = 6;

/** True for an SEI unit (header byte included) with a recovery point among its messages. */
export function isRecoveryPoint(unit: Uint8Array): boolean {
  return seiMessage(unit, 1, RECOVERY_POINT) !== undefined;
}
