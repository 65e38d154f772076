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
  readonly #publications = new Map<Stream, Publication>();
  readonly #waiting = new Map<string, Set<(stream: Stream | undefined) => void>>();
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
   * Gives the stream to a publisher that may publish it: who may is decided before. While there is another, one with the same
   * key or from the same address takes over (its first connection is half open, most likely) and anyone else is refused.
   * What is pulled makes room for any other, and never takes over. In the grace time whoever comes goes on with the stream:
   * an encoder on the road comes back from another address, and the substitute for a broken one has a key of its own.
   */
  claim(name: StreamName, publisher: Publisher): Claim {
    if (this.#closed) return { granted: false, reason: 'the gateway is shutting down' };
    const existing = this.#streams.get(name.path);
    const former = existing?.publisher;
    if (former && !mayReplace(publisher, former)) {
      const where = publisher.isPulled === true ? 'here' : 'from another address';
      return { granted: false, reason: `"${name.path}" is already being published ${where}` };
    }
    const stream = existing ?? this.#open(name);
    this.#cancelGrace.get(stream)?.();
    this.#cancelGrace.delete(stream);
    const publication = stream.publish(publisher, () => this.#beginGrace(stream));
    this.#publications.set(stream, publication);
    former?.kick(`replaced by a new publisher${likeness(publisher, former)}`);
    this.#tellWaiting(name.path, stream);
    return { granted: true, stream, publication };
  }

  /**
   * Sends a stream's publisher away; the stream's grace time begins, as after any other departure. Its viewers stay.
   * False if nobody publishes it.
   */
  kick(path: string, reason: string): boolean {
    const stream = this.#streams.get(path);
    const publisher = stream?.publisher;
    if (!stream || !publisher) return false;
    publisher.kick(reason);
    this.#publications.get(stream)?.release(reason); // its connection may be half open and have nothing to say
    return true;
  }

  /**
   * Ends a stream now, its publisher and its grace time too: what was sent away leaves nothing behind that could go on.
   * False if there is no such stream.
   */
  finish(path: string, reason: ViewerEnd): boolean {
    const stream = this.#streams.get(path);
    if (stream) this.#end(stream, reason);
    return stream !== undefined;
  }

  /**
   * Calls back once, when the stream is there (at once if it is), or with undefined when none can come any more. The
   * returned function stops waiting.
   */
  whenPublished(path: string, callback: (stream: Stream | undefined) => void): () => void {
    const existing = this.#streams.get(path);
    if (existing || this.#closed) {
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

  /** How many wait for a stream that is not there. */
  waitingFor(path: string): number {
    return this.#waiting.get(path)?.size ?? 0;
  }

  /** Ends every stream, and the waiting for others; nothing can be published after this. */
  close(reason: ViewerEnd): void {
    this.#closed = true;
    for (const path of [...this.#waiting.keys()]) this.#tellWaiting(path, undefined);
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
    this.#publications.delete(stream);
    this.#streams.delete(stream.name.path);
    stream.end(reason);
    this.#options.ended(stream, reason);
  }

  #tellWaiting(path: string, stream: Stream | undefined): void {
    const waiting = this.#waiting.get(path);
    this.#waiting.delete(path);
    for (const callback of waiting ?? []) callback(stream);
  }
}

function mayReplace(publisher: Publisher, former: Publisher): boolean {
  if (publisher.isPulled === true) return false;
  return former.isPulled === true || likeness(publisher, former) !== '';
}

/** What two publishers have in common, as the end of a sentence; empty: nothing. */
function likeness(publisher: Publisher, former: Publisher): string {
  if (former.isPulled === true) return '';
  if (former.address === publisher.address) return ' from the same address';
  return former.key !== undefined && former.key === publisher.key ? ' with the same key' : '';
}
