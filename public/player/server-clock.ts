import { askTime } from '../api/client.ts';

/** An answer of the server's clock. All in ms; `sentAt` and `cameAt` by a steady clock of the browser's. */
export interface TimeAnswer {
  readonly sentAt: number;
  readonly cameAt: number;
  /** ms since 1970, by the server's clock, while the answer was made. */
  readonly serverNow: number;
}

/** Answers that are remembered: the quickest of them is the most exact one. */
const REMEMBERED = 5;

/**
 * The server's clock as seen from here: half of the way there and back is taken for the way back. The browser's own date is
 * never asked for, it may be wrong by hours.
 */
export class ClockFit {
  #answers: TimeAnswer[] = [];

  heard(answer: TimeAnswer): void {
    if (answer.cameAt < answer.sentAt || !Number.isFinite(answer.serverNow)) return;
    this.#answers = [...this.#answers, answer].slice(-REMEMBERED);
  }

  /** ms since 1970 by the server's clock; undefined before it has answered. @param steady ms, the browser's steady clock */
  at(steady: number): number | undefined {
    const [best] = [...this.#answers].sort((one, other) => tripMs(one) - tripMs(other));
    return best && best.serverNow + (steady - (best.sentAt + best.cameAt) / 2);
  }
}

const tripMs = ({ sentAt, cameAt }: TimeAnswer): number => cameAt - sentAt;

/** The server's clock and the way of a mark through the decoder are not known to the millisecond. */
const SLACK_SECONDS = 0.5;

/**
 * Seconds since the picture shown came in at the server; undefined where that is not known, or cannot be.
 *
 * @param now ms since 1970, by the server's clock
 * @param shownAt when the picture shown came in, by the same clock
 */
export function behindEncoder(now: number | undefined, shownAt: number | undefined): number | undefined {
  if (shownAt === undefined || now === undefined) return undefined;
  const delay = (now - shownAt) / 1000;
  return delay < -SLACK_SECONDS ? undefined : Math.max(0, delay);
}

/** The first questions follow each other, since the first one may have waited for a connection … */
const FIRST_ASK_MS = [0, 700, 2000];
/** … then clocks drift apart slowly. */
const ASK_EVERY_MS = 120_000;

/** Asks the server for the time, for as long as the page plays. */
export class ServerClock {
  readonly #fit = new ClockFit();
  readonly #timers: ReturnType<typeof setTimeout>[];
  readonly #ticker: ReturnType<typeof setInterval>;

  constructor() {
    this.#timers = FIRST_ASK_MS.map((ms) => setTimeout(() => void this.#ask(), ms));
    this.#ticker = setInterval(() => (document.hidden ? undefined : void this.#ask()), ASK_EVERY_MS);
  }

  /** ms since 1970 by the server's clock; undefined while it is not known. */
  now(): number | undefined {
    return this.#fit.at(performance.now());
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    clearInterval(this.#ticker);
  }

  async #ask(): Promise<void> {
    const sentAt = performance.now();
    const answer = await askTime();
    if (answer.kind === 'ok')
      this.#fit.heard({ sentAt, cameAt: performance.now(), serverNow: answer.value.now });
  }
}
