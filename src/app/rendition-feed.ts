import type { Frame, MediaFrame } from '../media/frame.ts';
import type { HlsOutput } from '../outputs/hls/hls-output.ts';
import type { FrameSink } from '../stream/frame-sink.ts';

/** How a rendition comes and goes. */
export interface Stages {
  /** What goes into it of a frame; undefined: nothing. */
  taken(frame: MediaFrame): MediaFrame | undefined;
  /** What it comes and goes with. */
  isOwn(frame: MediaFrame): boolean;
  begin(): HlsOutput;
  end(output: HlsOutput): void;
}

/** What a rendition beside the main one is written to. It comes and goes with its own track. */
export class RenditionFeed implements FrameSink {
  readonly #stages: Stages;
  #output: HlsOutput | undefined;
  #lastDts = 0;

  constructor(stages: Stages) {
    this.#stages = stages;
  }

  write(frame: Frame): void {
    const taken = frame.kind === 'data' ? undefined : this.#stages.taken(frame);
    if (!taken) return;
    if (this.#stages.isOwn(taken)) {
      this.#lastDts = taken.dts;
      this.#output ??= this.#stages.begin();
    }
    this.#output?.write(taken);
  }

  flush(): void {
    // Nothing waits for it.
  }

  interrupt(): void {
    this.#output?.interrupt();
  }

  /** Ends it if its own track has had nothing since then, in ticks. */
  rest(since: number): void {
    if (this.#output && this.#lastDts < since) this.end();
  }

  end(): void {
    const output = this.#output;
    this.#output = undefined;
    if (output) this.#stages.end(output);
  }
}
