/** What Enhanced RTMP's MultichannelConfig says. */
export interface ChannelLayout {
  readonly channels: number;
  /** What each channel is, in their order: AudioChannel of Enhanced RTMP v2; undefined where that is not told. */
  readonly speakers: readonly number[] | undefined;
}

const ORDER_NATIVE = 1;
const ORDER_CUSTOM = 2;
/** AudioChannelMask has 24 bits. */
const SPEAKERS = 24;

/** Reads the body of a MultichannelConfig: order, count, and a map or a mask. Undefined if it is cut short or impossible. */
export function readChannelLayout(bytes: Uint8Array): ChannelLayout | undefined {
  const [order, channels] = bytes;
  if (order === undefined || !channels || order > ORDER_CUSTOM) return undefined;
  if (order === ORDER_CUSTOM) {
    const speakers = Array.from(bytes.subarray(2, 2 + channels));
    return speakers.length === channels ? { channels, speakers } : undefined;
  }
  if (order !== ORDER_NATIVE) return { channels, speakers: undefined };
  if (bytes.length < 6) return undefined;
  const mask = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).readUInt32BE(2);
  const speakers = Array.from({ length: SPEAKERS }, (_, bit) => bit).filter((bit) => (mask >>> bit) & 1);
  return speakers.length === channels ? { channels, speakers } : undefined;
}
