import { AmfObject } from '../amf/value.ts';
import { readAmf0Values } from '../amf/amf0-reader.ts';
import { readAacConfig } from '../codecs/aac/config.ts';
import { readAvcConfig } from '../codecs/avc/config.ts';
import { hasIdr } from '../codecs/avc/nal.ts';
import { readSps } from '../codecs/avc/sps.ts';
import { readAudioBody } from '../containers/flv/audio.ts';
import { FlvReader, type FlvTag } from '../containers/flv/reader.ts';
import { TAG_AUDIO, TAG_SCRIPT, TAG_VIDEO, tagBytes } from '../containers/flv/tag.ts';
import { readVideoBody } from '../containers/flv/video.ts';
import { TICKS_PER_MS } from '../media/time.ts';
import type { Findings } from './findings.ts';
import type { MediaLook } from './media-look.ts';
import { unwrap } from './numbers.ts';
import type { FlvFacts, MediaReport } from './report.ts';

/** Entries of onMetaData that are told; encoders write a dozen. */
const MAX_METADATA_ENTRIES = 64;

/** Takes FLV apart, tag by tag. */
export class FlvLook {
  readonly #media: MediaLook;
  readonly #findings: Findings;
  readonly #reader = new FlvReader();
  readonly #named = new Set<string>();
  #tags = 0;
  #nearMs: number | undefined;
  #nalLengthSize = 4;
  #metadata: Record<string, number | string | boolean> | undefined;
  #labelledWrong = 0;

  constructor(media: MediaLook, findings: Findings) {
    this.#media = media;
    this.#findings = findings;
  }

  /** Throws FlvError once the bytes are no longer tags. */
  push(bytes: Uint8Array): void {
    this.#reader.push(bytes, (tag) => {
      this.#seeTag(tag);
    });
  }

  /** `cut`: we stopped looking, so that half a tag at the end is no wonder. */
  end(cut: boolean): void {
    if (!cut && this.#reader.unread > 0) {
      this.#findings.add(
        'cut-short',
        `it ends in the middle of a tag: ${this.#reader.unread} bytes are left over`,
      );
    }
    if (this.#labelledWrong > 0) {
      this.#findings.add(
        'flv-key-frame-label',
        `${this.#labelledWrong} tags are marked as key frames without an IDR picture, or the other way round`,
      );
    }
  }

  facts(): FlvFacts | undefined {
    const flags = this.#reader.flags;
    return flags && { flags, tags: this.#tags, metadata: this.#metadata };
  }

  /** What the file says about itself beside what is in it. */
  compare(media: MediaReport): void {
    const flags = this.#reader.flags;
    if (!flags) return;
    for (const kind of ['video', 'audio'] as const) {
      const track = media.tracks.find((one) => one.kind === kind && one.frames > 0);
      if (flags[kind] !== (track !== undefined)) {
        const [said, found] = flags[kind] ? ['announces', 'there is none'] : ['leaves out', 'there is'];
        this.#findings.add('flv-flags', `the FLV header ${said} ${kind}, but ${found}`);
      }
    }
    const video = media.tracks.find((track) => track.kind === 'video');
    for (const side of ['width', 'height'] as const) {
      const said = this.#metadata?.[side];
      const found = video?.[side];
      if (typeof said === 'number' && said > 0 && found !== undefined && said !== found) {
        this.#findings.add('flv-metadata', `onMetaData says ${side} ${said}, the video has ${found}`);
      }
    }
  }

  #seeTag(tag: FlvTag): void {
    this.#tags++;
    const ms = unwrap(tag.timestamp, this.#nearMs, 2 ** 32);
    this.#nearMs = ms;
    if (tag.type === TAG_VIDEO) this.#seeVideo(tag.body, ms * TICKS_PER_MS);
    else if (tag.type === TAG_AUDIO) this.#seeAudio(tag.body, ms * TICKS_PER_MS);
    else if (tag.type === TAG_SCRIPT) this.#seeScript(tag.body);
  }

  #seeVideo(bytes: Uint8Array, dts: number): void {
    const body = readVideoBody(bytes);
    if (body.kind === 'nothing') return;
    const track = this.#media.track('video', 'video');
    if (body.kind === 'config') {
      this.#try(() => {
        const config = readAvcConfig(body.data);
        this.#nalLengthSize = config.nalLengthSize;
        const { width, height } = readSps(config.sps[0]!);
        track.describe({ codec: 'H.264', codecString: config.codecString, width, height });
      });
      return;
    }
    if (body.kind === 'unsupported') {
      this.#nameOnce(body.codec);
      track.announce(body.codec);
      const keyFrame = ((bytes[0]! >> 4) & 0x07) === 1;
      this.#media.add(track, { dts, pts: dts, bytes: tagBytes(bytes.length), keyFrame });
      return;
    }
    const pts = dts + body.compositionMs * TICKS_PER_MS;
    if (this.#isIdr(body.data) !== body.keyFrame) this.#labelledWrong++;
    this.#media.add(track, { dts, pts, bytes: tagBytes(bytes.length), keyFrame: body.keyFrame });
  }

  #isIdr(payload: Uint8Array): boolean {
    try {
      return hasIdr(payload, this.#nalLengthSize);
    } catch {
      return false;
    }
  }

  #seeAudio(bytes: Uint8Array, dts: number): void {
    const body = readAudioBody(bytes);
    if (body.kind === 'nothing') return;
    const track = this.#media.track('audio', 'audio');
    if (body.kind === 'config') {
      this.#try(() => {
        const { codecString, sampleRate, channels } = readAacConfig(body.data);
        track.describe({ codec: 'AAC', codecString, sampleRate, channels });
      });
      return;
    }
    if (body.kind === 'unsupported') {
      this.#nameOnce(body.codec);
      track.announce(body.codec);
    }
    this.#media.add(track, { dts, pts: dts, bytes: tagBytes(bytes.length), keyFrame: true });
  }

  #seeScript(body: Uint8Array): void {
    this.#try(() => {
      const [name, ...values] = readAmf0Values(body);
      const object = values.find((value) => value instanceof AmfObject);
      if (!object || !(name === 'onMetaData' || name === '@setDataFrame')) return;
      const plain = [...object].filter(
        (entry): entry is [string, number | string | boolean] =>
          typeof entry[1] === 'number' || typeof entry[1] === 'string' || typeof entry[1] === 'boolean',
      );
      this.#metadata = Object.fromEntries(plain.slice(0, MAX_METADATA_ENTRIES));
    });
  }

  #nameOnce(codec: string): void {
    if (this.#named.has(codec)) return;
    this.#named.add(codec);
    this.#findings.add('codec-not-read', `the codec is ${codec}, which is not looked into`);
  }

  #try(read: () => void): void {
    try {
      read();
    } catch (error) {
      this.#findings.add('config-unreadable', error instanceof Error ? error.message : String(error));
    }
  }
}
