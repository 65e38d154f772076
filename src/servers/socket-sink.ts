import type { Duplex } from 'node:stream';
import type { Batch } from '../stream/batch.ts';
import type { ViewerEnd, ViewerProtocol, ViewerSink } from '../stream/viewer.ts';

/** What a viewer's bytes are written to: its connection, or its stream of an HTTP/2 connection. */
export type ViewerSocket = Duplex & { setTimeout(ms: number): unknown };

export interface SocketSinkOptions {
  readonly protocol: ViewerProtocol;
  /** The bytes of a batch as this protocol's viewers get them. */
  readonly bytesOf: (batch: Batch) => Buffer;
  /** Says goodbye in the protocol's own way and ends the socket. */
  readonly close: (reason: ViewerEnd) => void;
}

/** A viewer's socket: one write per batch, all viewers share the buffer. */
export class SocketSink implements ViewerSink {
  readonly protocol: ViewerProtocol;
  readonly close: (reason: ViewerEnd) => void;
  readonly #socket: ViewerSocket;
  readonly #bytesOf: (batch: Batch) => Buffer;

  constructor(socket: ViewerSocket, options: SocketSinkOptions) {
    this.protocol = options.protocol;
    this.close = options.close;
    this.#socket = socket;
    this.#bytesOf = options.bytesOf;
    socket.setTimeout(0); // a viewer may wait for a publisher, and what it does not read has limits of its own
  }

  get queuedBytes(): number {
    return this.#socket.writableLength;
  }

  write(batch: Batch): void {
    if (this.#socket.writable) this.#socket.write(this.#bytesOf(batch));
  }

  writeAll(batches: readonly Batch[]): void {
    if (!this.#socket.writable) return;
    this.#socket.cork(); // one writev for all of them
    for (const batch of batches) this.#socket.write(this.#bytesOf(batch));
    this.#socket.uncork();
  }
}

/** How long a peer may take to read what is left for it before its socket is destroyed. */
const LINGER_MS = 2_000;

/** Ends a socket after what is queued, but not later than the linger time. Safe to call twice. */
export function endSocket(socket: Duplex): void {
  if (socket.destroyed) return;
  socket.end();
  const timer = setTimeout(() => socket.destroy(), LINGER_MS);
  timer.unref();
  socket.once('close', () => clearTimeout(timer));
}
