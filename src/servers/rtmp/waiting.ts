import type { Socket } from 'node:net';

/** A disk takes some megabytes in this time. */
const LOOK_MS = 20;

/** Reads no more from a publisher that is ahead of time until what it has sent is taken. */
export class Waiting {
  readonly #socket: Pick<Socket, 'pause' | 'resume'>;
  readonly #mustWait: () => boolean;
  #timer: NodeJS.Timeout | undefined;

  constructor(socket: Pick<Socket, 'pause' | 'resume'>, mustWait: () => boolean) {
    this.#socket = socket;
    this.#mustWait = mustWait;
  }

  get isOn(): boolean {
    return this.#timer !== undefined;
  }

  /** Call when something has come. */
  look(): void {
    if (this.#timer || !this.#mustWait()) return;
    this.#socket.pause();
    this.#timer = setTimeout(() => this.#again(), LOOK_MS);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  #again(): void {
    this.#timer = undefined;
    this.look();
    if (!this.isOn) this.#socket.resume();
  }
}
