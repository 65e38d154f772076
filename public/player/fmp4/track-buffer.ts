import type { Piece } from './track-writer.ts';

/** As much of a `SourceBuffer` as is used. */
export interface Sink {
  readonly updating: boolean;
  readonly buffered: { readonly length: number; start(index: number): number };
  mode: 'segments' | 'sequence';
  timestampOffset: number;
  appendBuffer(bytes: Uint8Array<ArrayBuffer>): void;
  changeType(type: string): void;
  remove(from: number, to: number): void;
  addEventListener(name: 'updateend' | 'error', heard: () => void): void;
  removeEventListener(name: 'updateend' | 'error', heard: () => void): void;
}

export interface TrackBufferOptions {
  readonly sink: Sink;
  /** Media type that the sink was made for. */
  readonly type: string;
  /** What is written next; undefined: nothing yet. */
  readonly next: () => Piece | undefined;
  /** Seconds up to which media can be given up where there is no room. */
  readonly spare: () => number;
  /** Something has changed in the buffer. */
  readonly changed: () => void;
  readonly failed: (error: unknown) => void;
}

type Head = Extract<Piece, { kind: 'head' }>;

/** Less than this, in seconds, is not worth being given up. */
const LEAST_SPARE_SECONDS = 1;

/** Fills a source buffer, one piece after the other, and makes room in it. */
export class TrackBuffer {
  readonly #options: TrackBufferOptions;
  #type: string;
  /** What the sink has had no room for. */
  #piece: Piece | undefined;
  #removeTo: number | undefined;
  #isOver = false;

  constructor(options: TrackBufferOptions) {
    this.#options = options;
    this.#type = options.type;
    options.sink.addEventListener('updateend', this.#updated);
    options.sink.addEventListener('error', this.#refused);
  }

  /** Everything that there was has been taken in. */
  get isIdle(): boolean {
    return !this.#options.sink.updating && this.#piece === undefined;
  }

  /** Gives up what lies before a time, in seconds, if that is worth it. */
  remove(to: number): void {
    this.#removeTo = to;
    this.pump();
  }

  /** Goes on: call when there is something new. */
  pump(): void {
    try {
      while (!this.#isOver && !this.#options.sink.updating && this.#step());
    } catch (error) {
      if (!this.#isOver) this.#options.failed(error);
    }
  }

  close(): void {
    this.#isOver = true;
    this.#options.sink.removeEventListener('updateend', this.#updated);
    this.#options.sink.removeEventListener('error', this.#refused);
  }

  readonly #updated = (): void => {
    this.pump();
    if (!this.#isOver) this.#options.changed();
  };

  readonly #refused = (): void => this.#options.failed(new Error('the browser refused a piece of it'));

  /** @returns whether to go on */
  #step(): boolean {
    const { next } = this.#options;
    if (this.#removeTo !== undefined) {
      const to = this.#removeTo;
      this.#removeTo = undefined;
      this.#giveUp(to);
      return true;
    }
    const piece = this.#piece ?? next();
    if (!piece) return false;
    this.#piece = piece;
    if (!this.#put(piece)) return this.#makeRoom();
    this.#piece = undefined;
    return true;
  }

  /** False: there is no room. */
  #put(piece: Piece): boolean {
    const { sink } = this.#options;
    if (piece.kind === 'head') {
      if (piece.type !== this.#type) this.#change(piece);
    } else if (piece.at !== undefined) sink.timestampOffset = piece.at;
    if (piece.bytes.length === 0) return true;
    try {
      sink.appendBuffer(piece.bytes as Uint8Array<ArrayBuffer>);
      return true;
    } catch (error) {
      if (error instanceof Error && error.name === 'QuotaExceededError') return false;
      throw error;
    }
  }

  #change({ type, bytes }: Head): void {
    const { sink } = this.#options;
    sink.changeType(type);
    this.#type = type;
    if (bytes.length === 0) return;
    // Media that do not say their times may have gone before.
    sink.mode = 'segments';
    sink.timestampOffset = 0;
  }

  /** @returns whether there may be room now; if not, there will be when the picture has gone on */
  #makeRoom(): boolean {
    return this.#giveUp(this.#options.spare());
  }

  #giveUp(to: number): boolean {
    const { sink } = this.#options;
    if (sink.buffered.length === 0 || to - sink.buffered.start(0) < LEAST_SPARE_SECONDS) return false;
    sink.remove(0, to);
    return true;
  }
}
