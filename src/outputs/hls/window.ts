import { TICKS_PER_SECOND } from '../../media/time.ts';
import type { PlaylistNumbers } from './numbers.ts';
import type { NumberedSegment, Segment } from './segment.ts';

/** A playlist must not get shorter than this many target durations by losing a segment: RFC 8216 §6.2.2. */
const MIN_TARGET_DURATIONS = 3;

/** The rule above gives way here: a publisher whose clock hardly moves makes segments of next to no length. */
const MAX_WINDOWS_OF_SHORT_SEGMENTS = 8;
/** A default window and what is kept behind it at 80 Mb/s; beyond that only the window itself is kept. */
const MAX_BYTES = 256 * 1024 * 1024;

/** A segment that has left the playlist, and the moment by the window's own clock up to which it can be fetched. */
interface Retired {
  readonly segment: NumberedSegment;
  readonly until: number;
}

/** The segments of a media playlist, and those that have left it and can still be fetched. */
export class SegmentWindow {
  readonly #size: number;
  readonly #targetDuration: number;
  readonly #byName = new Map<string, NumberedSegment>();
  #live: NumberedSegment[] = [];
  #retired: Retired[] = [];
  /** By sequence number, of the segments in the playlist: ticks of the longest playlist that each has been in. */
  readonly #longest = new Map<number, number>();
  /** Ticks of all segments there ever were: the clock by which the retired are kept. */
  #added = 0;
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
    this.#added += segment.duration;
    while (this.#mayRetire()) this.#retire();
    const { duration } = this;
    for (const { sequence } of this.#live) {
      this.#longest.set(sequence, Math.max(duration, this.#longest.get(sequence) ?? 0));
    }
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
    const longest = this.#longest.get(segment.sequence) ?? 0;
    this.#longest.delete(segment.sequence);
    this.#retired.push({ segment, until: this.#added + segment.duration + longest });
  }

  /** A segment stays for its own length and that of the longest playlist it was in: RFC 8216 §6.2.2. */
  #mayForget(): boolean {
    const oldest = this.#retired[0];
    return oldest !== undefined && (this.#bytes > MAX_BYTES || this.#added >= oldest.until);
  }

  #forget(): void {
    const { segment } = this.#retired.shift()!;
    this.#byName.delete(segment.name);
    this.#bytes -= segment.bytes.length;
  }
}

function total(segments: readonly Segment[]): number {
  return segments.reduce((sum, segment) => sum + segment.duration, 0);
}
