import { readFileSync } from 'node:fs';
import { seeTags, type SeenTag } from './flv-tags.ts';
import { publishTo, type RtmpPeer } from './rtmp-peer.ts';

export interface TagSenderOptions {
  readonly url: string;
  /** FLV files, sent in real time, one behind the other over one connection. */
  readonly files: readonly string[];
  /** The time stamp to send a tag with, ms. `before`: the length of the files before its own. */
  readonly stamp: (tag: SeenTag, before: number) => number;
}

const FLV_HEADER_BYTES = 13;
const SCRIPT = 18;
const FRAME_MS = 33;

/** A publisher that sends what no ffmpeg would: encoders that change their size or their clock. */
export class TagSender {
  readonly #peer: RtmpPeer;
  readonly #timer: NodeJS.Timeout;

  private constructor(peer: RtmpPeer, due: readonly { at: number; stamp: number; tag: SeenTag }[]) {
    const begun = performance.now();
    let next = 0;
    this.#peer = peer;
    this.#timer = setInterval(() => {
      for (; next < due.length && due[next]!.at <= performance.now() - begun; next++) {
        const { stamp, tag } = due[next]!;
        peer.send(tag.type, stamp >>> 0, tag.body);
      }
    }, 10);
  }

  static async start({ url, files, stamp }: TagSenderOptions): Promise<TagSender> {
    let before = 0;
    const due = files.flatMap((file) => {
      const tags = seeTags(readFileSync(file).subarray(FLV_HEADER_BYTES));
      const media = tags.filter(({ type }) => type !== SCRIPT);
      const begins = before;
      before += tags.at(-1)!.timestamp + FRAME_MS;
      return media.map((tag) => ({ at: begins + tag.timestamp, stamp: stamp(tag, begins), tag }));
    });
    return new TagSender(await publishTo(url), due);
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#peer.kill();
  }
}
