import type { Frame } from '../../media/frame.ts';
import { TICKS_PER_MS } from '../../media/time.ts';
import type { Track } from '../../media/track.ts';
import { audioConfigurationHead, audioFrameHead } from './audio-heads.ts';
import { writeColorInfo } from './color-info.ts';
import { TAG_AUDIO, TAG_SCRIPT, TAG_VIDEO, type TagType } from './tag.ts';
import { videoConfigurationHead, videoFrameHead, videoMetadataHead } from './video-heads.ts';

const EMPTY = new Uint8Array(0);
/** The longest head of a frame: PacketType, FourCC and a composition time. */
export const MAX_HEAD_BYTES = 8;

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
