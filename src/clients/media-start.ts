import { MessageType, type RtmpMessage } from '../protocols/rtmp/message.ts';

/** Sound that comes for so long, ms of its own time, without a picture has none with it. */
const SOUND_ALONE_MS = 2_000;

/** Enhanced RTMP: packet types that carry no frame (sequence start and end, metadata, MPEG-2 TS descriptor). */
const NO_PICTURE: ReadonlySet<number> = new Set([0, 2, 4, 5]);
/** The same of sound (MultichannelConfig is 4). */
const NO_SOUND: ReadonlySet<number> = new Set([0, 2, 4]);
const VIDEO_MULTITRACK = 6;
const AUDIO_MULTITRACK = 5;
const SOUND_FORMAT_AAC = 10;
const SOUND_FORMAT_ENHANCED = 9;
/** Of a track's number in a message that is of one track: behind two bytes and the FourCC. */
const TRACK_AT = 6;
const MAIN_PICTURE = MessageType.video * 256;

/** Whether what a second connection brings can be played from here on: a key frame, or sound that stands alone. */
export class MediaStart {
  #hasPicture = false;
  #soundSince: number | undefined;

  take(message: RtmpMessage): boolean {
    if (message.type === MessageType.video) {
      this.#hasPicture = true;
      return isKeyFrame(message.body);
    }
    if (message.type !== MessageType.audio || this.#hasPicture) return false;
    this.#soundSince ??= message.timestamp;
    return (message.timestamp - this.#soundSince) >>> 0 >= SOUND_ALONE_MS;
  }
}

/** Claimed by the sender; whether it is one is found out by the codec. One of a track beside the main one is none. */
export function isKeyFrame(body: Uint8Array): boolean {
  const [first = 0] = body;
  const isKey = ((first >> 4) & 7) === 1 && hasPicture(body);
  return isKey && trackOf({ type: MessageType.video, body }) === MAIN_PICTURE;
}

/** False for configurations and whatever else goes with frames. */
export function bringsFrame({ type, body }: RtmpMessage): boolean {
  if (type === MessageType.video) return hasPicture(body);
  return type === MessageType.audio && hasSound(body);
}

/** FLV 10.1, Annex E.4.3, and Enhanced RTMP. */
function hasPicture(body: Uint8Array): boolean {
  const [first = 0, second = 0] = body;
  if ((first & 0x80) === 0) return second === 1;
  const packetType = first & 0x0f;
  return !NO_PICTURE.has(packetType === VIDEO_MULTITRACK ? second & 0x0f : packetType);
}

/** Annex E.4.2. */
function hasSound(body: Uint8Array): boolean {
  const [first = 0, second = 0] = body;
  const format = first >> 4;
  if (format === SOUND_FORMAT_AAC) return second === 1;
  if (format !== SOUND_FORMAT_ENHANCED) return body.length > 1;
  const packetType = first & 0x0f;
  return !NO_SOUND.has(packetType === AUDIO_MULTITRACK ? second & 0x0f : packetType);
}

/** Tells tracks apart by message: its type, and the number of the one track that it is of (0 where there are several in it). */
export function trackOf({ type, body }: Pick<RtmpMessage, 'type' | 'body'>): number {
  const [first = 0, second = 0] = body;
  const isEnhanced = type === MessageType.video ? (first & 0x80) !== 0 : first >> 4 === SOUND_FORMAT_ENHANCED;
  const multitrack = type === MessageType.video ? VIDEO_MULTITRACK : AUDIO_MULTITRACK;
  const isOne = isEnhanced && (first & 0x0f) === multitrack && second >> 4 === 0;
  return type * 256 + (isOne ? (body[TRACK_AT] ?? 0) : 0);
}
