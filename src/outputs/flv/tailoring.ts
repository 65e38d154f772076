import { colorBody, configurationHead, endBody, frameHead } from '../../containers/flv/frame-body.ts';
import {
  trackColorBody,
  trackConfigurationHead,
  trackEndBody,
  trackFrameHead,
} from '../../containers/flv/track-heads.ts';
import type { Frame, VideoFrame } from '../../media/frame.ts';
import { TICKS_PER_MS } from '../../media/time.ts';
import type { AudioCodec, Track, TrackSet, VideoCodec } from '../../media/track.ts';
import type { StreamFacts } from '../../stream/wire-format.ts';

export type Codec = VideoCodec | AudioCodec;

export const VIDEO_CODECS: readonly Codec[] = ['avc', 'hevc', 'av1', 'vp9', 'vp8'];
export const AUDIO_CODECS: readonly Codec[] = ['aac', 'opus', 'flac', 'ac3', 'eac3', 'mp3'];
export const ALL_CODECS: readonly Codec[] = [...VIDEO_CODECS, ...AUDIO_CODECS];

/** Which frames a viewer can use, and how it wants them written. */
export interface TailoringOptions {
  /** Undefined: all of them. */
  readonly codecs?: ReadonlySet<Codec> | undefined;
  /** HEVC by codec id 12, as before Enhanced RTMP. */
  readonly legacyHevc?: boolean | undefined;
  /** It understands messages that tell a picture's colours. Players of FLV in browsers stop at one. */
  readonly colors?: boolean | undefined;
  /** It is given the tracks beside the main ones too, with their numbers: Enhanced RTMP, Multitrack. */
  readonly allTracks?: boolean | undefined;
}

/** CodecID that encoders and players in China agreed on for HEVC. */
export const CODEC_ID_LEGACY_HEVC = 12;

const LEGACY_HEAD_BYTES = 5;
/** Scratch: the caller copies it at once. */
const head = new Uint8Array(LEGACY_HEAD_BYTES);

/** What FLV and RTMP viewers are given of a stream, cut to what they can use. Knows no viewers; equal ones share their bytes. */
export class Tailoring {
  /** Tells those apart whose bytes differ; empty if nothing is left out or changed. */
  readonly id: string;
  readonly legacyHevc: boolean;
  readonly #options: TailoringOptions;
  readonly #codecs: ReadonlySet<Codec> | undefined;
  readonly #colors: boolean;
  readonly #allTracks: boolean;

  constructor(options: TailoringOptions = {}) {
    const { codecs, legacyHevc = false, colors = false, allTracks = false } = options;
    this.#options = options;
    this.#allTracks = allTracks;
    this.#codecs = codecs;
    this.legacyHevc = legacyHevc;
    this.#colors = colors;
    const names = codecs === undefined ? '' : `/${[...codecs].sort().join(',')}`;
    this.id = `${names}${legacyHevc ? '/hevc12' : ''}${colors ? '/colors' : ''}${allTracks ? '/all' : ''}`;
  }

  /** The same for who wants all tracks. */
  withAllTracks(): Tailoring {
    return new Tailoring({ ...this.#options, allTracks: true });
  }

  takes(codec: Codec): boolean {
    return this.#codecs?.has(codec) ?? true;
  }

  wants(frame: Frame): boolean {
    return this.#codecs === undefined || frame.kind === 'data' || this.#codecs.has(frame.track.codec);
  }

  /** Tracks that are left out are not spoken of. */
  facts(facts: StreamFacts): StreamFacts {
    if (this.#codecs === undefined) return facts;
    return { ...facts, tracks: this.tracks(facts.tracks) };
  }

  tracks({ video, audio }: TrackSet): TrackSet {
    return {
      ...(video && this.takes(video.codec) && { video }),
      ...(audio && this.takes(audio.codec) && { audio }),
    };
  }

  /** See frameHead of containers/flv. */
  frameHead(frame: Frame): Uint8Array {
    if (this.#allTracks && frame.kind !== 'data' && frame.track.id !== frame.kind)
      return trackFrameHead(frame);
    if (this.legacyHevc && frame.kind === 'video' && frame.track.codec === 'hevc')
      return legacyFrameHead(frame);
    return frameHead(frame);
  }

  configurationHead(track: Track): Uint8Array | undefined {
    if (this.#isBeside(track)) return trackConfigurationHead(track);
    if (this.legacyHevc && track.codec === 'hevc') return legacyHead(true, 0, 0);
    return configurationHead(track);
  }

  /** Stands behind the configuration: see colorBody of containers/flv. */
  colorBody(track: Track): Uint8Array | undefined {
    if (this.#colors && this.#isBeside(track)) return trackColorBody(track);
    if (!this.#colors || (this.legacyHevc && track.codec === 'hevc')) return undefined;
    return colorBody(track);
  }

  /** A whole body that says that no more frames come; undefined for what is written as it always was. */
  endBody(track: Track): Uint8Array | undefined {
    if (this.#isBeside(track)) return trackEndBody(track);
    return this.legacyHevc && track.codec === 'hevc' ? undefined : endBody(track);
  }

  #isBeside(track: Track): boolean {
    return this.#allTracks && track.id !== track.kind;
  }
}

/** Everything, written as it should be today. */
export const UNTAILORED = new Tailoring();

function legacyFrameHead({ startsGop, pts, dts }: VideoFrame): Uint8Array {
  return legacyHead(startsGop, 1, Math.round((pts - dts) / TICKS_PER_MS));
}

/** AVCVIDEOPACKET's head with another codec's number. */
function legacyHead(isKey: boolean, packetType: 0 | 1, compositionMs: number): Uint8Array {
  head[0] = ((isKey ? 1 : 2) << 4) | CODEC_ID_LEGACY_HEVC;
  head[1] = packetType;
  head[2] = compositionMs >> 16;
  head[3] = compositionMs >> 8;
  head[4] = compositionMs;
  return head;
}
