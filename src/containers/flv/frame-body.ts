import type { Frame } from '../../media/frame.ts';
import { TICKS_PER_MS } from '../../media/time.ts';
import type { Track } from '../../media/track.ts';
import { audioConfigurationHead, audioFrameHead } from './audio-heads.ts';
import { SOUND_FORMAT_ENHANCED } from './audio.ts';
import { writeColorInfo } from './color-info.ts';
import { PACKET } from './enhanced.ts';
import { FOUR_CC } from './four-cc.ts';
import { TAG_AUDIO, TAG_SCRIPT, TAG_VIDEO, type TagType } from './tag.ts';
import { videoConfigurationHead, videoFrameHead, videoMetadataHead } from './video-heads.ts';

const EMPTY = new Uint8Array(0);
/** The longest head of a frame: PacketType, FourCC and a composition time. */
export const MAX_HEAD_BYTES = 8;
/** IsExVideoHeader and FrameType 1. */
const KEY_OF_ENHANCED = 0x90;
const PLAIN: ReadonlySet<string> = new Set(['avc', 'aac', 'mp3']);

/**
 * The tag body (and RTMP message body: they are the same bytes) of a frame is a small head followed by the frame's
 * payload. The head may be a scratch array: copy it before the next call. AVC, AAC and MP3 are written as they always were,
 * all others the way of Enhanced RTMP; which of the publisher's tracks a frame is of is not written.
 */
export function frameHead(frame: Frame): Uint8Array {
  switch (frame.kind) {
    case 'video':
      return videoFrameHead(frame, Math.round((frame.pts - frame.dts) / TICKS_PER_MS));
    case 'audio':
      return audioFrameHead(frame.track);
    case 'data':
      return EMPTY;
  }
}

export function frameTagType(frame: Frame): TagType {
  switch (frame.kind) {
    case 'video':
      return TAG_VIDEO;
    case 'audio':
      return TAG_AUDIO;
    case 'data':
      return TAG_SCRIPT;
  }
}

/** The head of a sequence header, which the track's `config` follows; undefined for a codec that has none. */
export function configurationHead(track: Track): Uint8Array | undefined {
  return track.kind === 'video' ? videoConfigurationHead(track) : audioConfigurationHead(track);
}

/** A whole body that tells a picture's colours, or that they are not known; undefined for what is written as it always was. */
export function colorBody(track: Track): Uint8Array | undefined {
  if (track.kind !== 'video' || track.codec === 'avc') return undefined;
  return Buffer.concat([videoMetadataHead(track.codec), writeColorInfo(track.color)]);
}

/** A whole body: no more frames of this track come. Undefined for what is written as it always was. */
export function endBody({ kind, codec }: Track): Uint8Array | undefined {
  if (PLAIN.has(codec)) return undefined;
  const body = Buffer.alloc(5);
  body[0] = (kind === 'video' ? KEY_OF_ENHANCED : SOUND_FORMAT_ENHANCED << 4) | PACKET.sequenceEnd;
  body.writeUInt32BE(FOUR_CC[codec], 1);
  return body;
}
