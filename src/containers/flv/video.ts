import { ByteReader } from '../../bytes/byte-reader.ts';
import { fourCcName } from './four-cc.ts';

/** CodecID of AVC: Annex E.4.3.1. */
export const CODEC_ID_AVC = 7;
/** Bytes in front of an AVC tag's data: VIDEODATA's first byte, AVCPacketType and CompositionTime. */
export const AVC_HEAD_BYTES = 5;

/** A video tag's body, taken apart. `data` is a view of the body. */
export type VideoBody =
  | { readonly kind: 'config'; readonly data: Uint8Array }
  | {
      readonly kind: 'frame';
      /** FrameType 1; what the encoder claims, not what the NAL units say. */
      readonly keyFrame: boolean;
      /** Milliseconds from decode to presentation, signed 24 bits. */
      readonly compositionMs: number;
      readonly data: Uint8Array;
    }
  /** End of sequence, video info/command frames, empty bodies: nothing to show. */
  | {
      readonly kind: 'nothing';
      /** One of several tracks, beside the one that is sent the usual way. */
      readonly isAdditional?: true;
    }
  | { readonly kind: 'unsupported'; readonly codec: string };

const CODEC_NAMES: Readonly<Record<number, string>> = {
  2: 'Sorenson H.263',
  3: 'Screen video',
  4: 'On2 VP6',
  5: 'On2 VP6 with alpha',
  6: 'Screen video 2',
  12: 'HEVC (H.265)',
  13: 'AV1',
};

/** FrameType 5: video info/command frame; Wowza and others send `57 00`. */
const FRAME_TYPE_COMMAND = 5;

/** Reads VIDEODATA and AVCVIDEOPACKET: Annex E.4.3. Never throws: what is cut short is 'nothing'. */
export function readVideoBody(body: Uint8Array): VideoBody {
  if (body.length < 2) return { kind: 'nothing' };
  const first = body[0]!;
  if (first & 0x80) return readEnhanced(body);
  const frameType = first >> 4;
  const codecId = first & 0x0f;
  if (frameType === FRAME_TYPE_COMMAND) return { kind: 'nothing' };
  if (codecId !== CODEC_ID_AVC) {
    return { kind: 'unsupported', codec: CODEC_NAMES[codecId] ?? `FLV video codec ${codecId}` };
  }
  if (body.length <= AVC_HEAD_BYTES) return { kind: 'nothing' };
  const reader = new ByteReader(body, 'AVCVIDEOPACKET');
  reader.skip(1, 'FrameType');
  const packetType = reader.u8();
  const compositionMs = reader.i24();
  const data = reader.rest();
  if (packetType === 0) return { kind: 'config', data };
  if (packetType === 1) return { kind: 'frame', keyFrame: frameType === 1, compositionMs, data };
  return { kind: 'nothing' };
}

/** Enhanced RTMP v2, VideoPacketType. */
const ENHANCED_METADATA = 4;
const ENHANCED_MULTITRACK = 6;
const ENHANCED_MODIFIED = 7;

/** Enhanced RTMP: bit 7 of the first byte says that a FourCC follows. Named, so that the refusal can say it. */
function readEnhanced(body: Uint8Array): VideoBody {
  const frameType = (body[0]! >> 4) & 7;
  const packetType = body[0]! & 0x0f;
  if (body.length < 5 || (frameType === FRAME_TYPE_COMMAND && packetType !== ENHANCED_METADATA))
    return { kind: 'nothing' };
  if (packetType === ENHANCED_MULTITRACK) return { kind: 'nothing', isAdditional: true };
  if (packetType === ENHANCED_MODIFIED)
    return { kind: 'unsupported', codec: 'a codec with extensions of Enhanced RTMP' };
  return { kind: 'unsupported', codec: fourCcName(body, 1) };
}

const head = new Uint8Array(AVC_HEAD_BYTES);

/**
 * The 5 bytes in front of an AVC frame or configuration. Returns a scratch array that the next call overwrites:
 * one per process is enough, because the caller copies it at once and nothing is awaited in between.
 */
export function avcHead(keyFrame: boolean, packetType: 0 | 1, compositionMs: number): Uint8Array {
  head[0] = ((keyFrame ? 1 : 2) << 4) | CODEC_ID_AVC; // FrameType, CodecID
  head[1] = packetType; //                               AVCPacketType
  head[2] = compositionMs >> 16; //                      CompositionTime, SI24
  head[3] = compositionMs >> 8;
  head[4] = compositionMs;
  return head;
}
