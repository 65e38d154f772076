import type { StreamName } from '../media/stream-name.ts';
import type { Publication, Publisher } from './publication.ts';
import { Stream, type StreamOptions } from './stream.ts';
import type { ViewerEnd } from './viewer.ts';

/** Calls back once after `ms`; the returned function prevents it. */
export type After = (ms: number, callback: () => void) => () => void;

export interface RegistryOptions extends StreamOptions {
  /** `publish.graceSeconds`. */
  readonly graceSeconds: number;
  readonly after: After;
  /** A stream has come to be: the time to attach what wants its frames. */
  readonly opened: (stream: Stream) => void;
  /** A stream is over. */
  readonly ended: (stream: Stream, reason: string) => void;
}

export type Claim =
  | { readonly granted: true; readonly stream: Stream; readonly publication: Publication }
  | { readonly granted: false; readonly reason: string };

/** All streams that are live or in their grace time, and those who wait for one. */
export class StreamRegistry {
  readonly #options: RegistryOptions;
  readonly #streams = new Map<string, Stream>();
  readonly #cancelGrace = new Map<Stream, () => void>();
  readonly #waiting = new Map<string, Set<(stream: Stream) => void>>();
  #closed = false;

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  find(path: string): Stream | undefined {
    return this.#streams.get(path);
  }

  list(): Stream[] {
    return [...this.#streams.values()];
  }

  /**
   * Gives the stream to a publisher. A second one from the same address takes over (its first connection is half open,
   * most likely); one from elsewhere is refused.
   */
  claim(name: StreamName, publisher: Publisher): Claim {
    if (this.#closed) return { granted: false, reason: 'the gateway is shutting down' };
    const existing = this.#streams.get(name.path);
    const former = existing?.publisher;
    if (former && former.address !== publisher.address) {
      return { granted: false, reason: `"${name.path}" is already being published from another address` };
    }
    const stream = existing ?? this.#open(name);
    this.#cancelGrace.get(stream)?.();
    this.#cancelGrace.delete(stream);
    const publication = stream.publish(publisher, () => this.#beginGrace(stream));
    former?.kick('replaced by a new publisher from the same address');
    this.#tellWaiting(stream);
    return { granted: true, stream, publication };
  }

  /** Calls back when the stream is there (at once if it is); the returned function stops waiting. */
  whenPublished(path: string, callback: (stream: Stream) => void): () => void {
    const existing = this.#streams.get(path);
    if (existing) {
      callback(existing);
      return () => undefined;
    }
    const waiting = this.#waiting.get(path) ?? new Set();
    waiting.add(callback);
    this.#waiting.set(path, waiting);
    return () => {
      waiting.delete(callback);
      if (waiting.size === 0 && this.#waiting.get(path) === waiting) this.#waiting.delete(path);
    };
  }

  /** Ends every stream; nothing can be published after this. */
  close(reason: ViewerEnd): void {
    this.#closed = true;
    this.#waiting.clear();
    for (const stream of this.list()) this.#end(stream, reason);
  }

  #open(name: StreamName): Stream {
    const stream = new Stream(name, this.#options);
    this.#streams.set(name.path, stream);
    this.#options.opened(stream);
    return stream;
  }

  #beginGrace(stream: Stream): void {
    const { graceSeconds, after } = this.#options;
    this.#cancelGrace.set(
      stream,
      after(graceSeconds * 1000, () => this.#end(stream, 'stream ended')),
    );
  }

  #end(stream: Stream, reason: ViewerEnd): void {
    this.#cancelGrace.get(stream)?.();
    this.#cancelGrace.delete(stream);
    this.#streams.delete(stream.name.path);
    stream.end(reason);
    this.#options.ended(stream, reason);
  }

  #tellWaiting(stream: Stream): void {
    const waiting = this.#waiting.get(stream.name.path);
    this.#waiting.delete(stream.name.path);
    for (const callback of waiting ?? []) callback(stream);
  }
}
