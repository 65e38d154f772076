/** Frames of HTTP/2 as they are sent by who keeps to no rules: RFC 9113 §4 and §6. */

export const FRAME = {
  data: 0,
  headers: 1,
  priority: 2,
  reset: 3,
  settings: 4,
  ping: 6,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const END_STREAM = 0x1;
export const END_HEADERS = 0x4;
/** The largest window that there can be. */
export const MOST = 0x7fff_ffff;

export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

export interface FrameHead {
  readonly type: number;
  readonly flags?: number;
  readonly stream?: number;
}

export function frame(
  { type, flags = 0, stream = 0 }: FrameHead,
  payload: Uint8Array = Buffer.alloc(0),
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};

/** `[identifier, value]` in turn. */
export function settings(...values: readonly (readonly [number, number])[]): Buffer {
  const body = values.map(([id, value]) => Buffer.concat([Buffer.from([id >> 8, id & 0xff]), uint32(value)]));
  return frame({ type: FRAME.settings }, Buffer.concat(body));
}

export const INITIAL_WINDOW = 4;

export const windowUpdate = (stream: number, by: number): Buffer =>
  frame({ type: FRAME.windowUpdate, stream }, uint32(by));

/** CANCEL. */
export const reset = (stream: number): Buffer => frame({ type: FRAME.reset, stream }, uint32(8));

/** A length before a text that is not Huffman coded, and the text: RFC 7541 §5.2. */
function literal(text: string): Buffer {
  const bytes = Buffer.from(text, 'latin1');
  if (bytes.length < 127) return Buffer.concat([Buffer.from([bytes.length]), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest >>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}

/** A field that is not kept in the table: RFC 7541 §6.2.2. */
export const field = (name: string, value: string): Buffer =>
  Buffer.concat([Buffer.from([0]), literal(name), literal(value)]);

/** A field that both sides keep: index 62 from now on. RFC 7541 §6.2.1. */
export const keptField = (name: string, value: string): Buffer =>
  Buffer.concat([Buffer.from([0x40]), literal(name), literal(value)]);
export const KEPT = 0x80 | 62;

/** The fields that a request must have: RFC 9113 §8.3.1. */
export const requestFields = (path: string, method: 'GET' | 'POST' = 'GET'): Buffer =>
  Buffer.concat([
    Buffer.from([method === 'GET' ? 0x82 : 0x83, 0x87, 0x04]),
    ...[literal(path), Buffer.from([0x01]), literal('localhost')],
  ]);

export const get = (stream: number, path: string): Buffer =>
  frame({ type: FRAME.headers, flags: END_STREAM | END_HEADERS, stream }, requestFields(path));
