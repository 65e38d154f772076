import { TICKS_PER_SECOND } from '../../media/time.ts';
import type { NumberedSegment, Segment } from './segment.ts';

/** A playlist must not get shorter than this many target durations by losing a segment: RFC 8216 §6.2.2. */
const MIN_TARGET_DURATIONS = 3;

/** Numbers are seconds since then at the start: small enough for every player's integers. */
const SEQUENCE_EPOCH_MS = Date.UTC(2020, 0, 1);

/**
 * Where a stream's numbers start. By the wall clock, so that they are past those of any earlier life of the stream, even
 * one that ended by kill -9: no stream makes more than one segment a second for long.
 */
export function firstSequence(nowMs: number): number {
  return Math.max(0, Math.floor((nowMs - SEQUENCE_EPOCH_MS) / 1000));
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
   * @param sequence of the first segment, and of the first discontinuity
   */
  constructor(size: number, targetDuration: number, sequence: number) {
    this.#size = size;
    this.#targetDuration = targetDuration;
    this.#nextSequence = sequence;
    this.#discontinuitySequence = sequence;
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
    return this.#live.length > this.#size && this.duration - this.#live[0]!.duration >= shortest;
  }

  #retire(): void {
    const segment = this.#live.shift()!;
    if (segment.discontinuity) this.#discontinuitySequence++;
    this.#retired.push(segment);
  }

  /** A player may hold the playlist as it was a whole window ago. */
  #mayForget(): boolean {
    return (
      this.#retired.length > this.#live.length &&
      total(this.#retired) - this.#retired[0]!.duration >= this.duration
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
