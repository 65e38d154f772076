/** What is known of a stream at one time. Unknown is undefined. */
export interface Moment {
  /** ms since 1970. */
  readonly at: number;
  readonly kbpsIn: number | undefined;
  readonly kbpsOut: number | undefined;
  readonly fps: number | undefined;
  readonly viewers: number;
  readonly lateMs: number | undefined;
}

/** Numbers in a moment. */
const WIDTH = 6;
/** Most streams of most servers are short: room is made when it is needed. */
const FIRST_ROOM = 64;

/** The newest moments of a stream, in one array of numbers: 48 bytes each. */
export class History {
  readonly #most: number;
  #numbers: Float64Array;
  #room: number;
  /** Where the oldest is. */
  #first = 0;
  #count = 0;

  /** @param most moments that are kept */
  constructor(most: number) {
    this.#most = most;
    this.#room = Math.min(FIRST_ROOM, most);
    this.#numbers = new Float64Array(this.#room * WIDTH);
  }

  get size(): number {
    return this.#count;
  }

  /** When the newest was, ms since 1970. */
  get newestAt(): number | undefined {
    return this.#count === 0 ? undefined : this.#read(this.#count - 1).at;
  }

  add({ at, kbpsIn, kbpsOut, fps, viewers, lateMs }: Moment): void {
    if (this.#count === this.#room && this.#room < this.#most) this.#grow();
    const place = ((this.#first + this.#count) % this.#room) * WIDTH;
    const known = (value: number | undefined): number => value ?? NaN;
    this.#numbers.set([at, known(kbpsIn), known(kbpsOut), known(fps), viewers, known(lateMs)], place);
    if (this.#count < this.#room) this.#count++;
    else this.#first = (this.#first + 1) % this.#room;
  }

  /** Later than `since`, oldest first. */
  moments(since = 0): Moment[] {
    const all = Array.from({ length: this.#count }, (_, index) => this.#read(index));
    return all.filter(({ at }) => at > since);
  }

  #read(index: number): Moment {
    const place = ((this.#first + index) % this.#room) * WIDTH;
    const [at = 0, kbpsIn, kbpsOut, fps, viewers = 0, lateMs] = this.#numbers.subarray(place, place + WIDTH);
    return {
      at,
      kbpsIn: told(kbpsIn),
      kbpsOut: told(kbpsOut),
      fps: told(fps),
      viewers,
      lateMs: told(lateMs),
    };
  }

  /** Only while nothing has been overwritten, so that the oldest is still the first. */
  #grow(): void {
    this.#room = Math.min(this.#room * 2, this.#most);
    const larger = new Float64Array(this.#room * WIDTH);
    larger.set(this.#numbers);
    this.#numbers = larger;
  }
}

const told = (value: number | undefined): number | undefined => (Number.isNaN(value) ? undefined : value);
