import { ByteWriter } from '../../bytes/byte-writer.ts';

/** Size and type: ISO/IEC 14496-12 §4.2. */
export const BOX_HEAD_BYTES = 8;
/** A size has 32 bits; the form with 64 is not used. */
export const MAX_BOX_BYTES = 0xffffffff;

/** A box around its parts, one behind the other: ISO/IEC 14496-12 §4.2. @throws {RangeError} beyond 4 GiB */
export function box(type: string, ...parts: readonly Uint8Array[]): Buffer {
  const bytes = parts.reduce((sum, part) => sum + part.length, BOX_HEAD_BYTES);
  if (bytes > MAX_BOX_BYTES) throw new RangeError(`a ${type} box of ${bytes} bytes`);
  const out = Buffer.allocUnsafe(bytes);
  out.writeUInt32BE(bytes, 0);
  out.write(type, 4, 'latin1');
  let at = BOX_HEAD_BYTES;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

/** A box that begins with a version and 24 flags: §4.2, FullBox. */
export function fullBox(
  type: string,
  version: number,
  flags: number,
  ...parts: readonly Uint8Array[]
): Buffer {
  const head = new ByteWriter(4).u8(version).u24(flags).done();
  return box(type, head, ...parts);
}

/** Space to be used later: §8.1.2. @throws {RangeError} below the 8 bytes of its own head */
export function freeBox(bytes: number): Buffer {
  if (bytes < BOX_HEAD_BYTES) throw new RangeError(`a free box of ${bytes} bytes`);
  return box('free', Buffer.alloc(bytes - BOX_HEAD_BYTES));
}

/** 64 bits, of which a number holds 53. */
export function u64(out: ByteWriter, value: number): ByteWriter {
  return out.u32(Math.floor(value / 2 ** 32)).u32(value % 2 ** 32);
}

/** 32 bits, two's complement. */
export function i32(out: ByteWriter, value: number): ByteWriter {
  return out.u32(value >>> 0);
}
