import { withoutEmulation } from './sps.ts';

/** SEI payloadType of a recovery point: ITU-T H.264 §D.1. */
const RECOVERY_POINT = 6;

/** An emulation prevention byte and what is in front of it. */
const EMULATION = Buffer.from([0, 0, 3]);
/** Longer units are captions or user data; a recovery point that hides behind so much of it is not looked for. */
const MAX_BYTES = 16 * 1024;

/**
 * True for an SEI unit (header byte included) with a recovery point among its messages: ITU-T H.264 §7.3.2.3.1.
 * Sizes count the bytes without emulation prevention, so these are taken out first where there are any.
 */
export function isRecoveryPoint(unit: Uint8Array): boolean {
  const head = unit.subarray(0, MAX_BYTES);
  const isEscaped = Buffer.from(head.buffer, head.byteOffset, head.byteLength).includes(EMULATION);
  const bytes = isEscaped ? withoutEmulation(head) : head;
  let at = 1;
  // The last byte is the trailing bits.
  while (at + 2 < bytes.length) {
    let type = 0;
    while (bytes[at] === 0xff) type += bytes[at++]!;
    type += bytes[at++] ?? 0;
    let size = 0;
    while (bytes[at] === 0xff) size += bytes[at++]!;
    size += bytes[at++] ?? 0;
    if (type === RECOVERY_POINT) return true;
    at += size;
  }
  return false;
}
