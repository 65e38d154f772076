import { MessageType, type RtmpMessage } from '../protocols/rtmp/message.ts';
import { MAX_HELD_BYTES, MAX_HELD_MESSAGES } from '../protocols/rtmp/limits.ts';
import { HeldMedia } from '../protocols/rtmp/session/message-stream.ts';

/** Sound that comes for so long, ms of its own time, without a picture has none with it. */
const SOUND_ALONE_MS = 2_000;

/** FLV 10.1, Annex E.4, and Enhanced RTMP: packet types that carry no frame (sequence start and end, metadata). */
const NO_FRAME: ReadonlySet<number> = new Set([0, 2, 4]);

/**
 * What a second connection has brought, until it can take the place of the first: a key frame, or sound that stands alone. What
 * is held is bounded: at the bound it takes the place in any case.
 */
export class MediaStart {
  readonly #held = new HeldMedia();
  #hasPicture = false;
  #soundSince: number | undefined;

  /** In order, from the first on. */
  get messages(): readonly RtmpMessage[] {
    return this.#held.messages;
  }

  /** True: from here on it can be played. */
  take(message: RtmpMessage): boolean {
    this.#held.add(message);
    if (this.#held.bytes > MAX_HELD_BYTES / 2 || this.#held.messages.length > MAX_HELD_MESSAGES / 2)
      return true;
    if (message.type === MessageType.video) {
      this.#hasPicture = true;
      return isKeyFrame(message.body);
    }
    if (message.type !== MessageType.audio || this.#hasPicture) return false;
    this.#soundSince ??= message.timestamp;
    return (message.timestamp - this.#soundSince) >>> 0 >= SOUND_ALONE_MS;
  }
}

/** Claimed by the sender; whether it is one is found out by the codec. */
function isKeyFrame(body: Uint8Array): boolean {
  const [first = 0, second = 0] = body;
  if (((first >> 4) & 7) !== 1) return false;
  return (first & 0x80) !== 0 ? !NO_FRAME.has(first & 0x0f) : second !== 0;
}
