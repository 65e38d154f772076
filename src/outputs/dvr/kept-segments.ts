import { TICKS_PER_SECOND } from '../../media/time.ts';
import type { PastSegment } from '../hls/archive.ts';
import type { IndexedSegment } from './dvr-index.ts';

/** A segment in the archive. */
export interface Kept extends IndexedSegment {
  /** Until the disk has it. */
  waiting: Buffer | undefined;
}

/** A segment that is too old for the playlist, and the moment by the archive's own clock up to which it can be fetched. */
interface Retired {
  readonly segment: Kept;
  readonly until: number;
}

export interface KeptSegmentsOptions {
  /** How far players may go back. */
  readonly seconds: number;
  /** Nobody can fetch it any more. `next` is the oldest that is left. */
  readonly forgotten: (segment: Kept, next: Kept | undefined) => void;
}

/** Which segments an archive lists, and which it only lets be fetched. A gap ends what is listed: no playlist has holes. */
export class KeptSegments {
  readonly #options: KeptSegmentsOptions;
  readonly #bySequence = new Map<number, Kept>();
  /** Numbers without a gap. */
  #listed: Kept[] = [];
  #retired: Retired[] = [];
  #past: { readonly before: number; readonly segments: readonly PastSegment[] } | undefined;
  #bytes = 0;
  /** Ticks of {@link #listed}. */
  #duration = 0;
  /** Ticks of all that there ever was. */
  #clock = 0;

  constructor(options: KeptSegmentsOptions) {
    this.#options = options;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Ticks of what is listed. */
  get duration(): number {
    return this.#duration;
  }

  get size(): number {
    return this.#bySequence.size;
  }

  get oldest(): Kept | undefined {
    return this.#retired[0]?.segment ?? this.#listed[0];
  }

  /** Oldest first. */
  all(): Kept[] {
    return [...this.#retired.map(({ segment }) => segment), ...this.#listed];
  }

  find(sequence: number): Kept | undefined {
    return this.#bySequence.get(sequence);
  }

  /** See `Archive.past`. */
  past(sequence: number): readonly PastSegment[] {
    if (this.#past?.before === sequence) return this.#past.segments;
    const last = this.#listed.at(-1);
    const first = this.#listed[0];
    const isHere = first && last && first.sequence < sequence && last.sequence >= sequence - 1;
    const segments = isHere ? this.#listed.slice(0, sequence - first.sequence) : [];
    this.#past = { before: sequence, segments };
    return segments;
  }

  add(kept: Kept): void {
    const last = this.#listed.at(-1);
    if (last && last.sequence !== kept.sequence - 1) this.#retireUpTo(last.sequence);
    this.#listed.push(kept);
    this.#bySequence.set(kept.sequence, kept);
    this.#bytes += kept.bytes;
    this.#duration += kept.duration;
    this.#clock += kept.duration;
    this.#past = undefined;
    const most = this.#options.seconds * TICKS_PER_SECOND;
    while (this.#listed.length > 1 && this.#duration - this.#listed[0]!.duration >= most) this.#retire();
    while ((this.#retired[0]?.until ?? Infinity) <= this.#clock) this.#forget(this.#retired.shift()!.segment);
  }

  /** It cannot be fetched; what is before it cannot be listed any more. */
  lose(sequence: number): void {
    this.#retireUpTo(sequence);
    const at = this.#retired.findLastIndex(({ segment }) => segment.sequence === sequence);
    const [lost] = at < 0 ? [] : this.#retired.splice(at, 1);
    if (lost) this.#forget(lost.segment);
  }

  /** Whether it is listed or not; false: there is none. */
  forgetOldest(): boolean {
    if (this.#retired.length === 0) this.#retire();
    const oldest = this.#retired.shift();
    if (oldest) this.#forget(oldest.segment);
    return oldest !== undefined;
  }

  /** Nothing is left. Nobody is told. */
  clear(): void {
    this.#listed = [];
    this.#retired = [];
    this.#bySequence.clear();
    this.#past = undefined;
    this.#bytes = this.#duration = 0;
  }

  #retireUpTo(sequence: number): void {
    while (this.#listed.length > 0 && this.#listed[0]!.sequence <= sequence) this.#retire();
  }

  /** It leaves the playlist, and stays for its own length and that of the longest playlist it was in: RFC 8216 §6.2.2. */
  #retire(): void {
    const longest = this.#duration;
    const segment = this.#listed.shift();
    if (!segment) return;
    this.#duration -= segment.duration;
    this.#past = undefined;
    this.#retired.push({ segment, until: this.#clock + segment.duration + longest });
  }

  #forget(segment: Kept): void {
    this.#bySequence.delete(segment.sequence);
    this.#bytes -= segment.bytes;
    this.#options.forgotten(segment, this.oldest);
  }
}
