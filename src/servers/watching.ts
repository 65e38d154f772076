import type { Log } from '../observe/log.ts';
import type { StreamRegistry } from '../stream/registry.ts';
import type { Rendition } from '../stream/rendition.ts';
import type { TrackWish } from '../stream/renditions.ts';
import type { Stream } from '../stream/stream.ts';
import { Viewer, type ViewerEnd, type ViewerLimits, type ViewerSink } from '../stream/viewer.ts';
import type { WireFormat } from '../stream/wire-format.ts';
import { noSuchTrack } from './track-wish.ts';

/** A viewer that has joined. */
export interface Watch {
  /** Bytes handed to its sink. */
  readonly bytesOut: number;
  /** The connection is gone, however that came. Safe to call twice. */
  leave(): void;
  /** Ends it from our side: its sink is told. */
  close(reason: ViewerEnd): void;
}

/** What a viewer has asked for, and is there. */
export interface Showing {
  readonly stream: Stream;
  readonly rendition: Rendition;
}

/** What a viewer waits for. */
export interface ShowWish {
  readonly path: string;
  /** ms; 0: now or never, unless it can be fetched, which takes a moment. */
  readonly wait: number;
  /** Undefined: the main ones. */
  readonly track: TrackWish | undefined;
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

  /**
   * As {@link whenPublished}, for one of the stream's renditions: which ones there are is known a moment after a stream has
   * begun. A text says why there is none.
   */
  whenShown({ path, wait, track }: ShowWish, callback: (found: Showing | string) => void): () => void {
    let giveUp = (): void => undefined;
    const stop = this.whenPublished(path, wait, (stream) => {
      if (!stream) return callback(`no stream "${path}" is being published`);
      if (!track) return callback({ stream, rendition: stream.main });
      if (track.isAll === true) return callback({ stream, rendition: stream.whole });
      giveUp = stream.renditions.whenThere(track, (rendition) =>
        callback(rendition ? { stream, rendition } : noSuchTrack(stream, track)),
      );
    });
    return () => {
      stop();
      giveUp();
    };
  }

  /** Makes a viewer of a sink. */
  begin(
    show: Pick<Rendition, 'name' | 'join' | 'leave'>,
    format: WireFormat,
    sink: ViewerSink,
    fromGop: boolean,
    resumes = false,
  ): Watch {
    const viewer = new Viewer(sink, this.#limits, resumes);
    show.join(format, viewer, fromGop);
    this.#log.debug({ stream: show.name.path, protocol: sink.protocol }, 'viewer joined');
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
        show.leave(viewer);
        this.#log.debug(
          { stream: show.name.path, protocol: sink.protocol, state, lags, skippedBatches, bytesOut },
          'viewer left',
        );
      },
    };
  }
}
