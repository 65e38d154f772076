import type { TrackSet } from '../../media/track.ts';
import type { SegmentHead, SegmentTail } from './segment.ts';
import type { KeptFrames } from './kept-frames.ts';
import { joined } from './segment-bytes.ts';

/** An initialization segment: EXT-X-MAP. */
export interface InitSegment {
  /** Of the first segment that it is for: no other one has the same. */
  readonly number: number;
  readonly tracks: TrackSet;
  readonly bytes: Buffer;
}

/** A part as CMAF carries it, and what frames are in it. */
export interface LivePart {
  readonly duration: number;
  readonly independent: boolean;
  /** A fragment. */
  readonly bytes: Buffer;
  /** Those of its segment: it has those from `firstFrame` up to `endFrame`, without it. */
  readonly frames: KeptFrames;
  readonly firstFrame: number;
  readonly endFrame: number;
}

/** A segment, from its first part on. */
export class LiveSegment {
  /** Its place in the stream: the media sequence number. */
  readonly sequence: number;
  readonly head: SegmentHead;
  readonly init: InitSegment;
  #parts: LivePart[] = [];
  #tail: SegmentTail | undefined;
  #size = 0;
  #bytes: Buffer | undefined;

  constructor(sequence: number, head: SegmentHead, init: InitSegment) {
    this.sequence = sequence;
    this.head = head;
    this.init = init;
  }

  get parts(): readonly LivePart[] {
    return this.#parts;
  }

  /** It has all its parts. */
  get isWhole(): boolean {
    return this.#tail !== undefined;
  }

  /** Ticks; of one that is not whole, so far. */
  get duration(): number {
    return this.#tail?.duration ?? this.#parts.reduce((sum, { duration }) => sum + duration, 0);
  }

  get videoFrames(): number {
    return this.#tail?.videoFrames ?? 0;
  }

  /** Bytes of all parts. */
  get size(): number {
    return this.#size;
  }

  /** All parts, one behind the other. Where they have to be put together for it, they are in it from then on. */
  get bytes(): Buffer {
    if (this.#bytes) return this.#bytes;
    const whole = joined(this.#parts.map(({ bytes }) => bytes));
    let at = 0;
    this.#parts = this.#parts.map((part) => {
      const bytes = whole.subarray(at, (at += part.bytes.length));
      return { ...part, bytes };
    });
    this.#bytes = whole;
    return whole;
  }

  add(part: LivePart): void {
    this.#parts.push(part);
    this.#size += part.bytes.length;
  }

  close(tail: SegmentTail): void {
    this.#tail = tail;
  }
}
