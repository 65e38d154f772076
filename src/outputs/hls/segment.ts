import type { MediaFrame } from '../../media/frame.ts';
import type { Ticks } from '../../media/time.ts';
import type { TrackId, TrackSet } from '../../media/track.ts';
import type { PlaylistNumbers } from './numbers.ts';

/** What is known of a segment before its first part. */
export interface SegmentHead {
  readonly tracks: TrackSet;
  /** Something a decoder has to be told about lies between the segment before and this one. */
  readonly discontinuity: boolean;
  /** It starts at a place where a decoder can start. */
  readonly independent: boolean;
  /** When its first frame was shown, by the server's clock: ms since 1970. */
  readonly programDateTime: number;
  /** The time line of its first frame. */
  readonly epoch: number;
  /** Where the time of its movie begins on the stream's time line; a discontinuity lies where that changes. */
  readonly movieStart: Ticks;
  /** Of the first segment: its numbers, that of its discontinuity counted. */
  readonly first?: PlaylistNumbers;
}

/** Frames of all tracks of a segment, as they came: at least one. Parts of a segment, one behind the other, are the segment. */
export interface FramePart {
  readonly frames: readonly MediaFrame[];
  /** Ticks up to the next part, or to the segment's end; no more than the part target, where there is one. */
  readonly duration: number;
  /** A decoder can start with its first picture, or with its sound where there are no pictures. */
  readonly independent: boolean;
  /** When each track goes on behind it, as far as that is known. */
  readonly next: Readonly<Partial<Record<TrackId, Ticks>>>;
}

/** What is known of a segment behind its last part. */
export interface SegmentTail {
  /** Length in 90 kHz ticks: up to the next segment's first frame, or to the end of the last frame. */
  readonly duration: number;
  readonly videoFrames: number;
}

/** Takes what a segmenter makes: a head, parts, a tail, and again. */
export interface SegmentSink {
  open(head: SegmentHead): void;
  part(part: FramePart): void;
  /** The target duration, and the part target if there is one, are known by then. */
  close(tail: SegmentTail): void;
}
