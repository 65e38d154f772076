import { MAX_NALS_PER_FRAME } from './units.ts';

const START_CODE = Buffer.from([0, 0, 1]);

/**
 * Rewrites an Annex B byte stream (ITU-T H.264 §B.1) as NAL units with length prefixes of 4 bytes.
 * Returns undefined where the payload does not begin with a start code, or holds no unit.
 *
 * Ask `coversExactly` first: 00 00 01 xx is also the length of a perfectly good unit of 256 to 511 bytes.
 */
export function lengthPrefixedFromAnnexB(
  payload: Uint8Array,
  lengthSize: 1 | 2 | 4 = 4,
): Uint8Array | undefined {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength);
  const first = bytes.indexOf(START_CODE);
  if (first < 0 || !allZero(bytes, 0, first)) return undefined;
  const parts: Buffer[] = [];
  for (let at = first; at >= 0;) {
    const start = at + START_CODE.length;
    const next = bytes.indexOf(START_CODE, start);
    const unit = withoutTrailingZeros(bytes, start, next < 0 ? bytes.length : next);
    if (unit.length > 0) {
      if (parts.length >= 2 * MAX_NALS_PER_FRAME || unit.length >= 2 ** (8 * lengthSize)) return undefined;
      const prefix = Buffer.allocUnsafe(lengthSize);
      prefix.writeUIntBE(unit.length, 0, lengthSize);
      parts.push(prefix, unit);
    }
    at = next;
  }
  return parts.length > 0 ? Buffer.concat(parts) : undefined;
}

function allZero(bytes: Uint8Array, from: number, to: number): boolean {
  for (let at = from; at < to; at++) if (bytes[at] !== 0) return false;
  return true;
}

function withoutTrailingZeros(bytes: Buffer, start: number, end: number): Buffer {
  while (end > start && bytes[end - 1] === 0) end--;
  return bytes.subarray(start, end);
}
