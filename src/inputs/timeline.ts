import { ticks, ticksFromMs, ticksFromSeconds, type Ticks } from '../media/time.ts';

export type TimedKind = 'video' | 'audio';

/**
 * A step of a track's clock larger than this is a jump (the encoder restarted, its clock was set), not a late frame:
 * the track goes on where the stream stands, on a new time line.
 */
const JUMP_FORWARD_MS = 10_000;
/** Frames arrive a little out of order where sound and picture share a chunk stream; a second is no such thing. */
const JUMP_BACK_MS = 1_000;
/** A track whose first frame would come to lie this far from the other track counts by a clock of its own. */
const APART: Ticks = ticksFromSeconds(5);
/** A jump that leads back to within this distance of the other track is the other track's own jump. */
const TOGETHER: Ticks = ticksFromSeconds(1);
/** Behind the stream's newest frame, for a track that starts anew: one frame at 25 fps. */
const STEP: Ticks = ticksFromMs(40);

interface TrackClock {
  /** Last timestamp from the wire, 32 bits. */
  last: number;
  /** The same, unwrapped: a plain number of ms that goes on over 2^32. */
  unwrapped: number;
  /** Ticks to add to get the stream's time. */
  offset: number;
  /** Last decode time given out. */
  dts: number;
}

/** A decode time, and whether the time line begins anew with it. */
export interface PlacedTime {
  readonly dts: Ticks;
  readonly isNewEpoch: boolean;
}

/**
 * Puts a publisher's timestamps (ms, 32 bits, wrapping, possibly jumping) onto the stream's time line (ticks, never
 * back within a track). Both tracks share one offset, so that they stay in step; a track keeps an offset of its own
 * only if its clock has nothing to do with the other's.
 */
export class Timeline {
  readonly #origin: Ticks;
  readonly #clocks = new Map<TimedKind, TrackClock>();

  /** @param origin where on the stream's time line the first frame belongs. */
  constructor(origin: Ticks) {
    this.#origin = origin;
  }

  /** The newest decode time given out, whichever track it was for. */
  get newest(): Ticks {
    let newest: number = this.#origin;
    for (const clock of this.#clocks.values()) newest = Math.max(newest, clock.dts);
    return ticks(newest);
  }

  /** `timestamp`: ms, 0 … 2^32 − 1. */
  place(kind: TimedKind, timestamp: number): PlacedTime {
    const clock = this.#clocks.get(kind);
    if (!clock) return this.#placeFirst(kind, timestamp);
    const step = (timestamp - clock.last) | 0; // signed difference mod 2^32
    clock.last = timestamp;
    clock.unwrapped += step;
    const isJump = step > JUMP_FORWARD_MS || step < -JUMP_BACK_MS;
    const isNewEpoch = isJump && this.#followJump(kind, clock);
    // Strictly forward: two frames of a track at one time would have no duration.
    clock.dts = Math.max(clock.dts + 1, ticksFromMs(clock.unwrapped) + clock.offset);
    return { dts: ticks(clock.dts), isNewEpoch };
  }

  #placeFirst(kind: TimedKind, timestamp: number): PlacedTime {
    const other = this.#other(kind);
    const clock = { last: timestamp, unwrapped: timestamp, offset: 0, dts: 0 };
    if (!other) {
      clock.offset = this.#origin - ticksFromMs(timestamp);
    } else {
      // Count by the other track's clock, so that the two agree on where they are after a wrap.
      clock.unwrapped = other.unwrapped + ((timestamp - other.last) | 0);
      clock.offset = other.offset;
      const dts = ticksFromMs(clock.unwrapped) + clock.offset;
      if (Math.abs(dts - other.dts) > APART) clock.offset += other.dts - dts;
    }
    // Before the origin lie the frames of the publisher before.
    clock.dts = Math.max(this.#origin, ticksFromMs(clock.unwrapped) + clock.offset);
    this.#clocks.set(kind, clock);
    return { dts: ticks(clock.dts), isNewEpoch: !other };
  }

  /** Gives a clock that has jumped a new offset. False if the other track's jump has already made the new time line. */
  #followJump(kind: TimedKind, clock: TrackClock): boolean {
    const other = this.#other(kind);
    if (other && other.offset !== clock.offset) {
      const together = ticksFromMs(clock.unwrapped) + other.offset;
      if (Math.abs(together - other.dts) <= TOGETHER) {
        clock.offset = other.offset;
        return false;
      }
    }
    clock.offset = this.newest + STEP - ticksFromMs(clock.unwrapped);
    return true;
  }

  #other(kind: TimedKind): TrackClock | undefined {
    return this.#clocks.get(kind === 'video' ? 'audio' : 'video');
  }
}
