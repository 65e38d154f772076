import { encodeAmf0 } from '../../src/amf/amf0-writer.ts';
import { AmfObject, type AmfValue } from '../../src/amf/value.ts';

/**
 * Tag bodies of Enhanced RTMP v2, written from the specification's tables (ExVideoTagHeader, ExAudioTagHeader) and from nothing
 * else: what reads and writes them in the gateway is judged by this.
 */

export type VideoFourCc = 'avc1' | 'hvc1' | 'av01' | 'vp09' | 'vp08';
export type AudioFourCc = 'mp4a' | 'Opus' | 'fLaC' | 'ac-3' | 'ec-3' | '.mp3';
export type FourCc = VideoFourCc | AudioFourCc;

/** VideoPacketType and AudioPacketType; the first three are the same. */
export const PacketType = {
  sequenceStart: 0,
  codedFrames: 1,
  sequenceEnd: 2,
  codedFramesX: 3,
  metadata: 4,
  multichannelConfig: 4,
  audioMultitrack: 5,
  videoMultitrack: 6,
  modEx: 7,
} as const;

/** AvMultitrackType. */
const Multitrack = { one: 0, many: 1, manyCodecs: 2 } as const;

/** One packet before it has a header: of which codec, of which type, and what stands behind the FourCC. */
export interface Packet {
  readonly kind: 'video' | 'audio';
  readonly fourCc: string;
  readonly type: number;
  /** VideoFrameType 1, else 2. */
  readonly isKey?: boolean;
  readonly data: Uint8Array;
}

const fourCcBytes = (fourCc: string): Buffer => Buffer.from(fourCc, 'latin1');

const u24 = (value: number): Buffer => Buffer.from([(value >> 16) & 255, (value >> 8) & 255, value & 255]);

/** The byte that a body begins with. `type`: 4 bits. */
function first({ kind, isKey = true }: Pick<Packet, 'kind' | 'isKey'>, type: number): number {
  return kind === 'video' ? 0x80 | ((isKey ? 1 : 2) << 4) | type : 0x90 | type;
}

/** The usual form: one packet, no track number. */
export function plain(packet: Packet): Buffer {
  return Buffer.concat([Buffer.from([first(packet, packet.type)]), fourCcBytes(packet.fourCc), packet.data]);
}

/** A packet of a track in a message of its own. */
export function oneTrack(packet: Packet, track: number): Buffer {
  return Buffer.concat([
    multitrackHead(packet, Multitrack.one),
    fourCcBytes(packet.fourCc),
    Buffer.from([track]),
    packet.data,
  ]);
}

/** Packets of several tracks of one codec; type and frame type are the first one's. */
export function manyTracks(packets: readonly (readonly [track: number, packet: Packet])[]): Buffer {
  const head = packets[0]![1];
  const tracks = packets.flatMap(([track, { data }]) => [Buffer.from([track]), u24(data.length), data]);
  return Buffer.concat([multitrackHead(head, Multitrack.many), fourCcBytes(head.fourCc), ...tracks]);
}

/** The same of several codecs. */
export function manyCodecs(packets: readonly (readonly [track: number, packet: Packet])[]): Buffer {
  const tracks = packets.flatMap(([track, { fourCc, data }]) => [
    fourCcBytes(fourCc),
    Buffer.from([track]),
    u24(data.length),
    data,
  ]);
  return Buffer.concat([multitrackHead(packets[0]![1], Multitrack.manyCodecs), ...tracks]);
}

function multitrackHead(packet: Packet, multitrackType: number): Buffer {
  const type = packet.kind === 'video' ? PacketType.videoMultitrack : PacketType.audioMultitrack;
  return Buffer.from([first(packet, type), (multitrackType << 4) | packet.type]);
}

/**
 * Puts a ModEx in front of what a body is: its own packet type follows the ModEx. `data`: 1 to 65,536 bytes.
 *
 * @param modExType 0: TimestampOffsetNano
 */
export function withModEx(body: Buffer, modExType: number, data: Uint8Array): Buffer {
  const head = body[0]!;
  const size =
    data.length < 256
      ? Buffer.from([data.length - 1])
      : Buffer.from([255, ((data.length - 1) >> 8) & 255, (data.length - 1) & 255]);
  return Buffer.concat([
    Buffer.from([(head & 0xf0) | PacketType.modEx]),
    size,
    data,
    Buffer.from([(modExType << 4) | (head & 0x0f)]),
    body.subarray(1),
  ]);
}

/** @param nanoseconds 0 to 999,999, to be added to the message's timestamp */
export const withNanoOffset = (body: Buffer, nanoseconds: number): Buffer =>
  withModEx(body, 0, u24(nanoseconds));

/** HEVC and AVC carry a composition offset, signed 24 bits, unless it is 0 and the type says so. */
export function codedFrame(
  { kind, fourCc }: Pick<Packet, 'kind' | 'fourCc'>,
  frame: { readonly isKey?: boolean; readonly compositionMs?: number; readonly data: Uint8Array },
): Packet {
  const { isKey = true, compositionMs = 0, data } = frame;
  const hasOffset = fourCc === 'avc1' || fourCc === 'hvc1';
  if (!hasOffset) return { kind, fourCc, type: PacketType.codedFrames, isKey, data };
  if (compositionMs === 0) return { kind, fourCc, type: PacketType.codedFramesX, isKey, data };
  const offset = u24(compositionMs & 0xffffff);
  return { kind, fourCc, type: PacketType.codedFrames, isKey, data: Buffer.concat([offset, data]) };
}

/** VideoPacketType.Metadata: `colorInfo`; undefined takes it back. */
export function colorMetadata(fourCc: string, colorInfo: ColorInfo | undefined): Packet {
  const value: AmfValue =
    colorInfo &&
    AmfObject.of(
      Object.fromEntries(
        Object.entries<Readonly<Record<string, number>>>({ ...colorInfo }).map(([name, of]) => [
          name,
          AmfObject.of(of),
        ]),
      ),
    );
  return { kind: 'video', fourCc, type: PacketType.metadata, data: encodeAmf0('colorInfo', value) };
}

/** As the specification's table "Metadata Frame" names it. */
export interface ColorInfo {
  readonly colorConfig?: Readonly<Record<string, number>>;
  readonly hdrCll?: Readonly<Record<string, number>>;
  readonly hdrMdcv?: Readonly<Record<string, number>>;
}

/** BT.2020, PQ, a display of 1,000 nits. */
export const HDR10: ColorInfo = {
  colorConfig: { bitDepth: 10, colorPrimaries: 9, transferCharacteristics: 16, matrixCoefficients: 9 },
  hdrCll: { maxFall: 400, maxCLL: 1000 },
  hdrMdcv: {
    ...{ redX: 0.708, redY: 0.292, greenX: 0.17, greenY: 0.797, blueX: 0.131, blueY: 0.046 },
    ...{ whitePointX: 0.3127, whitePointY: 0.329, maxLuminance: 1000, minLuminance: 0.0001 },
  },
};

/** AudioChannelOrder native: which loudspeakers there are, by AudioChannelMask. */
export function nativeChannels(fourCc: string, channels: number, mask: number): Packet {
  const data = Buffer.from([1, channels, 0, 0, 0, 0]);
  data.writeUInt32BE(mask, 2);
  return { kind: 'audio', fourCc, type: PacketType.multichannelConfig, data };
}

/** AudioChannelOrder custom: AudioChannel of each channel in turn. */
export function customChannels(fourCc: string, order: readonly number[]): Packet {
  return {
    kind: 'audio',
    fourCc,
    type: PacketType.multichannelConfig,
    data: Buffer.from([2, order.length, ...order]),
  };
}
