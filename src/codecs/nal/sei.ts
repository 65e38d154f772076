import { withoutEmulation } from './emulation.ts';

/** An emulation prevention byte and what is in front of it. */
const EMULATION = Buffer.from([0, 0, 3]);
/** Longer units are captions or user data; what hides behind so much of it is not looked for. */
const MAX_BYTES = 16 * 1024;

/**
 * What the first message of this payloadType says among those of an SEI unit, with the unit's header of `headerSize` bytes
 * in front: ITU-T H.264 §7.3.2.3.1, H.265 §7.3.5. Shorter than it should be, if the unit is cut.
 * Sizes count the bytes without emulation prevention, so these are taken out first where there are any.
 */
export function seiMessage(unit: Uint8Array, headerSize: number, wanted: number): Uint8Array | undefined {
  const head = unit.subarray(0, MAX_BYTES);
  const isEscaped = Buffer.from(head.buffer, head.byteOffset, head.byteLength).includes(EMULATION);
  const bytes = isEscaped ? withoutEmulation(head) : head;
  let at = headerSize;
  // The last byte is the trailing bits.
  while (at + 2 < bytes.length) {
    let type = 0;
    while (bytes[at] === 0xff) type += bytes[at++]!;
    type += bytes[at++] ?? 0;
    let size = 0;
    while (bytes[at] === 0xff) size += bytes[at++]!;
    size += bytes[at++] ?? 0;
    if (type === wanted) return bytes.subarray(at, at + size);
    at += size;
  }
  return undefined;
}
