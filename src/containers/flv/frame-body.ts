import type { Frame } from '../../media/frame.ts';
import type { Track } from '../../media/track.ts';
import { AAC_CONFIG_HEAD, AAC_FRAME_HEAD } from './audio.ts';
import { TAG_AUDIO, TAG_SCRIPT, TAG_VIDEO, type TagType } from './tag.ts';
import { avcHead } from './video.ts';
import { TICKS_PER_MS } from '../../media/time.ts';

const EMPTY = new Uint8Array(0);

/**
 * The tag body (and RTMP message body: they are the same bytes) of a frame is a small head followed by the frame's
 * payload. The head may be a scratch array: copy it before the next call.
 */
export function frameHead(frame: Frame): Uint8Array {
  switch (frame.kind) {
    case 'video':
      return avcHead(frame.startsGop, 1, Math.round((frame.pts - frame.dts) / TICKS_PER_MS));
    case 'audio':
      return AAC_FRAME_HEAD;
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

/** The head of a sequence header; the track's `config` follows it. */
export function configurationHead(track: Track): Uint8Array {
  return track.kind === 'video' ? avcHead(true, 0, 0) : AAC_CONFIG_HEAD;
}
