import type { Log } from '../observe/log.ts';
import type { StreamRegistry } from '../stream/registry.ts';
import type { Stream } from '../stream/stream.ts';
import { Viewer, type ViewerEnd, type ViewerLimits, type ViewerSink } from '../stream/viewer.ts';
import type { WireFormat } from '../stream/wire-format.ts';

/** A viewer that has joined. */
export interface Watch {
  /** Bytes handed to its sink. */
  readonly bytesOut: number;
  /** The connection is gone, however that came. Safe to call twice. */
  leave(): void;
  /** Ends it from our side: its sink is told. */
  close(reason: ViewerEnd): void;
}

/** What every viewer's door has in common: wait for the stream, join it, leave it once. */
export class Watching {
  readonly #streams: StreamRegistry;
  readonly #limits: ViewerLimits;
  readonly #log: Log;
  /** Fetches streams that are wanted, if anything does. */
  onWant: (path: string, askedBy: readonly string[]) => number = () => 0;

  constructor(streams: StreamRegistry, limits: ViewerLimits, log: Log) {
    this.#streams = streams;
    this.#limits = limits;
    this.#log = log;
  }

  /**
   * Somebody wants a stream. If nobody publishes it, it may be fetched: gives how long, in ms, it is then worth the wait.
   *
   * @param askedBy gateways that the wish has come through
   */
  want(path: string, askedBy: readonly string[] = []): number {
    return this.#streams.find(path)?.publisher ? 0 : this.onWant(path, askedBy);
  }

  find(path: string): Stream | undefined {
    return this.#streams.find(path);
  }

  /**
   * Calls back once: with the stream, or with undefined if it has not come within `ms` (0: now or never, unless it can be
   * fetched, which takes a moment).
   * The returned function gives up without a call.
   */
  whenPublished(path: string, ms: number, callback: (stream: Stream | undefined) => void): () => void {
    const patience = Math.max(ms, this.want(path));
    const existing = this.#streams.find(path);
    if (existing || patience === 0) {
      callback(existing);
      return () => undefined;
    }
    const timer = setTimeout(() => {
      stop();
      callback(undefined);
    }, patience);
    const stop = this.#streams.whenPublished(path, (stream) => {
      clearTimeout(timer);
      callback(stream);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }

  /** Makes a viewer of a sink. */
  begin(stream: Stream, format: WireFormat, sink: ViewerSink, fromGop: boolean, resumes = false): Watch {
    const viewer = new Viewer(sink, this.#limits, resumes);
    stream.join(format, viewer, fromGop);
    this.#log.debug({ stream: stream.name.path, protocol: sink.protocol }, 'viewer joined');
    let hasLeft = false;
    return {
      get bytesOut() {
        return viewer.bytesOut;
      },
      close: (reason) => viewer.close(reason),
      leave: () => {
        if (hasLeft) return;
        hasLeft = true;
        const { state, lags, skippedBatches, bytesOut } = viewer;
        viewer.gone();
        stream.leave(viewer);
        this.#log.debug(
          { stream: stream.name.path, protocol: sink.protocol, state, lags, skippedBatches, bytesOut },
          'viewer left',
        );
      },
    };
  }
}
