import { MAX_MESSAGE_STREAMS } from '../limits.ts';
import { MessageStream } from './message-stream.ts';

/** The message streams of one connection, by id. */
export class MessageStreams {
  readonly #streams = new Map<number, MessageStream>();

  /** A new one with the lowest free id from 1; `undefined` when the peer has too many. */
  create(): MessageStream | undefined {
    let id = 1;
    while (this.#streams.has(id)) id++;
    return this.#add(id);
  }

  get(id: number): MessageStream | undefined {
    return this.#streams.get(id);
  }

  /** Some encoders publish on a stream that they never created. */
  getOrCreate(id: number): MessageStream | undefined {
    return this.#streams.get(id) ?? this.#add(id);
  }

  delete(id: number): void {
    this.#streams.delete(id);
  }

  /**
   * The publisher that a media message is meant for: that of its stream id or, as some encoders send their
   * metadata on stream 0, the only one there is.
   */
  publisherFor(id: number): MessageStream | undefined {
    const exact = this.#streams.get(id);
    if (exact?.isPublisher === true) return exact;
    const publishers = this.all.filter((stream) => stream.isPublisher);
    return publishers.length === 1 ? publishers[0] : undefined;
  }

  /** True if somebody publishes, or has asked to. */
  get hasPublisher(): boolean {
    return this.all.some((stream) => stream.isPublisher);
  }

  get all(): MessageStream[] {
    return [...this.#streams.values()];
  }

  #add(id: number): MessageStream | undefined {
    if (this.#streams.size >= MAX_MESSAGE_STREAMS || id > MAX_MESSAGE_STREAMS) return undefined;
    const stream = new MessageStream(id);
    this.#streams.set(id, stream);
    return stream;
  }
}
