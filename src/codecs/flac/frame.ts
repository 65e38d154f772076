import { CRC8, CRC16 } from './crc.ts';

/** What a frame's header says: RFC 9639 §9.1. */
export interface FlacFrameHeader {
  /** Samples of each channel. */
  readonly blockSize: number;
  /** Undefined where STREAMINFO tells. */
  readonly sampleRate: number | undefined;
  readonly channels: number;
  /** Undefined where STREAMINFO tells. */
  readonly bitsPerSample: number | undefined;
  /** With its CRC. */
  readonly size: number;
}

const RATES = [
  88_200, 176_400, 192_000, 8000, 16_000, 22_050, 24_000, 32_000, 44_100, 48_000, 96_000,
] as const;
const BITS = [undefined, 8, 12, undefined, 16, 20, 24, 32] as const;
/** Independent channels are 1 to 8; three more ways are stereo. */
const STEREO_WAYS = 3;
/** CRC-16 at the end of each frame. */
const FOOTER = 2;

/** Reads the header at `at`; undefined if there is none: the sync code alone proves nothing, its CRC does. */
export function readFlacFrame(bytes: Uint8Array, at = 0): FlacFrameHeader | undefined {
  if (bytes[at] !== 0xff || (bytes[at + 1]! & 0xfe) !== 0xf8 || at + 6 > bytes.length) return undefined;
  const sizeCode = bytes[at + 2]! >> 4;
  const rateCode = bytes[at + 2]! & 0xf;
  const channelCode = bytes[at + 3]! >> 4;
  const bitsCode = (bytes[at + 3]! >> 1) & 7;
  const isReserved = sizeCode === 0 || rateCode === 15 || channelCode > 7 + STEREO_WAYS || bitsCode === 3;
  if (isReserved || (bytes[at + 3]! & 1) !== 0) return undefined;
  const numberSize = codedSize(bytes[at + 4]!);
  if (numberSize === 0) return undefined;
  const sizeAt = at + 4 + numberSize;
  const sizeBytes = sizeCode === 6 ? 1 : sizeCode === 7 ? 2 : 0;
  const rateBytes = rateCode === 12 ? 1 : rateCode > 12 ? 2 : 0;
  const crcAt = sizeAt + sizeBytes + rateBytes;
  if (crcAt >= bytes.length || CRC8.of(bytes, at, crcAt) !== bytes[crcAt]) return undefined;
  return {
    blockSize: sizeBytes > 0 ? number(bytes, sizeAt, sizeBytes) + 1 : usualSize(sizeCode),
    sampleRate: sampleRate(rateCode, number(bytes, sizeAt + sizeBytes, rateBytes)),
    channels: channelCode > 7 ? 2 : channelCode + 1,
    bitsPerSample: BITS[bitsCode],
    size: crcAt + 1 - at,
  };
}

/** Bytes of the frame's or sample's number, coded as UTF-8 was at first: up to 7. 0: no such first byte. */
function codedSize(first: number): number {
  if (first < 0x80) return 1;
  const ones = Math.clz32(~first & 0xff) - 24;
  return ones === 1 || ones === 8 ? 0 : ones;
}

function usualSize(code: number): number {
  if (code === 1) return 192;
  return code < 6 ? 144 << code : 1 << code; // 576 … 4,608 and 256 … 32,768
}

function sampleRate(code: number, more: number): number | undefined {
  if (code === 0) return undefined;
  if (code < 12) return RATES[code - 1];
  return code === 12 ? more * 1000 : code === 13 ? more : more * 10;
}

function number(bytes: Uint8Array, at: number, count: number): number {
  let value = 0;
  for (let index = 0; index < count; index++) value = value * 256 + bytes[at + index]!;
  return value;
}

/** A frame among others, as offsets, with its header. */
export interface FlacFrame {
  readonly header: FlacFrameHeader;
  readonly start: number;
  readonly end: number;
}

/** Frames of a message: encoders send one. */
const MAX_FRAMES = 64;

/**
 * The frames of a message, side by side from its first byte to its last; empty if it does not begin with one. Frames do not
 * tell their length: the next one begins where a header is, and the CRC in front of it is that of all before.
 */
export function splitFlac(bytes: Uint8Array): readonly FlacFrame[] {
  const frames: FlacFrame[] = [];
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let start = 0;
  let header = readFlacFrame(bytes);
  while (header) {
    const next = frames.length < MAX_FRAMES - 1 ? findNext(view, start, header) : undefined;
    frames.push({ header, start, end: next?.at ?? bytes.length });
    start = next?.at ?? bytes.length;
    header = next?.header;
  }
  return frames;
}

function findNext(
  view: Buffer,
  start: number,
  header: FlacFrameHeader,
): { at: number; header: FlacFrameHeader } | undefined {
  const sync = view.subarray(start, start + 2);
  let crc: { at: number; value: number } | undefined;
  let at = view.indexOf(sync, start + header.size + FOOTER);
  for (; at >= 0; at = view.indexOf(sync, at + 1)) {
    const next = readFlacFrame(view, at);
    if (!next || next.channels !== header.channels || next.sampleRate !== header.sampleRate) continue;
    // Once over each byte, however many places look like a header.
    crc = { at, value: CRC16.of(view, crc?.at ?? start, at, crc?.value ?? 0) };
    if (crc.value === 0) return { at, header: next };
  }
  return undefined;
}
