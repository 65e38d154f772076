import type { AudioTrack, VideoTrack } from '../../media/track.ts';
import type { CadenceFacts } from './cadence.ts';

/** All that is known of a stream at a moment; the rules judge by nothing else. Rates over the last ten whole seconds. */
export interface Findings {
  /** Whole seconds since this publisher's first frame. */
  readonly seconds: number;
  readonly video: VideoTrack | undefined;
  readonly audio: AudioTrack | undefined;
  /** Seconds since the last frame of each kind; undefined: there was none. */
  readonly videoSilence: number | undefined;
  readonly audioSilence: number | undefined;
  /** Longest distance of key frames, seconds, the open GOP included; the longest whole one. */
  readonly gopSeconds: number;
  readonly wholeGopSeconds: number | undefined;
  readonly cadence: CadenceFacts;
  /** `framerate` of the publisher's metadata. */
  readonly declaredRate: number | undefined;
  /** Media time over time on the wall in the last ten and thirty seconds; 1 is right. */
  readonly speed10: number;
  readonly speed30: number;
  /** Mean of ten seconds and the fattest second of them, bits per second, sound included. */
  readonly bitrate: number;
  readonly peakBitrate: number;
  /** Latest frame of the last ten seconds, beside the punctual ones, ms; and in how many of the seconds one was late. */
  readonly lateMs: number;
  readonly lateSeconds: number;
  /** Mean distance of the sound's time stamps and the picture's as they come, ms; above 0: the sound is ahead. */
  readonly audioAheadMs: number;
  /** How long before the first picture the sound begins, by their time stamps, ms; below 0: it begins after it. */
  readonly audioLeadMs: number;
  /** Media that has come beyond the time that has passed, ms. */
  readonly aheadMs: number;
  /** In the last minute: jumps of the publisher's clock. */
  readonly jumps: number;
  /** In the last ten minutes: changes of the picture's size. */
  readonly sizeChanges: number;
  /** Why a track cannot be used, in words. */
  readonly problems: readonly string[];
}
