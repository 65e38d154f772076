import type { Note } from './note.ts';

/** Notes that have to arrive in order: the head is sent until it is done with, the others wait. */
export class Lane {
  readonly key: string;
  readonly #notes = new Map<number, Note>();
  /** The head is being sent. */
  isBusy = false;
  /** How often the head was sent in vain. */
  attempts = 0;
  /** When the receiver first answered that it does not want the head: wall clock, ms. */
  refusedSince: number | undefined;
  /** The head failed because nobody answered; it can be sent as soon as somebody does. */
  isUnheard = false;
  /** Ends the pause after a failure; undefined: there is none. */
  endPause: (() => void) | undefined;

  constructor(key: string) {
    this.key = key;
  }

  get head(): Note | undefined {
    return this.#notes.values().next().value;
  }

  add(note: Note): void {
    this.#notes.set(note.seq, note);
  }

  /** The note is done with, whichever way. */
  remove(seq: number): void {
    if (this.head?.seq === seq) {
      this.attempts = 0;
      this.refusedSince = undefined;
      this.isUnheard = false;
    }
    this.#notes.delete(seq);
  }
}
