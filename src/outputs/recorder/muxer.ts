import type { AmfObject } from '../../amf/value.ts';
import type { Frame } from '../../media/frame.ts';
import type { Ticks } from '../../media/time.ts';
import type { TrackSet } from '../../media/track.ts';

export type RecordingFormat = 'mp4' | 'flv';

/** What a file is begun with. */
export interface MuxerStart {
  readonly tracks: TrackSet;
  /** The publisher's own `onMetaData`. */
  readonly metadata: AmfObject | undefined;
  /** Where the file begins on the stream's time line. */
  readonly zero: Ticks;
  /** Room in its index. */
  readonly keyPoints: number;
}

/** Bytes that take the place of those that stand there. */
export interface Patch {
  readonly at: number;
  readonly bytes: Buffer;
}

/** Makes a file's bytes, piece by piece. Opens nothing. */
export interface Muxer {
  /** Bytes made so far. */
  readonly bytes: number;
  /** Media seconds in them. */
  readonly seconds: number;
  /** The file's first bytes. */
  begin(): Buffer;
  /** Bytes for these frames; what there is after them can be read to its end. `next`: what will come first after them. */
  pack(frames: readonly Frame[], next: Frame | undefined): Buffer;
  /** What there is to correct in front when no more frames come. */
  finish(): readonly Patch[];
}
