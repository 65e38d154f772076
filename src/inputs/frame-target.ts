import type { AmfObject } from '../amf/value.ts';
import type { Frame } from '../media/frame.ts';
import type { Ticks } from '../media/time.ts';
import type { FormerTracks } from '../media/track.ts';

/** Where an input writes: a stream's publication, or anything that looks like it. */
export interface FrameTarget {
  readonly origin: Ticks;
  readonly formerTracks: FormerTracks;
  newEpoch(): number;
  write(frame: Frame): void;
  describe(metadata: AmfObject): void;
}
