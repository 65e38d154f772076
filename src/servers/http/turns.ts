/** Work is done this long at a time, ms; then what else has come gets its turn: a publisher's frames say. */
const SLICE_MS = 5;
/** The clock is looked at once for so many. */
const PIECES_A_LOOK = 16;

/** A long list of small pieces of work, in slices between which the process is free for others. */
export class Turns<Piece> {
  readonly #work: (piece: Piece) => void;
  #pieces: Piece[] = [];
  #at = 0;
  #isBegun = false;

  constructor(work: (piece: Piece) => void) {
    this.#work = work;
  }

  /** Not done before this has returned. */
  add(piece: Piece): void {
    this.#pieces.push(piece);
    if (this.#isBegun) return;
    this.#isBegun = true;
    setImmediate(() => this.#slice());
  }

  #slice(): void {
    const end = performance.now() + SLICE_MS;
    try {
      while (this.#at < this.#pieces.length) {
        this.#work(this.#pieces[this.#at++]!);
        if (this.#at % PIECES_A_LOOK === 0 && performance.now() >= end) break;
      }
    } finally {
      this.#goOn();
    }
  }

  #goOn(): void {
    if (this.#at < this.#pieces.length) return void setImmediate(() => this.#slice());
    this.#pieces = [];
    this.#at = 0;
    this.#isBegun = false;
  }
}
