import type { TrackInSegment } from './track-in-segment.ts';

/** A track as the container declares it, before any frame. */
export interface DeclaredTrack {
  /** In words that are others where the track is another one: `PID 256 of type 27`. */
  readonly what: string;
  /** Of tracks whose frames are looked for. */
  readonly kind?: 'video' | 'audio' | undefined;
}

/** What one segment, or one part, turned out to hold, whatever its container is. */
export interface SegmentMedia {
  /** By PID or track_ID. */
  readonly tracks: ReadonlyMap<number, TrackInSegment>;
  /** The first track of that kind that has frames. */
  firstTrack(kind: 'video' | 'audio'): TrackInSegment | undefined;
  /** Where the tracks are declared: `PMT`. */
  readonly declaredBy: string;
  readonly declared: ReadonlyMap<number, DeclaredTrack>;
  /** How the first picture begins; undefined without any. */
  readonly start: PictureStart | undefined;
}

export interface PictureStart {
  /** A decoder can start here … */
  readonly isKey: boolean;
  /** … and has the parameter sets for it. */
  readonly isConfigured: boolean;
}
