import { CODEC_NAMES } from '../../media/codec-names.ts';
import type { TrackSet } from '../../media/track.ts';
import type { Tailoring } from './tailoring.ts';

/** What a viewer is not given of a stream's tracks, in words. */
export interface LeftOut {
  /** There is nothing to watch for it: it is sent away. Else it gets the picture without the sound. */
  readonly isAll: boolean;
  readonly text: string;
}

/** Undefined: it gets all there is. `how` says what to do about it. */
export function leftOut({ video, audio }: TrackSet, tailoring: Tailoring, how: string): LeftOut | undefined {
  if (video && !tailoring.takes(video.codec))
    return { isAll: true, text: `the picture is ${CODEC_NAMES[video.codec]}, ${how}` };
  if (!audio || tailoring.takes(audio.codec)) return undefined;
  const text = `the sound is ${CODEC_NAMES[audio.codec]}, ${how}`;
  return video ? { isAll: false, text: `only the picture is sent: ${text}` } : { isAll: true, text };
}

/** To a player of RTMP. */
export const NOT_ANNOUNCED =
  'which this player has not announced: use one that speaks Enhanced RTMP, watch by HLS, or add ?codecs=any if it can play it';
/** To a viewer of FLV, which has named its codecs itself. */
export const NOT_LISTED = 'which is not among the codecs asked for: name it in ?codecs=, or watch by HLS';
/** Of a server that a stream is sent on to. */
export const NOT_TAKEN =
  'which the server has not announced that it takes: set the encoder to another codec, or this relay to `codecs: any`';
