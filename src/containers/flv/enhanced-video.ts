import { ByteReader } from '../../bytes/byte-reader.ts';
import { fourCcName, videoCodecOf } from './four-cc.ts';
import { PACKET, readModEx, readTracks, u32, type TrackShare } from './enhanced.ts';
import type { VideoBody, VideoPart } from './parts.ts';

/** VideoPacketTypes that audio does not have. */
export const VIDEO_PACKET = { codedFramesX: 3, metadata: 4, mpeg2TsSequenceStart: 5, multitrack: 6 } as const;

const FRAME_TYPE_KEY = 1;
/** Video info/command frame. */
export const FRAME_TYPE_COMMAND = 5;
/** SI24. */
const COMPOSITION_BYTES = 3;

const NOTHING: VideoPart = { kind: 'nothing' };
const CUT_SHORT: VideoPart = { kind: 'damaged', why: 'cut short' };

/** What stands in front of the tracks of a message. */
interface Front {
  readonly frameType: number;
  readonly packetType: number;
  readonly nanos: number;
}

/** Reads a video message of Enhanced RTMP v1 and v2, "Enhanced Video". The body has two bytes or more. */
export function readEnhancedVideo(body: Uint8Array): VideoBody {
  const frameType = (body[0]! >> 4) & 7;
  let packetType = body[0]! & 0x0f;
  let at = 1;
  let nanos = 0;
  if (packetType === PACKET.modEx) {
    const behind = readModEx(body, at);
    if (!behind) return CUT_SHORT;
    ({ packetType, at, nanos } = behind);
  }
  const isMultitrack = packetType === VIDEO_PACKET.multitrack;
  if (frameType === FRAME_TYPE_COMMAND) {
    // A command is 0 or 1; what stands there of Multitrack tells Metadata from it, whose frame type means nothing.
    const what = isMultitrack ? body[at]! & 0x0f : packetType;
    if (what !== VIDEO_PACKET.metadata) return NOTHING;
  }
  if (isMultitrack) return readMultitrack(body, at, { frameType, nanos });
  if (at + 4 > body.length) return CUT_SHORT;
  const share = { track: 0, fourCc: u32(body, at), data: body.subarray(at + 4) };
  return partOf(share, { frameType, packetType, nanos });
}

function readMultitrack(body: Uint8Array, at: number, front: Omit<Front, 'packetType'>): VideoBody {
  const { packetType, shares, damage } = readTracks(body, at);
  const parts = shares.map((share) => partOf(share, { ...front, packetType }));
  if (damage !== undefined) parts.push({ kind: 'damaged', why: damage });
  return { kind: 'tracks', parts };
}

function partOf({ track, fourCc, data }: TrackShare, { frameType, packetType, nanos }: Front): VideoPart {
  const codec = videoCodecOf(fourCc);
  if (!codec) return { kind: 'unsupported', codec: fourCcName(fourCc), track };
  switch (packetType) {
    case PACKET.sequenceStart:
      return data.length > 0 ? { kind: 'config', codec, track, data } : NOTHING;
    case PACKET.codedFrames:
    case VIDEO_PACKET.codedFramesX: {
      const hasComposition = packetType === PACKET.codedFrames && (codec === 'avc' || codec === 'hevc');
      const from = hasComposition ? COMPOSITION_BYTES : 0;
      if (data.length < from) return CUT_SHORT;
      if (data.length === from) return NOTHING;
      const compositionMs = hasComposition ? si24(data) : 0;
      const keyFrame = frameType === FRAME_TYPE_KEY;
      return { kind: 'frame', codec, track, keyFrame, compositionMs, nanos, data: data.subarray(from) };
    }
    case PACKET.sequenceEnd:
      return NOTHING;
    case VIDEO_PACKET.metadata:
      return { kind: 'metadata', codec, track, data };
    case VIDEO_PACKET.mpeg2TsSequenceStart:
      return { kind: 'unsupported', codec: `${fourCcName(fourCc)} with a descriptor of MPEG-TS`, track };
    default:
      return { kind: 'damaged', why: 'unknown kind' };
  }
}

function si24(bytes: Uint8Array): number {
  return new ByteReader(bytes, 'ExVideoTagBody').i24();
}
