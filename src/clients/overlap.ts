import { MAX_HELD_BYTES, MAX_HELD_MESSAGES } from '../protocols/rtmp/limits.ts';
import { MessageType, type RtmpMessage } from '../protocols/rtmp/message.ts';
import { HeldMedia } from '../protocols/rtmp/session/message-stream.ts';
import { bringsFrame, isKeyFrame, MediaStart, trackOf } from './media-start.ts';
import type { RecentMedia } from './recent-media.ts';

/** Two servers round the same time to milliseconds from zeros of their own. */
const TOLERANCE_MS = 1;
/** Frames that must be the same in both, where no key frame is among them: pictures of a stage that stands still resemble each other. */
const ENOUGH_ALIKE = 8;
/** So long two connections may bring streams that have no frame in common before the second is taken for another encoding. */
const UNLIKE_MS = 3_000;
/** The first one has nothing more to say. */
const SILENT_MS = 500;

/**
 * Two connections that bring one stream for a while. Where both carry the same frames (servers that pass on one encoder's), it is
 * found out by how much their clocks differ, and from then on each frame is taken once, whoever has it first.
 */
export class Overlap {
  /** What the second has brought. */
  readonly held = new HeldMedia();
  readonly #first: RecentMedia;
  readonly #start = new MediaStart();
  /** False: the first has ended. */
  hasFirst = true;
  #playableAt: number | undefined;
  #heardFirstAt: number;
  #seam: Seam | undefined;
  /** Offsets that do not fit, in this GOP: each frame of silence would try them again with each other one. */
  readonly #misfits = new Set<number>();
  /** The second's clock minus the first's, ms modulo 2^32; undefined: nothing in common yet. */
  offset: number | undefined;

  /** @param now ms, monotonic */
  constructor(first: RecentMedia, now: number) {
    this.#first = first;
    this.#heardFirstAt = now;
  }

  /** Something can be played of the second. */
  get isPlayable(): boolean {
    return this.#playableAt !== undefined;
  }

  /** The first has brought something. `now`: ms, monotonic. */
  heardFirst(message: RtmpMessage, now: number): void {
    this.#heardFirstAt = now;
    if (message.type === MessageType.video && isKeyFrame(message.body)) this.#misfits.clear();
    this.#compare(message, this.held.messages, 1);
  }

  heardSecond(message: RtmpMessage, now: number): void {
    this.held.add(message);
    if (this.#start.take(message)) this.#playableAt ??= now;
    this.#compare(message, this.#first.messages, -1);
  }

  /** The second can take the first one's place. */
  isReady(now: number): boolean {
    if (this.offset !== undefined) return true;
    const { bytes, messages } = this.held;
    if (bytes > MAX_HELD_BYTES / 2 || messages.length > MAX_HELD_MESSAGES / 2) return true;
    if (this.#playableAt === undefined) return false;
    return this.#isSilent(now) || now - this.#playableAt > UNLIKE_MS;
  }

  /**
   * What of the second goes on from where the first is: without what the first has brought. Of another encoding, as long as the
   * first one speaks, what begins with the newest key frame.
   */
  rest(now: number): readonly RtmpMessage[] {
    const { messages } = this.held;
    if (this.offset !== undefined) return this.seam!.rest(messages);
    if (this.#isSilent(now)) return messages;
    const newest = messages.findLastIndex(({ type, body }) => type === MessageType.video && isKeyFrame(body));
    return messages.filter((message, index) => index >= newest || !bringsFrame(message));
  }

  #isSilent(now: number): boolean {
    return !this.hasFirst || now - this.#heardFirstAt > SILENT_MS;
  }

  /** For what comes behind {@link rest}; undefined: all of it is new. */
  get seam(): Seam | undefined {
    if (this.offset === undefined) return undefined;
    return (this.#seam ??= new Seam(this.#first.messages, this.offset));
  }

  #compare(message: RtmpMessage, others: readonly RtmpMessage[], sign: 1 | -1): void {
    if (this.offset !== undefined || !bringsFrame(message)) return;
    for (const other of others) {
      if (!isSame(message, other)) continue;
      const ahead = (sign * (other.timestamp - message.timestamp)) >>> 0;
      if (this.#fits(ahead)) return void (this.offset = ahead);
    }
  }

  /** Whatever lies in both, by these clocks, is the same in both. */
  #fits(offset: number): boolean {
    if (this.#misfits.has(offset)) return false;
    const spans = spansOf(this.#first.messages);
    let alike = 0;
    let hasKey = false;
    for (const message of this.held.messages) {
      const span = bringsFrame(message) ? spans.get(trackOf(message)) : undefined;
      if (!span) continue;
      const at = message.timestamp - offset;
      if (isIn(message, at, this.#first.messages)) {
        alike++;
        hasKey ||= message.type === MessageType.video && isKeyFrame(message.body);
      }
      // At the edges a neighbour may be in one of them only.
      else if (difference(at, span.from) > TOLERANCE_MS && difference(span.to, at) > TOLERANCE_MS) {
        if (this.#misfits.size < MAX_HELD_MESSAGES) this.#misfits.add(offset);
        return false;
      }
    }
    return hasKey || alike >= ENOUGH_ALIKE;
  }
}

/** Where a second connection goes on from a first one that brought the same frames. */
export class Seam {
  readonly #firsts: readonly RtmpMessage[];
  readonly #offset: number;
  /** Where the first is, by track. */
  readonly #spans: Map<number, Span>;
  /** Frames that may still come before all tracks have gone past: one of them may have ended. */
  #patience = MAX_HELD_MESSAGES;

  constructor(firsts: readonly RtmpMessage[], offset: number) {
    this.#firsts = [...firsts];
    this.#offset = offset;
    this.#spans = spansOf(firsts);
  }

  /** All tracks have gone past: nothing is left out any more. */
  get isOver(): boolean {
    return this.#spans.size === 0 || this.#patience <= 0;
  }

  /** `messages`: what the second has brought until now. */
  rest(messages: readonly RtmpMessage[]): RtmpMessage[] {
    const isOld = messages.map((message) => bringsFrame(message) && !this.#isNew(message));
    // A configuration behind the last frame that is left out is for what follows.
    const since = new Map<number, number>();
    for (const [index, { type }] of messages.entries()) if (isOld[index]) since.set(type, index);
    const lastOld = isOld.lastIndexOf(true);
    return messages.filter((message, index) => {
      const from = message.type === MessageType.data ? lastOld : (since.get(message.type) ?? -1);
      return index > from && this.passes(message);
    });
  }

  /** False for a frame that the first has brought. */
  passes(message: RtmpMessage): boolean {
    if (this.isOver || !bringsFrame(message)) return true;
    this.#patience--;
    if (!this.#isNew(message)) return false;
    this.#spans.delete(trackOf(message));
    return true;
  }

  #isNew(message: RtmpMessage): boolean {
    const span = this.#spans.get(trackOf(message));
    if (!span) return true;
    const at = message.timestamp - this.#offset;
    const past = difference(at, span.to);
    if (Math.abs(past) > TOLERANCE_MS) return past > 0;
    return !isIn(message, at, this.#firsts);
  }
}

/** Times of a track's first and last frame, ms. */
interface Span {
  readonly from: number;
  readonly to: number;
}

function spansOf(messages: readonly RtmpMessage[]): Map<number, Span> {
  const spans = new Map<number, Span>();
  for (const message of messages) {
    const { timestamp } = message;
    const track = trackOf(message);
    spans.set(track, { from: spans.get(track)?.from ?? timestamp, to: timestamp });
  }
  return spans;
}

const difference = (a: number, b: number): number => (a - b) | 0;

function isSame(a: RtmpMessage, b: RtmpMessage): boolean {
  return a.type === b.type && a.body.length === b.body.length && Buffer.compare(a.body, b.body) === 0;
}

function isIn(message: RtmpMessage, at: number, all: readonly RtmpMessage[]): boolean {
  return all.some((one) => Math.abs(difference(one.timestamp, at)) <= TOLERANCE_MS && isSame(one, message));
}
