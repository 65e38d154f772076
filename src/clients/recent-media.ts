import { MAX_HELD_BYTES, MAX_HELD_MESSAGES } from '../protocols/rtmp/limits.ts';
import { MessageType, type RtmpMessage } from '../protocols/rtmp/message.ts';
import { bringsFrame, isKeyFrame } from './media-start.ts';

/** Of sound alone, messages: some seconds. */
const MOST_SOUNDS = 256;
/** Of what came before a key frame, ms: sound and other tracks do not end at the same time. */
const KEPT_MS = 500;

/**
 * What a connection has brought since its last key frame: frames only, in order, as references to bodies that the stream keeps
 * for new viewers anyway. By it another connection with the same stream is recognised.
 */
export class RecentMedia {
  #messages: RtmpMessage[] = [];
  #bytes = 0;
  #hasPicture = false;

  get messages(): readonly RtmpMessage[] {
    return this.#messages;
  }

  add(message: RtmpMessage): void {
    if (!bringsFrame(message)) return;
    if (message.type === MessageType.video) {
      if (isKeyFrame(message.body)) this.#forget(message.timestamp);
      this.#hasPicture = true;
    } else if (!this.#hasPicture && this.#messages.length >= MOST_SOUNDS) {
      this.#messages = this.#messages.slice(MOST_SOUNDS / 2);
    }
    this.#messages.push(message);
    this.#bytes += message.body.length;
    if (this.#bytes > MAX_HELD_BYTES || this.#messages.length > MAX_HELD_MESSAGES) this.clear();
  }

  #forget(timestamp: number): void {
    this.#messages = this.#messages.filter((one) => Math.abs((timestamp - one.timestamp) | 0) <= KEPT_MS);
    this.#bytes = this.#messages.reduce((sum, { body }) => sum + body.length, 0);
  }

  clear(): void {
    this.#messages = [];
    this.#bytes = 0;
    this.#hasPicture = false;
  }
}
