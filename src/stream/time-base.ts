import { ticks, ticksFromMs, type Ticks } from '../media/time.ts';

/** After 12.4 days new viewers count from a later zero; those who came earlier keep theirs as long again. */
export const RENEW_MS = 2 ** 30;
/** Frames that arrive a little out of order must not fall before zero. */
const LEAD: Ticks = ticksFromMs(200);

/**
 * Where on the stream's time line viewers' clocks begin. One for all wire formats, so that a player who changes what it
 * wants (sound only, and back) goes on where it was.
 */
export class TimeBase {
  #zero: Ticks | undefined;

  /** The zero for a wire whose first frame is at `dts`. */
  zeroFor(dts: Ticks): Ticks {
    if (this.#zero === undefined || dts - this.#zero > ticksFromMs(RENEW_MS)) this.#zero = ticks(dts - LEAD);
    return this.#zero;
  }
}
