import type { ReceiveCounter } from '../acknowledgement.ts';
import {
  pingResponse,
  readControlValue,
  readUserControl,
  UserControlEvent,
  windowAckSize,
} from '../control.ts';
import { MessageType } from '../message.ts';
import type { RtmpMessage } from '../message.ts';
import type { Outbox } from './outbox.ts';

/**
 * Protocol control and user control messages from the peer, on whatever chunk stream they come: cameras use all.
 * Set Chunk Size and Abort have taken effect in the chunk reader; other types are passed over.
 */
export class ControlInlet {
  readonly #out: Outbox;
  readonly #received: ReceiveCounter;
  readonly #onStreamEof: (() => void) | undefined;
  #announcedWindow = 0;
  /** Timestamp of the latest ping answered, ms modulo 2^32. */
  lastPong: number | undefined;

  constructor(out: Outbox, received: ReceiveCounter, onStreamEof?: () => void) {
    this.#out = out;
    this.#received = received;
    this.#onStreamEof = onStreamEof;
  }

  /** @throws ProtocolError for a message shorter than its fields. */
  take(message: RtmpMessage): void {
    switch (message.type) {
      case MessageType.acknowledgement:
        this.#out.counter.acknowledge(readControlValue(message.body, 'Acknowledgement'));
        return;
      case MessageType.windowAckSize:
        this.#received.window = readControlValue(message.body, 'Window Acknowledgement Size');
        return;
      case MessageType.setPeerBandwidth:
        this.#setPeerBandwidth(readControlValue(message.body, 'Set Peer Bandwidth'));
        return;
      case MessageType.userControl:
        this.#userControl(message.body);
        return;
    }
  }

  /** RTMP 1.0 §5.4.5: answered with our window, unless we have just said the same. */
  #setPeerBandwidth(bytes: number): void {
    if (bytes === this.#announcedWindow) return;
    this.#announcedWindow = bytes;
    this.#out.raw(windowAckSize(bytes));
  }

  #userControl(body: Uint8Array): void {
    const { event, value } = readUserControl(body);
    if (event === UserControlEvent.pingRequest) this.#out.raw(pingResponse(value));
    else if (event === UserControlEvent.pingResponse) this.lastPong = value;
    else if (event === UserControlEvent.streamEof) this.#onStreamEof?.();
  }
}
