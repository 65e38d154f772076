import { ticks, TICKS_PER_SECOND, ticksFromMs, ticksFromSeconds, type Ticks } from '../media/time.ts';
import type { TrackId } from '../media/track.ts';

/**
 * A step of a track's clock larger than this is a jump (the encoder restarted, its clock was set), not a late frame:
 * the track goes on where the stream stands, on a new time line.
 */
const JUMP_FORWARD_MS = 10_000;
/** Frames arrive a little out of order where sound and picture share a chunk stream; a second is no such thing. */
const JUMP_BACK_MS = 1_000;
/** A track whose first frame would come to lie this far from another track counts by a clock of its own. */
const APART: Ticks = ticksFromSeconds(5);
/** A step that leads to within this distance of another track is that track's own jump, or the end of a pause. */
const TOGETHER: Ticks = ticksFromSeconds(1);
/**
 * Where tracks count by clocks of their own, a jump this long after the other's, in the stream's time, is still the
 * same event: an encoder that starts anew may be busy with one track for some seconds before the other.
 */
const SAME_EVENT: Ticks = ticksFromSeconds(10);
/** From one frame to the next where nothing better is known: 25 fps. */
const STEP: Ticks = ticksFromMs(40);
/**
 * Frames of two seconds are the slowest video one meets; 16 of them reordered, the most that H.264 allows, are met by
 * nobody. An offset of more than this is rubbish, and would show one frame hours late.
 */
const MAX_COMPOSITION_MS = 10_000;
/**
 * A picture is not shown before it is decoded; some encoders count from the first one shown, and are off by the few frames that they
 * reorder. More would put pictures where players have no sound.
 */
const MIN_COMPOSITION_MS = -1_000;

interface TrackClock {
  /** Last timestamp from the wire, 32 bits. */
  last: number;
  /** The same, unwrapped: a plain number of ms that goes on over 2^32. */
  unwrapped: number;
  /** Ticks to add to get the stream's time. */
  offset: number;
  /** Last decode time given out. */
  dts: number;
  /** Ticks between the last two frames that followed each other closely. */
  step: number;
  /** Decode time of a jump that began a time line and that no other track has followed yet. */
  leads: number | undefined;
}

/** A decode time, and whether the time line begins anew with it. */
export interface PlacedTime {
  readonly dts: Ticks;
  /** The same by the publisher's own word: it may lie before frames that there are, and before the origin. */
  readonly claimed: Ticks;
  readonly isNewEpoch: boolean;
}

/**
 * Puts a publisher's timestamps (ms, 32 bits, wrapping, possibly jumping) onto the stream's time line (ticks, never
 * back within a track). All tracks share one offset, so that they stay in step; a track keeps an offset of its own
 * only if its clock has nothing to do with the others'.
 */
export class Timeline {
  readonly #origin: Ticks;
  readonly #clocks = new Map<TrackId, TrackClock>();

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

  /** `timestamp`: ms, 0 … 2^32 − 1; `nanos`: what is to be added to it. */
  place(id: TrackId, timestamp: number, nanos = 0): PlacedTime {
    const clock = this.#clocks.get(id);
    if (!clock) return this.#placeFirst(id, timestamp, nanos);
    const step = stepBetween(clock.last, timestamp);
    clock.last = timestamp;
    clock.unwrapped += step;
    const isJump = step > JUMP_FORWARD_MS || step < -JUMP_BACK_MS;
    const isNewEpoch = isJump && this.#followJump(clock, step);
    if (step > 0 && ticksFromMs(step) < TOGETHER) clock.step = ticksFromMs(step);
    // Strictly forward: two frames of a track at one time would have no duration.
    const claimed = ticks(ticksFromMs(clock.unwrapped) + clock.offset + ticksFromNanos(nanos));
    clock.dts = Math.max(clock.dts + 1, claimed);
    if (isNewEpoch) clock.leads = clock.dts;
    return { dts: ticks(clock.dts), claimed, isNewEpoch };
  }

  #placeFirst(id: TrackId, timestamp: number, nanos: number): PlacedTime {
    const other = this.#beside(id);
    const clock: TrackClock = {
      last: timestamp,
      unwrapped: timestamp,
      offset: this.#origin - ticksFromMs(timestamp),
      dts: 0,
      step: STEP,
      leads: undefined,
    };
    if (other) {
      // Count by the other track's clock, so that the two agree on where they are after a wrap.
      clock.unwrapped = other.unwrapped + stepBetween(other.last, timestamp);
      clock.offset = other.offset;
      const dts = ticksFromMs(clock.unwrapped) + clock.offset;
      if (Math.abs(dts - other.dts) > APART) clock.offset += other.dts - dts;
    }
    // Before the origin lie the frames of the publisher before.
    const claimed = ticks(ticksFromMs(clock.unwrapped) + clock.offset + ticksFromNanos(nanos));
    clock.dts = Math.max(this.#origin, claimed);
    this.#clocks.set(id, clock);
    return { dts: ticks(clock.dts), claimed, isNewEpoch: !other };
  }

  /** Gives a clock that has jumped a new offset. False if another track's jump has already made the new time line. */
  #followJump(clock: TrackClock, step: number): boolean {
    for (const other of this.#clocks.values()) {
      if (other === clock || !isTogether(clock, other, step)) continue;
      clock.offset = other.offset;
      clock.leads = undefined;
      other.leads = undefined;
      return false;
    }
    clock.offset = this.#goOnAt(clock) - ticksFromMs(clock.unwrapped);
    for (const other of this.#clocks.values()) {
      if (other === clock || other.leads === undefined || other.dts - other.leads > SAME_EVENT) continue;
      other.leads = undefined;
      return false;
    }
    return true;
  }

  /**
   * Where the frame after a jump belongs: behind its own track's last one, or it would part from the other tracks a
   * little more with each jump; behind everything there is if its track has been silent.
   */
  #goOnAt(clock: TrackClock): number {
    const { newest } = this;
    return newest - clock.dts > TOGETHER ? newest + STEP : clock.dts + clock.step;
  }

  /** The track that a new one is placed by: a main one, of whichever kind, before any other. */
  #beside(id: TrackId): TrackClock | undefined {
    const [own, opposite] = id.startsWith('video') ? VIDEO_FIRST : AUDIO_FIRST;
    const [any] = this.#clocks.values();
    return this.#clocks.get(own) ?? this.#clocks.get(opposite) ?? any;
  }
}

const VIDEO_FIRST = ['video', 'audio'] as const;
const AUDIO_FIRST = ['audio', 'video'] as const;

const ticksFromNanos = (nanos: number): number =>
  nanos === 0 ? 0 : Math.round((nanos * TICKS_PER_SECOND) / 1e9);

/** FLV's timestamps are signed; ffmpeg leaves the sign out, and begins again at 0 after 24.8 days, or behind times below 0. */
const UNSIGNED_WRAP = 2 ** 31;

/** Signed difference of two timestamps, modulo 2^32; modulo 2^31 where only that leads to a neighbour. */
function stepBetween(last: number, timestamp: number): number {
  const step = (timestamp - last) | 0;
  if (last >= UNSIGNED_WRAP || timestamp >= UNSIGNED_WRAP) return step;
  const short = (step << 1) >> 1;
  return short >= -JUMP_BACK_MS && short <= JUMP_FORWARD_MS ? short : step;
}

/** By the other track's offset, does this clock stand where the other is? A step back that overlaps its own track does not count. */
function isTogether(clock: TrackClock, other: TrackClock, step: number): boolean {
  if (step < 0 && clock.offset === other.offset) return false;
  return Math.abs(ticksFromMs(clock.unwrapped) + other.offset - other.dts) <= TOGETHER;
}

/** When a frame is shown. `compositionMs`: from decoding to showing, signed; what no encoder means counts as 0. */
export function presentationTime(dts: Ticks, compositionMs: number): Ticks {
  const isCredible = compositionMs >= MIN_COMPOSITION_MS && compositionMs <= MAX_COMPOSITION_MS;
  return ticks(dts + (isCredible ? ticksFromMs(compositionMs) : 0));
}
