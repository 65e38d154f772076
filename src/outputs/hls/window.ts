import { TICKS_PER_SECOND } from '../../media/time.ts';
import type { NumberedSegment, Segment } from './segment.ts';

/** A playlist must not get shorter than this many target durations by losing a segment: RFC 8216 §6.2.2. */
const MIN_TARGET_DURATIONS = 3;

/** The numbers that a playlist's first segment has: EXT-X-MEDIA-SEQUENCE and EXT-X-DISCONTINUITY-SEQUENCE. */
export interface PlaylistNumbers {
  readonly sequence: number;
  readonly discontinuity: number;
}

/** The rule above gives way here: a publisher whose clock hardly moves makes segments of next to no length. */
const MAX_WINDOWS_OF_SHORT_SEGMENTS = 8;
/** A default window and what is kept behind it at 80 Mb/s; beyond that only the window itself is kept. */
const MAX_BYTES = 256 * 1024 * 1024;

/** Time is counted from then: the numbers stay small enough for every player's integers. */
const NUMBERS_EPOCH_MS = Date.UTC(2020, 0, 1);
const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
/** Discontinuities that a stream may have in one run of the program beside one an hour. */
const DISCONTINUITIES_PER_RUN = 100;

/**
 * Where a stream's numbers start: past those of any earlier life of the stream, even one that ended by kill -9. Segments
 * go by the wall clock, as no stream makes more than one a second for long. Discontinuities cannot (hls.js keeps an array
 * as long as their number and walks all of it), so for them the program's runs are counted as well.
 *
 * @param run how many times the program has been started, as far as is known
 */
export function firstNumbers(nowMs: number, run: number): PlaylistNumbers {
  const elapsed = Math.max(0, nowMs - NUMBERS_EPOCH_MS);
  return {
    sequence: Math.floor(elapsed / SECOND_MS),
    discontinuity: Math.floor(elapsed / HOUR_MS) + run * DISCONTINUITIES_PER_RUN,
  };
}

/** The larger of each. */
export function laterNumbers(a: PlaylistNumbers, b: PlaylistNumbers): PlaylistNumbers {
  return {
    sequence: Math.max(a.sequence, b.sequence),
    discontinuity: Math.max(a.discontinuity, b.discontinuity),
  };
}

/** The segments of a media playlist, and those that have left it and can still be fetched. */
export class SegmentWindow {
  readonly #size: number;
  readonly #targetDuration: number;
  readonly #byName = new Map<string, NumberedSegment>();
  #live: NumberedSegment[] = [];
  #retired: NumberedSegment[] = [];
  #nextSequence: number;
  #discontinuitySequence: number;
  #bytes = 0;

  /**
   * @param size segments in the playlist, 3 or more; there are more while they are short
   * @param targetDuration whole seconds
   * @param first the first segment's numbers
   */
  constructor(size: number, targetDuration: number, first: PlaylistNumbers) {
    this.#size = size;
    this.#targetDuration = targetDuration;
    this.#nextSequence = first.sequence;
    this.#discontinuitySequence = first.discontinuity;
  }

  /** In the playlist now, oldest first. */
  get segments(): readonly NumberedSegment[] {
    return this.#live;
  }

  get targetDuration(): number {
    return this.#targetDuration;
  }

  /** Counts the discontinuities that have left the playlist. */
  get discontinuitySequence(): number {
    return this.#discontinuitySequence;
  }

  /** What a later life of the stream must begin with at least: another segment, another time line. */
  get next(): PlaylistNumbers {
    const listed = this.#live.filter((segment) => segment.discontinuity).length;
    return { sequence: this.#nextSequence, discontinuity: this.#discontinuitySequence + listed + 1 };
  }

  /** Bytes of all segments that can be fetched. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Length of the playlist in 90 kHz ticks. */
  get duration(): number {
    return total(this.#live);
  }

  find(name: string): NumberedSegment | undefined {
    return this.#byName.get(name);
  }

  add(segment: Segment): void {
    const sequence = this.#nextSequence++;
    const numbered = { ...segment, sequence, name: `${sequence}.ts`, etag: `"${sequence}"` };
    this.#live.push(numbered);
    this.#byName.set(numbered.name, numbered);
    this.#bytes += segment.bytes.length;
    while (this.#mayRetire()) this.#retire();
    while (this.#mayForget()) this.#forget();
  }

  #mayRetire(): boolean {
    const shortest = MIN_TARGET_DURATIONS * this.#targetDuration * TICKS_PER_SECOND;
    if (this.#live.length <= this.#size) return false;
    return (
      this.duration - this.#live[0]!.duration >= shortest ||
      this.#live.length > MAX_WINDOWS_OF_SHORT_SEGMENTS * this.#size ||
      this.#bytes > MAX_BYTES
    );
  }

  #retire(): void {
    const segment = this.#live.shift()!;
    if (segment.discontinuity) this.#discontinuitySequence++;
    this.#retired.push(segment);
  }

  /** A player may hold the playlist as it was a whole window ago. */
  #mayForget(): boolean {
    const oldest = this.#retired[0];
    if (!oldest) return false;
    if (this.#bytes > MAX_BYTES) return true;
    return (
      this.#retired.length > this.#live.length && total(this.#retired) - oldest.duration >= this.duration
    );
  }

  #forget(): void {
    const segment = this.#retired.shift()!;
    this.#byName.delete(segment.name);
    this.#bytes -= segment.bytes.length;
  }
}

function total(segments: readonly Segment[]): number {
  return segments.reduce((sum, segment) => sum + segment.duration, 0);
}
