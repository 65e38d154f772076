import type { TrackSet } from '../../media/track.ts';

/** A finished segment, as the segmenter hands it over. */
export interface Segment {
  readonly bytes: Buffer;
  /** Length in 90 kHz ticks: up to the next segment's first frame, or to the end of the last frame. */
  readonly duration: number;
  readonly tracks: TrackSet;
  /** Something a decoder has to be told about lies between the segment before and this one. */
  readonly discontinuity: boolean;
  /** It starts at a place where a decoder can start. */
  readonly independent: boolean;
  /** When its first frame was shown, by the server's clock: ms since 1970. */
  readonly programDateTime: number;
  readonly videoFrames: number;
}

/** A segment with its place in the stream. */
export interface NumberedSegment extends Segment {
  readonly sequence: number;
  /** The file name, never used for another segment. */
  readonly name: string;
  readonly etag: string;
}
