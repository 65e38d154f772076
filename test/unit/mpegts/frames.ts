import type { AudioFrame, MediaFrame, VideoFrame } from '../../../src/media/frame.ts';
import { ticks } from '../../../src/media/time.ts';
import type { AudioTrack, VideoTrack } from '../../../src/media/track.ts';

export const SPS = Buffer.from('6764001facd9405005bb011000003000100000300320f1831960', 'hex');
export const PPS = Buffer.from('68ebe3cb22c0', 'hex');

const u16 = (value: number): number[] => [value >> 8, value & 0xff];

/** A track object of its own each time: tracks are told apart by identity. */
export function videoTrack(sps: Uint8Array = SPS, pps: Uint8Array = PPS): VideoTrack {
  const config = [1, 0x64, 0, 0x1f, 0xff, 0xe1, ...u16(sps.length), ...sps, 1, ...u16(pps.length), ...pps];
  return {
    id: 'video',
    kind: 'video',
    codec: 'avc',
    config: Uint8Array.from(config),
    codecString: 'avc1.64001F',
    width: 1280,
    height: 720,
    nalLengthSize: 4,
  };
}

/** LC, stereo, 48 kHz: 1,920 ticks a frame. */
export function audioTrack(config: readonly number[] = [0x11, 0x90]): AudioTrack {
  return {
    id: 'audio',
    kind: 'audio',
    codec: 'aac',
    config: Uint8Array.from(config),
    codecString: 'mp4a.40.2',
    sampleRate: 48_000,
    channels: 2,
    coreRate: 48_000,
    samplesPerFrame: 1024,
  };
}

export const AUDIO_TICKS = 1920;

/** Units with length prefixes of 4 bytes. */
export function prefixed(...units: readonly Uint8Array[]): Buffer {
  return Buffer.concat(
    units.flatMap((unit) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(unit.length);
      return [length, unit];
    }),
  );
}

/** A unit of a type and size, filled with something that tells it from others. */
export function nal(type: number, size: number, fill = 0xab): Buffer {
  const unit = Buffer.alloc(size, fill);
  unit[0] = 0x60 | type;
  return unit;
}

export interface VideoOptions {
  readonly key?: boolean;
  readonly pts?: number;
  readonly payload?: Uint8Array;
  readonly epoch?: number;
  readonly size?: number;
}

export function video(track: VideoTrack, dts: number, options: VideoOptions = {}): VideoFrame {
  const key = options.key ?? false;
  const payload =
    options.payload ?? prefixed(nal(key ? 5 : 1, options.size ?? 500, 1 + (Math.abs(dts) % 250)));
  const epoch = options.epoch ?? 0;
  return {
    kind: 'video',
    track,
    dts: ticks(dts),
    pts: ticks(options.pts ?? dts),
    startsGop: key,
    epoch,
    payload,
  };
}

/** Sound of a stream with pictures, unless `alone`. */
export function audio(track: AudioTrack, dts: number, epoch = 0, size = 200, alone = false): AudioFrame {
  const payload = Buffer.alloc(size, 1 + (Math.abs(Math.round(dts)) % 250));
  payload[0] = 0x21;
  return { kind: 'audio', track, dts: ticks(dts), pts: ticks(dts), startsGop: alone, epoch, payload };
}

export interface StreamOptions {
  readonly from?: number;
  readonly frames: number;
  /** Ticks between video frames. */
  readonly interval?: number;
  /** Frames between key frames. */
  readonly gop: number;
  readonly video?: VideoTrack;
  readonly audio?: AudioTrack;
  readonly epoch?: number;
}

/** A well-behaved publisher: tracks interleaved by decode time. */
export function stream(options: StreamOptions): MediaFrame[] {
  const { from = 0, frames, interval = 3000, gop, epoch = 0 } = options;
  const list: MediaFrame[] = [];
  const end = from + frames * interval;
  for (let index = 0; options.video && index < frames; index++) {
    list.push(video(options.video, from + index * interval, { key: index % gop === 0, epoch }));
  }
  for (let dts = from; options.audio && dts < end; dts += AUDIO_TICKS)
    list.push(audio(options.audio, dts, epoch, 200, !options.video));
  return list.sort((one, other) => one.dts - other.dts || (one.kind === 'video' ? -1 : 1));
}
