/** Of key frames that follow each other closely, in seconds, one is enough. */
const LEAST_APART_SECONDS = 1;
/** Browsers round times: what is given up ends so many seconds before the key frame that is to stay. */
const MARGIN_SECONDS = 0.005;

/** Where pictures begin that need none before them, in seconds. */
export class Starts {
  #times: number[] = [];

  /** @param time behind those before */
  add(time: number): void {
    const last = this.#times.at(-1);
    if (last === undefined || time - last >= LEAST_APART_SECONDS) this.#times.push(time);
  }

  /** Up to where nothing is needed from a time on; 0: all may be, or it lies before a time that was asked for already. */
  before(time: number): number {
    const [first] = this.#times;
    if (first === undefined || first > time) return 0;
    while (this.#times.length > 1 && this.#times[1]! <= time) this.#times.shift();
    return Math.max(0, this.#times[0]! - MARGIN_SECONDS);
  }
}
