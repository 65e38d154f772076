import type { Log } from '../observe/log.ts';
import type { StreamRegistry } from '../stream/registry.ts';
import type { Stream } from '../stream/stream.ts';
import { Viewer, type ViewerLimits, type ViewerSink } from '../stream/viewer.ts';
import type { WireFormat } from '../stream/wire-format.ts';

/** What every viewer's door has in common: wait for the stream, join it, leave it once. */
export class Watching {
  readonly #streams: StreamRegistry;
  readonly #limits: ViewerLimits;
  readonly #log: Log;

  constructor(streams: StreamRegistry, limits: ViewerLimits, log: Log) {
    this.#streams = streams;
    this.#limits = limits;
    this.#log = log;
  }

  find(path: string): Stream | undefined {
    return this.#streams.find(path);
  }

  /**
   * Calls back once: with the stream, or with undefined if it has not come within `ms` (0: now or never).
   * The returned function gives up without a call.
   */
  whenPublished(path: string, ms: number, callback: (stream: Stream | undefined) => void): () => void {
    const existing = this.#streams.find(path);
    if (existing || ms === 0) {
      callback(existing);
      return () => undefined;
    }
    const timer = setTimeout(() => {
      stop();
      callback(undefined);
    }, ms);
    const stop = this.#streams.whenPublished(path, (stream) => {
      clearTimeout(timer);
      callback(stream);
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }

  /** Makes a viewer of a sink. The returned function is for when the connection is gone, however that came. */
  begin(stream: Stream, format: WireFormat, sink: ViewerSink, fromGop: boolean, resumes = false): () => void {
    const viewer = new Viewer(sink, this.#limits, resumes);
    stream.join(format, viewer, fromGop);
    this.#log.debug({ stream: stream.name.path, protocol: sink.protocol }, 'viewer joined');
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      const { state, lags, skippedBatches, bytesOut } = viewer;
      viewer.gone();
      stream.leave(viewer);
      this.#log.debug(
        { stream: stream.name.path, protocol: sink.protocol, state, lags, skippedBatches, bytesOut },
        'viewer left',
      );
    };
  }
}
