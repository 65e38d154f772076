import { laterNumbers, numbersByClock, type PlaylistNumbers } from '../outputs/hls/numbers.ts';
import type { Log } from '../observe/log.ts';
import { DataDirError } from './data-dir.ts';
import type { NumberFile } from './number-file.ts';

/**
 * How far the file is ahead of what playlists have used, and how little may be left before it is moved on. A stream of
 * 2-second segments has it written every two hours; a stream would have to make 3,600 segments or 8 discontinuities
 * between two calls of {@link NumberReserve.used} to overtake it.
 */
const AHEAD: PlaylistNumbers = { sequence: 7_200, discontinuity: 16 };
const LEAST: PlaylistNumbers = { sequence: 3_600, discontinuity: 8 };
/**
 * Discontinuities that one run of the program adds at most: a publisher whose clock jumps with every frame spoils its own
 * stream for hls.js (see numbersByClock), and must not spoil everybody's after the next start.
 */
const MAX_DISCONTINUITIES_PER_RUN = 10_000;

export interface NumberReserveOptions {
  readonly file: NumberFile;
  /** Wall clock, ms. */
  readonly clock: () => number;
  readonly log: Log;
}

/**
 * Keeps the numbers of HLS playlists from going back over a restart of the program, kill -9 included, whatever the clock
 * says: a file always holds numbers above all that were given out, because it is written ahead of them, now and then and
 * never while a segment waits for it.
 */
export class NumberReserve {
  readonly #options: NumberReserveOptions;
  /** Everything below may have been used by an earlier run. */
  #floor: PlaylistNumbers = { sequence: 0, discontinuity: 0 };
  #used: PlaylistNumbers = this.#floor;
  /** What the file holds. */
  #written: PlaylistNumbers = this.#floor;
  #writing: Promise<void> | undefined;
  #isOpen = false;
  #isFailing = false;
  /** The first write of this run has been tried. */
  #hasBegun = false;
  #isShared = false;

  constructor(options: NumberReserveOptions) {
    this.#options = options;
  }

  /** Reads what earlier runs have left and makes sure that more can be written. @throws {DataDirError} */
  open(): void {
    const { file, clock, log } = this.#options;
    const content = file.read();
    if (content.kind === 'unreadable') {
      log.warn(
        { file: file.path, reason: content.reason },
        'cannot read the numbers of earlier playlists, going by the clock: if it was set back, players that are open may have to be reloaded',
      );
    }
    this.#floor = content.kind === 'numbers' ? content.numbers : numbersByClock(clock());
    this.#used = this.#floor;
    this.#written = this.#floor;
    try {
      file.writeNow(this.#floor);
    } catch (error) {
      throw new DataDirError(`cannot write ${file.path}: ${codeOf(error)} (data.dir)`);
    }
    this.#isOpen = true;
  }

  /** What a stream of which this run knows nothing starts with. Segments go by the clock too: see {@link numbersByClock}. */
  first(): PlaylistNumbers {
    const { sequence } = numbersByClock(this.#options.clock());
    return laterNumbers(this.#floor, { sequence, discontinuity: 0 });
  }

  /**
   * Tells how far a playlist has come; call when it begins, about once a second, and when it ends. Waits for the disk at the
   * first call of a run only: a publisher may send minutes in its first milliseconds, and the program be killed in the next.
   */
  used(next: PlaylistNumbers): void {
    const most = this.#floor.discontinuity + MAX_DISCONTINUITIES_PER_RUN;
    this.#used = laterNumbers(this.#used, { ...next, discontinuity: Math.min(next.discontinuity, most) });
    if (this.#writing || !this.#isShort()) return;
    if (this.#hasBegun) this.#writing = this.#moveOn().finally(() => (this.#writing = undefined));
    else this.#moveOnNow();
  }

  /** Writes down what was really used, so that the next run goes on without a gap. Never rejects. */
  async close(): Promise<void> {
    if (!this.#isOpen) return;
    await this.#writing;
    this.#lookForOthers();
    if (!this.#isShared) await this.#write(this.#used);
  }

  #isShort(): boolean {
    return (
      this.#written.sequence - this.#used.sequence < LEAST.sequence ||
      this.#written.discontinuity - this.#used.discontinuity < LEAST.discontinuity
    );
  }

  #moveOnNow(): void {
    this.#hasBegun = true;
    const numbers = this.#ahead();
    try {
      this.#options.file.writeNow(numbers);
      this.#isWritten(numbers);
    } catch (error) {
      this.#failed(error);
    }
  }

  async #moveOn(): Promise<void> {
    do await this.#write(this.#ahead());
    while (this.#isShort() && !this.#isFailing); // more may have been used meanwhile
  }

  /** What to write next. */
  #ahead(): PlaylistNumbers {
    const others = this.#lookForOthers();
    const sequence = this.#used.sequence + AHEAD.sequence;
    const discontinuity = this.#used.discontinuity + AHEAD.discontinuity;
    return laterNumbers({ sequence, discontinuity }, others);
  }

  /** Two gateways on one directory do no harm as long as neither writes less than the other. */
  #lookForOthers(): PlaylistNumbers {
    const { file, log } = this.#options;
    const content = file.read();
    if (content.kind !== 'numbers') return this.#written;
    const { sequence, discontinuity } = content.numbers;
    const isOurs = sequence === this.#written.sequence && discontinuity === this.#written.discontinuity;
    if (!isOurs && !this.#isShared) {
      this.#isShared = true;
      log.warn({ file: file.path }, 'another gateway uses the same data directory');
    }
    return content.numbers;
  }

  async #write(numbers: PlaylistNumbers): Promise<void> {
    try {
      await this.#options.file.write(numbers);
      this.#isWritten(numbers);
    } catch (error) {
      this.#failed(error);
    }
  }

  #isWritten(numbers: PlaylistNumbers): void {
    const { file, log } = this.#options;
    this.#written = numbers;
    if (this.#isFailing) log.info({ file: file.path }, 'the numbers of playlists are written down again');
    this.#isFailing = false;
  }

  #failed(error: unknown): void {
    const { file, log } = this.#options;
    if (!this.#isFailing) {
      log.error(
        { file: file.path, reason: codeOf(error) },
        'cannot write down the numbers of playlists: should the program be killed and the clock set back, they would repeat',
      );
    }
    this.#isFailing = true;
  }
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
