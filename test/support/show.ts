import { randomFillSync } from 'node:crypto';
import { ASC_48K, AVCC_360P, hex } from './media.ts';
import type { RtmpPeer } from './rtmp-peer.ts';

/** RTMP (and FLV) bodies: the codec's head and what follows. */
export const avcConfig = (record: Uint8Array): Buffer => Buffer.concat([hex('17 00 000000'), record]);
export const aacConfig = (config: Uint8Array): Buffer => Buffer.concat([hex('af 00'), config]);

/** A frame of `bytes` in one NAL unit that no decoder would like, each one different from all others. */
export function videoBody(isKey: boolean, bytes: number, number: number): Buffer {
  const body = Buffer.allocUnsafe(5 + 4 + bytes);
  body.set(hex(isKey ? '17 01 000000' : '27 01 000000'));
  body.writeUInt32BE(bytes, 5);
  randomFillSync(body, 9);
  body[9] = isKey ? 0x65 : 0x41;
  body.writeUInt32BE(number, 10);
  return body;
}

/** The number that {@link videoBody} wrote into a frame. */
export const frameNumber = (body: Uint8Array): number => Buffer.from(body).readUInt32BE(10);

export function audioBody(number: number): Buffer {
  const body = Buffer.alloc(2 + 16, 0x21);
  body.set(hex('af 01'));
  body.writeUInt32BE(number, 4);
  return body;
}

export interface ShowOptions {
  readonly video?: Uint8Array | false;
  readonly audio?: Uint8Array | false;
  /** Time of the first frame, ms. */
  readonly from?: number;
  /** Frames in a GOP. */
  readonly gop?: number;
  /** Bytes in a video frame. */
  readonly bytes?: number;
}

const FRAME_MS = 40;
/** 1,024 samples at 48 kHz. */
const SOUND_MS = 1024 / 48;

/**
 * A show of frames that are quickly made: 25 pictures a second and AAC at 48 kHz, sent as fast as asked for, since
 * the gateway believes the timestamps. What a decoder is to look at comes from a real clip.
 */
export class Show {
  readonly peer: RtmpPeer;
  /** Video frames sent so far, which is also the number of the next. */
  frames = 0;
  #sounds = 0;
  readonly #from: number;
  readonly #gop: number;
  readonly #bytes: number;
  #withVideo: boolean;
  #withAudio: boolean;

  constructor(peer: RtmpPeer, options: ShowOptions = {}) {
    const { video = AVCC_360P, audio = ASC_48K, from = 0, gop = 25, bytes = 200 } = options;
    this.peer = peer;
    this.#from = from;
    this.#gop = gop;
    this.#bytes = bytes;
    this.#withVideo = video !== false;
    this.#withAudio = audio !== false;
    if (video !== false) peer.video(from, avcConfig(video));
    if (audio !== false) peer.audio(from, aacConfig(audio));
  }

  /** Time of the next video frame, ms. */
  get now(): number {
    return this.#from + this.frames * FRAME_MS;
  }

  /** The next frame is a key frame with this configuration in front of it; call it at the end of a GOP. */
  changeVideo(config: Uint8Array): void {
    this.#withVideo = true;
    this.peer.video(this.now, avcConfig(config));
  }

  changeAudio(config: Uint8Array): void {
    this.#withAudio = true;
    this.#sounds = Math.ceil((this.now - this.#from) / SOUND_MS);
    this.peer.audio(this.now, aacConfig(config));
  }

  /** Sends so many pictures with the sound that belongs to them. */
  go(count: number): void {
    for (let sent = 0; sent < count; sent++) {
      if (this.#withVideo) {
        this.peer.video(this.now, videoBody(this.frames % this.#gop === 0, this.#bytes, this.frames));
      }
      this.frames++;
      if (!this.#withAudio) continue;
      for (; this.#from + this.#sounds * SOUND_MS < this.now; this.#sounds++) {
        this.peer.audio(Math.round(this.#from + this.#sounds * SOUND_MS), audioBody(this.#sounds));
      }
    }
  }

  /** Goes on in real time until it is told to stop. */
  live(): () => void {
    const startedAt = performance.now() - this.frames * FRAME_MS;
    const timer = setInterval(() => {
      const due = Math.floor((performance.now() - startedAt) / FRAME_MS) - this.frames;
      if (due > 0 && this.peer.socket.writable && this.peer.phase !== 'ended') this.go(due);
    }, FRAME_MS / 2);
    return () => clearInterval(timer);
  }
}
