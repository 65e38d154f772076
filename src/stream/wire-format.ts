import type { AmfObject } from '../amf/value.ts';
import type { Frame } from '../media/frame.ts';
import type { Ms } from '../media/time.ts';
import type { Track, TrackSet } from '../media/track.ts';

/** What a wire format may tell a viewer about the stream before the first frame. */
export interface StreamFacts {
  readonly tracks: TrackSet;
  /** The publisher's own `onMetaData` values, if it sent any. */
  readonly metadata: AmfObject | undefined;
}

/** How frames look on one kind of viewer's wire. Knows no viewers and keeps no state: one object serves every stream. */
export interface WireFormat {
  /** Distinguishes formats whose bytes differ; viewers with the same id share their bytes. */
  readonly id: string;
  /** Bytes to keep free in front of each batch, see {@link import('./batch.ts').Batch}. */
  readonly headroom: number;
  /** False for frames that these viewers do not want (audio only, say). */
  wants(frame: Frame): boolean;
  /**
   * What comes before everything else: file header, metadata. Metadata is stamped 0 whenever a viewer joins: ffmpeg takes
   * any later one for a track of subtitles.
   */
  header(facts: StreamFacts): Buffer;
  /** Metadata that changes while viewers watch, in line. */
  metadata(facts: StreamFacts, at: Ms): Buffer;
  /** A codec configuration, in line. Empty for a codec that has none. */
  configuration(track: Track, at: Ms): Buffer;
  /** The last that is said of a track when the stream is over; undefined: nothing. Without it nothing is said of any. */
  ending?(track: Track, at: Ms): Buffer | undefined;
  /** Stands in front of a frame that viewers can start with: when that came in, ms since 1970. Without it nothing does. */
  clock?(arrivedAt: number, at: Ms): Buffer;
  /** Bytes that {@link write} will need. */
  measure(frame: Frame, at: Ms): number;
  /** Writes one frame at `offset`; returns the offset behind it. `at` is 0 … 2^31 − 1 ms. */
  write(frame: Frame, at: Ms, out: Buffer, offset: number): number;
}
