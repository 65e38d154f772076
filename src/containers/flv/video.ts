import { ByteReader } from '../../bytes/byte-reader.ts';
import type { VideoCodec } from '../../media/track.ts';
import { FRAME_TYPE_COMMAND, readEnhancedVideo } from './enhanced-video.ts';
import type { VideoBody, VideoPart } from './parts.ts';

/** CodecID of AVC: Annex E.4.3.1. */
export const CODEC_ID_AVC = 7;
/** CodecIDs of the convention that Chinese CDNs use, with the head of AVC; and names of those that nobody carries. */
const CODEC_ID_HEVC = 12;
const CODEC_ID_AV1 = 13;
/** Bytes in front of an AVC tag's data: VIDEODATA's first byte, AVCPacketType and CompositionTime. */
const AVC_HEAD_BYTES = 5;

const CODECS: Readonly<Record<number, VideoCodec>> = {
  [CODEC_ID_AVC]: 'avc',
  [CODEC_ID_HEVC]: 'hevc',
  [CODEC_ID_AV1]: 'av1',
};

const CODEC_NAMES: Readonly<Record<number, string>> = {
  2: 'Sorenson H.263',
  3: 'Screen video',
  4: 'On2 VP6',
  5: 'On2 VP6 with alpha',
  6: 'Screen video 2',
};

const NOTHING: VideoPart = { kind: 'nothing' };

/** Reads VIDEODATA and AVCVIDEOPACKET (Annex E.4.3), and Enhanced RTMP's. Never throws: what is cut short is 'nothing' or 'damaged'. */
export function readVideoBody(body: Uint8Array): VideoBody {
  if (body.length < 2) return NOTHING;
  const first = body[0]!;
  if (first & 0x80) return readEnhancedVideo(body);
  const frameType = first >> 4;
  const codecId = first & 0x0f;
  // Wowza and others send `57 00`.
  if (frameType === FRAME_TYPE_COMMAND) return NOTHING;
  const codec = CODECS[codecId];
  if (codec === undefined)
    return { kind: 'unsupported', codec: CODEC_NAMES[codecId] ?? `FLV video codec ${codecId}`, track: 0 };
  if (body.length <= AVC_HEAD_BYTES) return NOTHING;
  const reader = new ByteReader(body, 'AVCVIDEOPACKET');
  reader.skip(1, 'FrameType');
  const packetType = reader.u8();
  const compositionMs = reader.i24();
  const data = reader.rest();
  if (packetType === 0) return { kind: 'config', codec, track: 0, data };
  if (packetType !== 1) return NOTHING;
  return { kind: 'frame', codec, track: 0, keyFrame: frameType === 1, compositionMs, nanos: 0, data };
}

const head = new Uint8Array(AVC_HEAD_BYTES);

/**
 * The 5 bytes in front of an AVC frame or configuration. Returns a scratch array that the next call overwrites:
 * one per process is enough, because the caller copies it at once and nothing is awaited in between.
 */
export function avcHead(
  keyFrame: boolean,
  packetType: 0 | 1,
  compositionMs: number,
  codecId = CODEC_ID_AVC,
): Uint8Array {
  head[0] = ((keyFrame ? 1 : 2) << 4) | codecId; // FrameType, CodecID
  head[1] = packetType; //                          AVCPacketType
  head[2] = compositionMs >> 16; //                 CompositionTime, SI24
  head[3] = compositionMs >> 8;
  head[4] = compositionMs;
  return head;
}
