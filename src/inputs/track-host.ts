import type { Ticks } from '../media/time.ts';
import type { TrackId } from '../media/track.ts';
import type { FrameTarget } from './frame-target.ts';
import type { Dropped, Notes } from './notes.ts';
import type { PlacedTime } from './timeline.ts';

/** What one track needs of the input that it is a part of. */
export interface TrackHost {
  /** Where frames go. */
  readonly target: FrameTarget;
  /** The number of the time line that the frame placed last is on. */
  readonly epoch: number;
  /** Pictures come at this time, of whichever track, and whether they can be decoded yet or not. */
  hasPicturesAt(dts: Ticks): boolean;
  /** `timestamp`: ms, 32 bits; `nanos`: to be added to it. */
  place(id: TrackId, timestamp: number, nanos: number): PlacedTime;
  drop(why: Dropped): void;
  /** Why a track cannot be used, in words; undefined: it can. */
  problem(id: TrackId, why: string | undefined): void;
}

/** Where a track's intake leaves word. */
export function notesOf(host: TrackHost, id: TrackId): Notes {
  return { drop: (why) => host.drop(why), problem: (_, why) => host.problem(id, why) };
}
