import { hideKeys } from '../media/key-shape.ts';
import { maskQuery } from '../observe/log.ts';

/** Longer lines are cut. */
const MAX_LINE = 500;
/** So many lines in a row, and then so many a second: ffmpeg repeats itself for every frame it dislikes. */
const BURST = 40;
const LINES_PER_SECOND = 4;

/** Makes lines of what a program prints, and passes on as many as a log can bear; secrets in addresses are masked. */
export class ExecOutput {
  /** The last line, also one that was not passed on: mostly it says why the program ended. */
  last = '';
  readonly #say: (line: string) => void;
  /** ms */
  readonly #clock: () => number;
  #rest = '';
  #allowed = BURST;
  #at: number;
  #held = 0;

  constructor(say: (line: string) => void, clock: () => number) {
    this.#say = say;
    this.#clock = clock;
    this.#at = clock();
  }

  /** Text cut anywhere. */
  push(text: string): void {
    const lines = (this.#rest + text).split(/[\r\n]+/);
    this.#rest = (lines.pop() ?? '').slice(0, MAX_LINE);
    for (const line of lines) this.#line(line);
  }

  /** The program has ended. */
  end(): void {
    this.#line(this.#rest);
    this.#rest = '';
    if (this.#held > 0) this.#say(`(${this.#held} lines left out)`);
    this.#held = 0;
  }

  #line(text: string): void {
    const line = clean(text);
    if (line === '') return;
    this.last = line;
    const now = this.#clock();
    this.#allowed = Math.min(BURST, this.#allowed + ((now - this.#at) / 1000) * LINES_PER_SECOND);
    this.#at = now;
    if (this.#allowed < 1) {
      this.#held++;
      return;
    }
    this.#allowed--;
    const more = this.#held > 0 ? ` (after ${this.#held} lines that were left out)` : '';
    this.#held = 0;
    this.#say(line + more);
  }
}

const clean = (text: string): string =>
  hideKeys(
    text
      .slice(0, MAX_LINE)
      .replace(/\p{C}+/gu, ' ')
      .trim()
      .replace(/[a-z]+:\/\/[^\s'"]+/gi, maskQuery),
  );
