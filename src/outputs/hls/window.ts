import { TICKS_PER_SECOND } from '../../media/time.ts';
import type { InitSegment, LivePart } from './live-segment.ts';
import { LiveSegment } from './live-segment.ts';
import type { PlaylistNumbers } from './numbers.ts';
import type { SegmentHead, SegmentTail } from './segment.ts';

/** A playlist must not get shorter than this many target durations by losing a segment: RFC 8216 §6.2.2. */
const MIN_TARGET_DURATIONS = 3;

/** The rule above gives way here: a publisher whose clock hardly moves makes segments of next to no length. */
const MAX_WINDOWS_OF_SHORT_SEGMENTS = 8;
/** A default window and what is kept behind it at 80 Mb/s; beyond that only the window itself is kept. */
const MAX_BYTES = 256 * 1024 * 1024;

/** A segment that has left the playlist, and the moment by the window's own clock up to which it can be fetched. */
interface Retired {
  readonly segment: LiveSegment;
  readonly until: number;
}

export interface SegmentWindowOptions {
  /** Segments in the playlist, 3 or more; there are more while they are short. */
  readonly size: number;
  /** The first segment's numbers. */
  readonly first: PlaylistNumbers;
  /** Told which segment has left the playlist. It can still be fetched for a while. */
  readonly left?: (segment: LiveSegment) => void;
}

/** The segments of a media playlist, the one that is being made, and those that have left it and can still be fetched. */
export class SegmentWindow {
  readonly #options: SegmentWindowOptions;
  readonly #bySequence = new Map<number, LiveSegment>();
  #live: LiveSegment[] = [];
  #retired: Retired[] = [];
  #running: LiveSegment | undefined;
  /** By sequence number, of the segments in the playlist: ticks of the longest playlist that each has been in. */
  readonly #longest = new Map<number, number>();
  /** Ticks of all segments there ever were: the clock by which the retired are kept. */
  #added = 0;
  #nextSequence: number;
  #discontinuitySequence: number;
  #bytes = 0;

  constructor(options: SegmentWindowOptions) {
    this.#options = options;
    this.#nextSequence = options.first.sequence;
    this.#discontinuitySequence = options.first.discontinuity;
  }

  /** In the playlist now and whole, oldest first. */
  get segments(): readonly LiveSegment[] {
    return this.#live;
  }

  /** Being made. */
  get running(): LiveSegment | undefined {
    return this.#running;
  }

  /** The number that the next segment will have. */
  get nextSequence(): number {
    return this.#nextSequence;
  }

  /** The lowest number of all that can be fetched; the next one before the first. */
  get oldest(): number {
    return (this.#retired[0]?.segment ?? this.#live[0] ?? this.#running)?.sequence ?? this.#nextSequence;
  }

  /** Counts the discontinuities that have left the playlist. */
  get discontinuitySequence(): number {
    return this.#discontinuitySequence;
  }

  /** What a later life of the stream must begin with at least: another segment, another time line. */
  get next(): PlaylistNumbers {
    let listed = this.#running?.head.discontinuity ? 1 : 0;
    for (const { head } of this.#live) if (head.discontinuity) listed++;
    const isFirst = this.#live.length === 0 && !this.#running && this.#added === 0;
    const discontinuity = this.#discontinuitySequence + listed + (isFirst ? 0 : 1);
    return { sequence: this.#nextSequence, discontinuity };
  }

  /** Bytes of all segments that can be fetched, and of the one that is being made. */
  get bytes(): number {
    return this.#bytes + (this.#running?.size ?? 0);
  }

  /** Length of the playlist in 90 kHz ticks, whole segments only. */
  get duration(): number {
    return this.#live.reduce((sum, { duration }) => sum + duration, 0);
  }

  /** A segment that can be fetched, or the one that is being made. */
  find(sequence: number): LiveSegment | undefined {
    return this.#bySequence.get(sequence) ?? this.#bySequenceOfRunning(sequence);
  }

  /** An initialization segment of one of them. */
  findInit(number: number): InitSegment | undefined {
    if (this.#running?.init.number === number) return this.#running.init;
    for (const { init } of this.#bySequence.values()) if (init.number === number) return init;
    return undefined;
  }

  open(head: SegmentHead, init: (sequence: number) => InitSegment): LiveSegment {
    if (head.first) {
      this.#nextSequence = head.first.sequence;
      this.#discontinuitySequence = head.first.discontinuity - (head.discontinuity ? 1 : 0);
    }
    const sequence = this.#nextSequence++;
    this.#running = new LiveSegment(sequence, head, init(sequence));
    return this.#running;
  }

  add(part: LivePart): void {
    this.#running?.add(part);
  }

  /** The running segment is whole. @param targetDuration whole seconds */
  close(tail: SegmentTail, targetDuration: number): LiveSegment | undefined {
    const segment = this.#running;
    this.#running = undefined;
    if (!segment) return undefined;
    segment.close(tail);
    this.#live.push(segment);
    this.#bySequence.set(segment.sequence, segment);
    this.#bytes += segment.size;
    this.#added += segment.duration;
    while (this.#mayRetire(targetDuration)) this.#retire();
    const { duration } = this;
    for (const { sequence } of this.#live) {
      this.#longest.set(sequence, Math.max(duration, this.#longest.get(sequence) ?? 0));
    }
    while (this.#mayForget()) this.#forget();
    return segment;
  }

  #bySequenceOfRunning(sequence: number): LiveSegment | undefined {
    return this.#running?.sequence === sequence ? this.#running : undefined;
  }

  #mayRetire(targetDuration: number): boolean {
    const { size } = this.#options;
    const shortest = MIN_TARGET_DURATIONS * targetDuration * TICKS_PER_SECOND;
    if (this.#live.length <= size) return false;
    return (
      this.duration - this.#live[0]!.duration >= shortest ||
      this.#live.length > MAX_WINDOWS_OF_SHORT_SEGMENTS * size ||
      this.#bytes > MAX_BYTES
    );
  }

  #retire(): void {
    const segment = this.#live.shift()!;
    if (segment.head.discontinuity) this.#discontinuitySequence++;
    const longest = this.#longest.get(segment.sequence) ?? 0;
    this.#longest.delete(segment.sequence);
    this.#retired.push({ segment, until: this.#added + segment.duration + longest });
    this.#options.left?.(segment);
  }

  /** A segment stays for its own length and that of the longest playlist it was in: RFC 8216 §6.2.2. */
  #mayForget(): boolean {
    const oldest = this.#retired[0];
    return oldest !== undefined && (this.#bytes > MAX_BYTES || this.#added >= oldest.until);
  }

  #forget(): void {
    const { segment } = this.#retired.shift()!;
    this.#bySequence.delete(segment.sequence);
    this.#bytes -= segment.size;
  }
}
