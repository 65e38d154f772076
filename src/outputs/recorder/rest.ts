import { problemText } from './problem-text.ts';

/** After a failure: how long until it is tried again, and longer each time. */
const FIRST_REST_MS = 5_000;
const LONGEST_REST_MS = 60_000;
/** A recording that went well for so long has nothing to do with the failure before it. */
const GOOD_SECONDS = 30;
/** On a disk that was full it is tried again only with so much room, or there would be a file of a second every minute. */
const ROOM_BYTES = 64 * 1024 * 1024;
const ROOM_SHARE = 0.1;

/** The time between a failure and the next attempt. */
export class Rest {
  readonly #now: () => number;
  readonly #room: () => Promise<{ readonly free: number; readonly total: number }>;
  #failures = 0;
  #until = 0;
  #wasFull = false;
  #isLooking = false;
  #problem: string | undefined;

  constructor(now: () => number, room: () => Promise<{ readonly free: number; readonly total: number }>) {
    this.#now = now;
    this.#room = room;
  }

  /** In words; undefined once it is tried again. */
  get problem(): string | undefined {
    return this.#problem;
  }

  begin(error: Error, secondsBefore: number): void {
    if (secondsBefore >= GOOD_SECONDS) this.#failures = 0;
    this.#problem = problemText(error);
    this.#wasFull = (error as NodeJS.ErrnoException).code === 'ENOSPC';
    this.#again();
  }

  /** May it be tried now? Cheap: asked for each frame. */
  get isOver(): boolean {
    if (this.#problem === undefined) return true;
    if (this.#isLooking || this.#now() < this.#until) return false;
    if (this.#wasFull) void this.#look();
    else this.#problem = undefined;
    return this.#problem === undefined;
  }

  #again(): void {
    this.#until = this.#now() + Math.min(LONGEST_REST_MS, FIRST_REST_MS * 2 ** this.#failures++);
  }

  async #look(): Promise<void> {
    this.#isLooking = true;
    const { free, total } = await this.#room().catch(() => ({ free: 0, total: 0 }));
    this.#isLooking = false;
    if (free >= Math.max(1, Math.min(ROOM_BYTES, total * ROOM_SHARE))) this.#problem = undefined;
    else this.#again();
  }
}
