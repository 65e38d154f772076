import type { Frame } from '../../media/frame.ts';
import { ticksFromSeconds, type Ticks } from '../../media/time.ts';

/** Ten minutes at 1.7 Mb/s, or half a minute at 35 Mb/s, for each stream. What is asked for beyond this is not kept. */
const MAX_PAST_BYTES = 128 * 1024 * 1024;
/** Sound alone can be begun with anywhere: so much of it is let go of together. */
const SOUND_GOP = ticksFromSeconds(1);

interface Gop {
  readonly frames: Frame[];
  readonly startedAt: Ticks;
  bytes: number;
}

/** The last seconds of a stream in whole GOPs, frames by reference: for recordings that begin in the past. */
export class Past {
  readonly #span: Ticks;
  readonly #maxBytes: number;
  #gops: Gop[] = [];
  #bytes = 0;

  constructor(seconds: number, maxBytes = MAX_PAST_BYTES) {
    this.#span = ticksFromSeconds(seconds);
    this.#maxBytes = maxBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** From a key frame on, in order of arrival. */
  get frames(): Frame[] {
    return this.#gops.flatMap(({ frames }) => frames);
  }

  add(frame: Frame): void {
    if (this.#opensGop(frame)) this.#gops.push({ frames: [], startedAt: frame.dts, bytes: 0 });
    const gop = this.#gops.at(-1);
    if (!gop) return;
    gop.frames.push(frame);
    gop.bytes += frame.payload.length;
    this.#bytes += frame.payload.length;
    this.#letGo(frame.dts);
  }

  clear(): void {
    this.#gops = [];
    this.#bytes = 0;
  }

  #opensGop(frame: Frame): boolean {
    if (frame.kind === 'data' || !frame.startsGop) return false;
    const newest = this.#gops.at(-1);
    return frame.kind === 'video' || !newest || frame.dts - newest.startedAt >= SOUND_GOP;
  }

  /** The first GOP can go when the second reaches back far enough. One that is larger than everything goes too. */
  #letGo(now: Ticks): void {
    for (;;) {
      const [first, second] = this.#gops;
      if (!first) return;
      const isOld = second !== undefined && now - second.startedAt >= this.#span;
      if (!isOld && this.#bytes <= this.#maxBytes) return;
      this.#gops.shift();
      this.#bytes -= first.bytes;
    }
  }
}
