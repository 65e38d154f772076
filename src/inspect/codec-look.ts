import { readAacConfig } from '../codecs/aac/config.ts';
import { readAvcConfig } from '../codecs/avc/config.ts';
import { readSps } from '../codecs/avc/sps.ts';
import { CodecError } from '../codecs/codec-error.ts';
import { TruncatedError } from '../bytes/byte-reader.ts';
import type { AudioIntake, VideoIntake } from '../inputs/intake.ts';
import { audioIntake, videoIntake } from '../inputs/intakes.ts';
import { CODEC_NAMES } from '../media/codec-names.ts';
import type { Color } from '../media/color.ts';
import type { AudioCodec, AudioTrack, TrackKind, VideoCodec, VideoTrack } from '../media/track.ts';
import type { TrackFacts } from './track-look.ts';

/** A configuration that cannot be read. */
export class CodecLookError extends Error {
  override readonly name = 'CodecLookError';
}

/** What a frame of a picture turned out to be. */
export interface PictureSeen {
  /** A decoder can start here, by the bits themselves; undefined: they could not be read. */
  readonly starts: boolean | undefined;
}

/**
 * Learns from a track's configurations and frames what it is, by the house's own readers. One for each track and codec;
 * whatever container the bytes came in.
 */
export class CodecLook {
  readonly kind: TrackKind;
  readonly codec: VideoCodec | AudioCodec;
  readonly #video: VideoIntake | undefined;
  readonly #audio: AudioIntake | undefined;
  #described: TrackFacts | undefined;
  #track: VideoTrack | AudioTrack | undefined;
  #problem: string | undefined;

  constructor(codec: VideoCodec | AudioCodec) {
    this.codec = codec;
    const notes = {
      drop: () => undefined,
      problem: (_: TrackKind, why: string | undefined): void => void (this.#problem = why),
    };
    if (isVideo(codec)) this.#video = videoIntake(codec, 'video', undefined, notes);
    else this.#audio = audioIntake(codec, 'audio', undefined, notes);
    this.kind = this.#video ? 'video' : 'audio';
  }

  /** What is known now; undefined before anything is. */
  get facts(): TrackFacts | undefined {
    return this.#described;
  }

  /** @throws {CodecLookError} if it cannot be read */
  configure(data: Uint8Array): void {
    this.#problem = undefined;
    const known = configFacts(this.codec, data);
    (this.#video ?? this.#audio)?.configure(data);
    const problem = this.#problem as string | undefined;
    if (problem !== undefined) throw new CodecLookError(problem);
    if (known) this.#described = known;
  }

  /** What the container or the publisher says of the colours. */
  describe(color: Color | undefined): void {
    this.#video?.describe?.(color);
    if (color && this.#described && this.#tellsAll) this.#described = { color, ...this.#described };
  }

  /** Of H.264 and AAC the configuration tells all that there is to know. */
  get #tellsAll(): boolean {
    return this.codec === 'avc' || this.codec === 'aac';
  }

  /** Takes a frame as it stands in FLV and MP4. */
  picture(data: Uint8Array, options: { readonly claimsKey: boolean; readonly atMs: number }): PictureSeen {
    const picture = this.#video?.picture({
      data,
      claimsKey: options.claimsKey,
      timestamp: options.atMs >>> 0,
    });
    if (!picture) return { starts: undefined };
    this.#learn(picture.track);
    return { starts: picture.startsGop || picture.recovers };
  }

  /** Samples of the message at the track's rate; undefined if they cannot be told. */
  sound(data: Uint8Array): number | undefined {
    const sounds = this.#audio?.sounds(data) ?? [];
    if (this.#audio?.track) this.#learn(this.#audio.track);
    return sounds.length === 0 ? undefined : sounds.reduce((sum, { samples }) => sum + samples, 0);
  }

  #learn(track: VideoTrack | AudioTrack): void {
    if (track === this.#track || (this.#described && this.#tellsAll)) return;
    this.#track = track;
    const { codecString } = track;
    const codec = CODEC_NAMES[track.codec];
    if (track.kind === 'audio') {
      const { sampleRate, channels } = track;
      this.#described = { codec, codecString, sampleRate, channels };
    } else {
      const { width, height, color } = track;
      this.#described = { codec, codecString, width, height, ...(color && { color }) };
    }
  }
}

function isVideo(codec: VideoCodec | AudioCodec): codec is VideoCodec {
  return ['avc', 'hevc', 'av1', 'vp9', 'vp8'].includes(codec);
}

/** H.264 and AAC tell all of it in their configuration; others with their first frame. */
function configFacts(codec: VideoCodec | AudioCodec, data: Uint8Array): TrackFacts | undefined {
  try {
    if (codec === 'avc') {
      const config = readAvcConfig(data);
      const { width, height, color } = readSps(config.sps[0]!);
      return {
        codec: CODEC_NAMES.avc,
        codecString: config.codecString,
        width,
        height,
        ...(color && { color }),
      };
    }
    if (codec !== 'aac') return undefined;
    const { codecString, sampleRate, channels } = readAacConfig(data);
    return { codec: CODEC_NAMES.aac, codecString, sampleRate, channels };
  } catch (error) {
    if (error instanceof CodecError || error instanceof TruncatedError)
      throw new CodecLookError(error.message);
    throw error;
  }
}
