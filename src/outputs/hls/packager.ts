import type { MediaFrame } from '../../media/frame.ts';
import type { Track, TrackSet } from '../../media/track.ts';

/** Puts frames into a container, segment by segment. What the segmenter needs of one, and all it knows of it. */
export interface Packager {
  /** Bytes of the running segment so far. */
  readonly size: number;
  /** Why this container cannot carry the track, in words; undefined if it can. */
  refusal(track: Track): string | undefined;
  /** Begins a segment of these tracks; none of them has been refused. `follows`: its times go on from the one before. */
  begin(tracks: TrackSet, follows: boolean): void;
  /** Adds a frame of one of them. */
  write(frame: MediaFrame): void;
  /** Ends the segment and gives its bytes. */
  finish(): Buffer;
  /** Nothing comes for a while, or ever again: gives back what it works in. */
  rest(): void;
}
