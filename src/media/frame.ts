import type { AudioTrack, VideoTrack } from './track.ts';
import type { Ticks } from './time.ts';

/** One video access unit. */
export interface VideoFrame {
  readonly kind: 'video';
  readonly track: VideoTrack;
  /** Decode time; never goes back within a stream, whatever the publisher does. */
  readonly dts: Ticks;
  /** Presentation time; `pts - dts` may be negative. */
  readonly pts: Ticks;
  /** A decoder can start here. */
  readonly startsGop: boolean;
  /**
   * A decoder can start here, but shows whole pictures only after some frames, or leaves some out: a recovery point, no IDR
   * picture. What follows needs what came before, strictly speaking.
   */
  readonly recovers?: boolean;
  /** Counts the stream's time lines: a new publisher or a jump in its clock makes a new one. */
  readonly epoch: number;
  /**
   * AVC, HEVC: NAL units with length prefixes of `track.nalLengthSize` bytes. AV1: a temporal unit of OBUs with sizes, no
   * temporal delimiters. VP9, VP8: a frame. Never empty. A view, not a copy.
   */
  readonly payload: Uint8Array;
}

/** One audio frame. */
export interface AudioFrame {
  readonly kind: 'audio';
  readonly track: AudioTrack;
  readonly dts: Ticks;
  /** Always equal to `dts`. */
  readonly pts: Ticks;
  /** True in a stream without video: a listener can start at any frame. */
  readonly startsGop: boolean;
  readonly epoch: number;
  /** Samples at `track.coreRate`, where they are not `track.samplesPerFrame`: Opus packets and FLAC blocks may differ. */
  readonly samples?: number;
  /**
   * One frame of the codec: a raw AAC access unit without ADTS header, an Opus packet, a FLAC frame, an AC-3 syncframe, an
   * E-AC-3 access unit, an MP3 frame. Never empty. A view, not a copy.
   */
  readonly payload: Uint8Array;
}

/** Script data that travels with the media: `onMetaData`, `onTextData`, `onCuePoint` and the like. */
export interface DataFrame {
  readonly kind: 'data';
  readonly dts: Ticks;
  readonly epoch: number;
  /** The event's name, e.g. `onTextData`. */
  readonly name: string;
  /** Name and values in AMF0, without `@setDataFrame`. */
  readonly payload: Uint8Array;
}

export type MediaFrame = VideoFrame | AudioFrame;
export type Frame = MediaFrame | DataFrame;
