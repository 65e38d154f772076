/** One FLV tag, as a reader of its own finds it: it shares no code with what it looks at. */
export interface SeenTag {
  readonly type: number;
  /** Signed, as players in JavaScript read it. */
  readonly timestamp: number;
  readonly body: Buffer;
}

/** Takes FLV tags apart; every back pointer must be right and nothing may be left over. */
export function seeTags(bytes: Buffer): SeenTag[] {
  const tags: SeenTag[] = [];
  let at = 0;
  while (at < bytes.length) {
    const size = bytes.readUIntBE(at + 1, 3);
    const end = at + 11 + size;
    const timestamp = (bytes[at + 7]! << 23) * 2 + bytes.readUIntBE(at + 4, 3);
    if (bytes.readUIntBE(at + 8, 3) !== 0) throw new Error(`stream id is not 0 at ${at}`);
    if (bytes.readUInt32BE(end) !== 11 + size) throw new Error(`wrong back pointer at ${end}`);
    tags.push({ type: bytes[at]!, timestamp, body: bytes.subarray(at + 11, end) });
    at = end + 4;
  }
  return tags;
}
