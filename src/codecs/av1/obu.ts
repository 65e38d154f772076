/** Types of open bitstream units: AV1 §6.2.2. */
export const OBU = {
  sequenceHeader: 1,
  temporalDelimiter: 2,
  frameHeader: 3,
  tileGroup: 4,
  metadata: 5,
  frame: 6,
  redundantFrameHeader: 7,
  tileList: 8,
  padding: 15,
} as const;

/** leb128() is read from eight bytes at the most, and no more than 32 bits are allowed: AV1 §4.10.5. */
const MAX_LEB_BYTES = 8;
/** Units kept of one frame; tile groups are 4,096 at the most. */
const MAX_UNITS = 8192;

/** One unit of a temporal unit, as offsets. */
export interface Obu {
  readonly type: number;
  /** Of the header byte. */
  readonly start: number;
  /** Of the payload. */
  readonly at: number;
  /** After the last byte. */
  readonly end: number;
  /** The unit says how long it is; only a last one need not. */
  readonly hasSize: boolean;
}

/** A number in leb128() and the offset after it; undefined where it is cut short or too large. AV1 §4.10.5. */
export function readLeb128(bytes: Uint8Array, at: number): { value: number; end: number } | undefined {
  let value = 0;
  for (let index = 0; index < MAX_LEB_BYTES; index++) {
    const byte = bytes[at + index];
    if (byte === undefined) return undefined;
    value += (byte & 0x7f) * 2 ** (7 * index);
    if ((byte & 0x80) === 0) return value < 2 ** 32 ? { value, end: at + index + 1 } : undefined;
  }
  return undefined;
}

/** The bytes of a number in leb128(), as few as it takes. */
function leb128(value: number): number[] {
  const bytes: number[] = [];
  let left = value;
  do {
    const byte = left % 128;
    left = (left - byte) / 128;
    bytes.push(left > 0 ? byte | 0x80 : byte);
  } while (left > 0);
  return bytes;
}

/** The units of a temporal unit (low-overhead format, AV1 §5.3); undefined where they do not cover the bytes exactly. */
export function readObus(bytes: Uint8Array): readonly Obu[] | undefined {
  const units: Obu[] = [];
  for (let start = 0; start < bytes.length;) {
    const unit = readObu(bytes, start);
    if (!unit || units.length === MAX_UNITS) return undefined;
    units.push(unit);
    start = unit.end;
  }
  return units;
}

/** obu_header() and obu_size: AV1 §5.3.1, §5.3.2. */
function readObu(bytes: Uint8Array, start: number): Obu | undefined {
  const header = bytes[start]!;
  if (header & 0x80) return undefined; //          obu_forbidden_bit
  const type = (header >> 3) & 0xf;
  const afterHeader = start + (header & 4 ? 2 : 1); // obu_extension_flag
  if (afterHeader > bytes.length) return undefined;
  if (!(header & 2)) return { type, start, at: afterHeader, end: bytes.length, hasSize: false };
  const size = readLeb128(bytes, afterHeader);
  if (!size || size.end + size.value > bytes.length) return undefined;
  return { type, start, at: size.end, end: size.end + size.value, hasSize: true };
}

/** The unit, header included, with a size field. Copies only if there was none. */
export function sizedObu(bytes: Uint8Array, unit: Obu): Uint8Array {
  if (unit.hasSize) return bytes.subarray(unit.start, unit.end);
  const header = Uint8Array.from(bytes.subarray(unit.start, unit.at));
  header[0]! |= 2; //                              obu_has_size_field
  return Buffer.concat([
    header,
    Uint8Array.from(leb128(unit.end - unit.at)),
    bytes.subarray(unit.at, unit.end),
  ]);
}
