import { ProtocolError } from '../errors.ts';
import { MAX_HELD_BYTES, MAX_HELD_MESSAGES } from '../limits.ts';
import { MessageType } from '../message.ts';
import type { RtmpMessage } from '../message.ts';
import { normalizeData } from './data-message.ts';
import type { SessionHost } from './host.ts';
import type { HeldMedia, MessageStream } from './message-stream.ts';
import type { MessageStreams } from './message-streams.ts';

/** Messages that were passed over, by reason. */
export interface DroppedMessages {
  /** No publisher on that stream. */
  unasked: number;
  /** Audio or video without a body. */
  empty: number;
  /** Data that is not AMF0, or does not begin with an event's name. */
  data: number;
}

/** Brings audio, video and data to the host, or keeps them until the verdict on their publisher is spoken. */
export class MediaInlet {
  readonly #host: SessionHost;
  readonly #streams: MessageStreams;
  readonly dropped: DroppedMessages = { unasked: 0, empty: 0, data: 0 };

  constructor(host: SessionHost, streams: MessageStreams) {
    this.#host = host;
    this.#streams = streams;
  }

  /** @throws ProtocolError when too much comes before the verdict. */
  take(message: RtmpMessage): void {
    const stream = this.#streams.publisherFor(message.streamId);
    if (stream === undefined) {
      this.dropped.unasked++;
      return;
    }
    const media = this.#checked(message);
    if (media === undefined) return;
    const { state } = stream;
    if (state.at === 'asking to publish') this.#hold(state.held, media);
    else this.#host.media(stream.id, media);
  }

  /** What waits for a verdict, on all streams. */
  get held(): { readonly bytes: number; readonly messages: number } {
    let bytes = 0;
    let messages = 0;
    for (const { state } of this.#streams.all) {
      if (state.at !== 'asking to publish') continue;
      bytes += state.held.bytes;
      messages += state.held.messages.length;
    }
    return { bytes, messages };
  }

  /** Delivers what was held. The host may end the publisher at any of them. */
  deliver(stream: MessageStream, held: HeldMedia): void {
    for (const message of held.messages) {
      if (stream.state.at !== 'publishing') return;
      this.#host.media(stream.id, message);
    }
  }

  #checked(message: RtmpMessage): RtmpMessage | undefined {
    if (message.type === MessageType.audio || message.type === MessageType.video) {
      if (message.body.length > 0) return message;
      this.dropped.empty++;
      return undefined;
    }
    const data = normalizeData(message);
    if (data === undefined) this.dropped.data++;
    return data;
  }

  #hold(held: HeldMedia, message: RtmpMessage): void {
    held.add(message);
    const { bytes, messages } = this.held;
    if (bytes > MAX_HELD_BYTES || messages > MAX_HELD_MESSAGES) {
      throw new ProtocolError('RTMP_HELD_BYTES', `${bytes} bytes of media came before the stream was let in`);
    }
  }
}
