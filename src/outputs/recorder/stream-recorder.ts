import type { Frame } from '../../media/frame.ts';
import type { FrameSink } from '../../stream/frame-sink.ts';
import type { RecordingFormat } from './muxer.ts';
import type { Past } from './past.ts';
import type { Take } from './take.ts';

export interface StreamRecorderEvents {
  /** The stream is over, and files are being closed. */
  readonly ending: () => void;
  /** All files are closed. */
  readonly ended: () => void;
}

/** One stream's recordings: at most one in each format at a time. */
export class StreamRecorder implements FrameSink {
  readonly #past: Past | undefined;
  readonly #takes = new Map<RecordingFormat, Take>();
  readonly #told: StreamRecorderEvents;
  /** Files that are being closed. */
  #closing: Promise<unknown> = Promise.resolve();

  constructor(past: Past | undefined, told: StreamRecorderEvents) {
    this.#past = past;
    this.#told = told;
  }

  get takes(): ReadonlyMap<RecordingFormat, Take> {
    return this.#takes;
  }

  /** `make` is given what there is of the past. */
  begin(format: RecordingFormat, make: (past: readonly Frame[]) => Take): Take {
    const take = make(this.#past?.frames ?? []);
    this.#takes.set(format, take);
    return take;
  }

  /** Ends all; resolves when all files are closed. */
  async stop(reason: string): Promise<void> {
    const takes = [...this.#takes.values()];
    this.#takes.clear();
    this.#closing = Promise.all([this.#closing, ...takes.map((take) => take.end(reason))]);
    await this.#closing;
  }

  write(frame: Frame): void {
    this.#past?.add(frame);
    if (this.#takes.size === 0) return; // most streams, for every frame
    for (const take of this.#takes.values()) take.write(frame);
  }

  flush(): void {
    if (this.#takes.size === 0) return;
    for (const take of this.#takes.values()) take.flush();
  }

  isBehind(): boolean {
    if (this.#takes.size === 0) return false;
    return [...this.#takes.values()].some((take) => take.isBehind);
  }

  interrupt(): void {
    for (const take of this.#takes.values()) take.interrupt();
  }

  end(reason: string): void {
    this.#told.ending();
    this.#past?.clear();
    void this.stop(reason).then(() => this.#told.ended());
  }
}
