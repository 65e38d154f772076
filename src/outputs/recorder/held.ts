import type { Frame } from '../../media/frame.ts';

/** Frames that wait because the disk has no room: as many as the slow disk is given time for. */
const MAX_HELD_BYTES = 16 * 1024 * 1024;
/** What is handed on at a time: making files of a long past must not hold up the streams. */
const HAND_ON_BYTES = 2 * 1024 * 1024;

/** Frames that wait to be recorded. What is too much is left out from here to a key frame. */
export class Held {
  readonly #told: (frames: number) => void;
  #frames: Frame[] = [];
  #next = 0;
  #bytes = 0;
  /** The past a recording begins with is more than may wait otherwise. */
  #allowed = 0;
  #leftOut = 0;
  isLeavingOut = false;
  /** All that were left out so far. */
  leftOutFrames = 0;

  /** @param told how many frames were left out, when it goes on */
  constructor(told: (frames: number) => void) {
    this.#told = told;
  }

  get isEmpty(): boolean {
    return this.#next === this.#frames.length;
  }

  begin(past: readonly Frame[]): void {
    for (const frame of past) this.#add(frame);
    this.#allowed = this.#bytes;
  }

  push(frame: Frame): void {
    if (this.isLeavingOut) this.#goOnAt(frame);
    else if (this.#bytes + frame.payload.length > MAX_HELD_BYTES + this.#allowed) this.isLeavingOut = true;
    if (this.isLeavingOut) this.#leftOut++;
    else this.#add(frame);
  }

  /** Hands on what there is room for, but not all at once. */
  handOn(take: (frame: Frame) => void, hasRoom: () => boolean): void {
    for (let bytes = 0; !this.isEmpty && bytes < HAND_ON_BYTES && hasRoom();) bytes += this.#handOn(take);
  }

  handOnAll(take: (frame: Frame) => void): void {
    while (!this.isEmpty) this.#handOn(take);
    if (this.#leftOut > 0) this.#tell();
  }

  #handOn(take: (frame: Frame) => void): number {
    const frame = this.#frames[this.#next++]!;
    this.#bytes -= frame.payload.length;
    if (this.isEmpty) {
      this.#frames = [];
      this.#next = 0;
      this.#allowed = 0;
    } else if (this.#next >= 1024 && this.#next * 2 >= this.#frames.length) {
      this.#frames = this.#frames.slice(this.#next);
      this.#next = 0;
    }
    take(frame);
    return frame.payload.length;
  }

  #goOnAt(frame: Frame): void {
    if (frame.kind === 'data' || !frame.startsGop || this.#bytes > MAX_HELD_BYTES / 2) return;
    this.isLeavingOut = false;
    this.#tell();
  }

  #tell(): void {
    this.leftOutFrames += this.#leftOut;
    this.#told(this.#leftOut);
    this.#leftOut = 0;
  }

  #add(frame: Frame): void {
    this.#frames.push(frame);
    this.#bytes += frame.payload.length;
  }
}
