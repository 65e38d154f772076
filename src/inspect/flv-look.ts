import { AmfObject } from '../amf/value.ts';
import { readAmf0Values } from '../amf/amf0-reader.ts';
import { AmfError } from '../amf/errors.ts';
import { readAvcConfig } from '../codecs/avc/config.ts';
import { hasIdr } from '../codecs/avc/nal.ts';
import { readAudioBody } from '../containers/flv/audio.ts';
import { readColorInfo } from '../containers/flv/color-info.ts';
import type { AudioPart, VideoPart } from '../containers/flv/parts.ts';
import { FlvReader, type FlvTag } from '../containers/flv/reader.ts';
import { TAG_AUDIO, TAG_SCRIPT, TAG_VIDEO, tagBytes } from '../containers/flv/tag.ts';
import { readVideoBody } from '../containers/flv/video.ts';
import { TICKS_PER_MS } from '../media/time.ts';
import { trackId, type AudioCodec, type TrackKind, type VideoCodec } from '../media/track.ts';
import { CODEC_NAMES } from '../media/codec-names.ts';
import { CodecLook } from './codec-look.ts';
import type { Findings } from './findings.ts';
import type { MediaLook } from './media-look.ts';
import { unwrap } from './numbers.ts';
import type { FlvFacts, MediaReport } from './report-media.ts';
import type { FrameSeen, TrackLook } from './track-look.ts';

/** Entries of onMetaData that are told; encoders write a dozen. */
const MAX_METADATA_ENTRIES = 64;

/** Takes FLV apart, tag by tag. */
export class FlvLook {
  readonly #media: MediaLook;
  readonly #findings: Findings;
  readonly #reader = new FlvReader();
  readonly #named = new Set<string>();
  /** By track id. */
  readonly #codecs = new Map<string, CodecLook>();
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
    const parts = body.kind === 'tracks' ? body.parts : [body];
    const keyFrame = ((bytes[0]! >> 4) & 0x07) === 1;
    const share = Math.round(tagBytes(bytes.length) / Math.max(1, parts.length));
    for (const part of parts) this.#seePicture(part, { dts, pts: dts, bytes: share, keyFrame });
  }

  #seePicture(part: VideoPart, seen: FrameSeen): void {
    switch (part.kind) {
      case 'nothing':
        return;
      case 'metadata':
        return this.#seeColor(part);
      case 'damaged':
        return this.#findDamage(part.why);
      case 'unsupported':
        return this.#seeUnknown('video', part, seen);
      case 'config':
        return this.#seeVideoConfig(part);
      case 'frame': {
        const { codec, track, compositionMs, keyFrame, data } = part;
        const look = this.#media.track(trackId('video', track), 'video');
        if (codec !== 'avc')
          this.#learn(look, this.#codecOf(look, codec), () => {
            const { starts } = this.#codecOf(look, codec).picture(data, {
              claimsKey: keyFrame,
              atMs: seen.dts / TICKS_PER_MS,
            });
            if (starts !== undefined && starts !== keyFrame) this.#labelledWrong++;
          });
        else if (track === 0 && this.#isIdr(data) !== keyFrame) this.#labelledWrong++;
        this.#media.add(look, { ...seen, pts: seen.dts + compositionMs * TICKS_PER_MS });
      }
    }
  }

  #seeVideoConfig({ codec, track, data }: Extract<VideoPart, { kind: 'config' }>): void {
    const look = this.#media.track(trackId('video', track), 'video');
    if (codec === 'avc' && track === 0)
      this.#try(() => (this.#nalLengthSize = readAvcConfig(data).nalLengthSize));
    this.#configure(look, codec, data);
  }

  /** Enhanced RTMP's Metadata: colours that the bits need not tell. */
  #seeColor({ codec, track, data }: Extract<VideoPart, { kind: 'metadata' }>): void {
    const look = this.#media.track(trackId('video', track), 'video');
    try {
      const said = readColorInfo(data);
      if (said) this.#codecOf(look, codec).describe(said.color);
    } catch (error) {
      if (!(error instanceof AmfError)) throw error;
      this.#findDamage('its colour metadata are no AMF');
    }
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
    const parts = body.kind === 'tracks' ? body.parts : [body];
    const share = Math.round(tagBytes(bytes.length) / Math.max(1, parts.length));
    for (const part of parts) this.#seeSound(part, { dts, pts: dts, bytes: share, keyFrame: true });
  }

  #seeSound(part: AudioPart, seen: FrameSeen): void {
    switch (part.kind) {
      case 'nothing':
      case 'layout':
        return;
      case 'damaged':
        return this.#findDamage(part.why);
      case 'unsupported':
        return this.#seeUnknown('audio', part, seen);
      case 'config':
        return this.#seeAudioConfig(part);
      case 'frame': {
        const look = this.#media.track(trackId('audio', part.track), 'audio');
        if (part.codec !== 'aac') {
          const codec = this.#codecOf(look, part.codec);
          this.#learn(look, codec, () => void codec.sound(part.data));
        }
        this.#media.add(look, seen);
      }
    }
  }

  #seeAudioConfig({ codec, track, data }: Extract<AudioPart, { kind: 'config' }>): void {
    const look = this.#media.track(trackId('audio', track), 'audio');
    this.#configure(look, codec, data);
  }

  #configure(look: TrackLook, codec: VideoCodec | AudioCodec, data: Uint8Array): void {
    const one = this.#codecOf(look, codec);
    this.#learn(look, one, () => one.configure(data));
  }

  /** What is now known of the track is told to it. */
  #learn(look: TrackLook, codec: CodecLook, read: () => void): void {
    const before = codec.facts;
    this.#try(read);
    if (codec.facts && codec.facts !== before) look.describe(codec.facts);
    else if (!codec.facts) look.announce(CODEC_NAMES[codec.codec]);
  }

  #codecOf(look: TrackLook, codec: VideoCodec | AudioCodec): CodecLook {
    const known = this.#codecs.get(look.id);
    if (known?.codec === codec) return known;
    const made = new CodecLook(codec);
    this.#codecs.set(look.id, made);
    return made;
  }

  /** A codec that FLV can name and that is not read. */
  #seeUnknown(
    kind: TrackKind,
    { codec, track }: Extract<VideoPart, { kind: 'unsupported' }>,
    seen: FrameSeen,
  ): void {
    const look = this.#media.track(trackId(kind, track), kind);
    this.#announce(look, codec);
    this.#media.add(look, seen);
  }

  #findDamage(why: string): void {
    this.#findings.add('flv-enhanced', `a message of Enhanced RTMP cannot be read: ${why}`);
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

  #announce(look: TrackLook, codec: string): void {
    look.announce(codec);
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
