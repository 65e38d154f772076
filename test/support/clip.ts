import { readFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { readVideoBody } from '../../src/containers/flv/video.ts';
import { FlvReader, type FlvTag } from '../../src/containers/flv/reader.ts';
import { TAG_VIDEO } from '../../src/containers/flv/tag.ts';
import { ClientSession } from '../../src/protocols/rtmp/session/client-session.ts';
import { clientTarget } from '../../src/protocols/rtmp/session/client-url.ts';
import { keptClip } from './kept-clips.ts';

/** Bits of the frame number that {@link numberedClip} draws: 4,096 frames are more than two minutes. */
export const NUMBER_BITS = 12;
export const NUMBER_BLOCK = 40;
export const CLIP_FPS = 30;
/** Of a clip for whom any length will do: longer than any test looks on. */
const LONG_SECONDS = 120;

/** A moving picture with sound, 480 wide, and along its top the frame's number in black and white blocks, lowest bit first; as FLV. */
export function numberedClip(seconds = LONG_SECONDS): string {
  const bits = Array.from({ length: NUMBER_BITS }, (_, bit) => {
    const box = `x=${bit * NUMBER_BLOCK}:y=0:w=${NUMBER_BLOCK}:h=${NUMBER_BLOCK}:t=fill`;
    return `drawbox=${box}:color=black,drawbox=${box}:color=white:enable='mod(floor(n/${2 ** bit}),2)'`;
  });
  return keptClip('numbered.flv', [
    ...[
      '-f',
      'lavfi',
      '-i',
      `testsrc2=s=480x270:r=${CLIP_FPS}`,
      '-f',
      'lavfi',
      '-i',
      'sine=f=440:r=48000:b=4',
    ],
    ...[
      '-t',
      String(seconds),
      '-vf',
      bits.join(','),
      '-c:v',
      'libx264',
      '-profile:v',
      'high',
      '-preset',
      'ultrafast',
    ],
    ...['-bf', '2', '-g', String(CLIP_FPS), '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', '96k'],
  ]);
}

export interface ClipPublisherOptions {
  /** So much of the clip is sent at once, so that the stream has a past; in real time from there on. Default 0. */
  readonly atOnceSeconds?: number;
}

/** Publishes an FLV file in real time over the gateway's own client and knows which frame it has sent last. */
export class ClipPublisher {
  readonly #tags: FlvTag[] = [];
  readonly #atOnceMs: number;
  readonly #socket: Socket;
  readonly #session: ClientSession;
  #timer: NodeJS.Timeout | undefined;
  /** Video frames sent so far. */
  sentFrames = 0;

  constructor(file: string, url: string, { atOnceSeconds = 0 }: ClipPublisherOptions = {}) {
    this.#atOnceMs = atOnceSeconds * 1000;
    new FlvReader().push(readFileSync(file), (tag) => this.#tags.push(tag));
    const target = clientTarget(url);
    if (!target) throw new Error(`not an RTMP URL: ${url}`);
    this.#socket = connect({ host: target.host, port: target.port, noDelay: true });
    this.#session = new ClientSession(
      {
        send: (bytes) => this.#socket.write(bytes),
        started: () => this.#play(),
        media: () => undefined,
        ended: (code, text) => this.#socket.destroy(new Error(`${code}: ${text}`)),
      },
      { random: randomBytes, mode: 'publish', target },
    );
    this.#socket.on('connect', () => this.#session.start());
    this.#socket.on('data', (bytes) => this.#session.receive(bytes));
    this.#socket.on('error', () => this.stop());
  }

  /** As if the machine had lost its power. */
  stop(): void {
    clearInterval(this.#timer);
    this.#socket.destroy();
  }

  #play(): void {
    const startedAt = performance.now() - this.#atOnceMs;
    let next = 0;
    this.#timer = setInterval(() => {
      for (;;) {
        const tag = this.#tags[next];
        if (!tag || tag.timestamp > performance.now() - startedAt) return;
        this.#session.sendMedia(tag.type, tag.timestamp, tag.body);
        if (tag.type === TAG_VIDEO && readVideoBody(tag.body).kind === 'frame') this.sentFrames++;
        next++;
      }
    }, 5);
  }
}
