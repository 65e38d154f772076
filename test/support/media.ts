import type { AudioFrame, DataFrame, VideoFrame } from '../../src/media/frame.ts';
import { ticksFromMs } from '../../src/media/time.ts';
import type { AudioTrack, NalTrack, VideoTrack } from '../../src/media/track.ts';

/** Bytes from hex; blanks are left out. */
export const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

/** AVCDecoderConfigurationRecords with parameter sets as x264 writes them. */
export const AVCC_360P = hex(`01 42c01e ff
  e1 0019 6742c01ed900a02ff97011000003000100000300320f162e48
  01 0005 68cb83cb20`);
export const AVCC_720P = hex(`01 64001f ff
  e1 001a 6764001facd9405005bb011000003000100000300320f1831960
  01 0006 68ebe3cb22c0`);
/** AudioSpecificConfigs: AAC-LC stereo at 48 and 44.1 kHz. */
export const ASC_48K = hex('1190');
export const ASC_44K = hex('1210');

/** A track object of its own each time: tracks are told apart by identity. `label` is what the text format shows. */
export function videoTrack(label = 'v'): NalTrack {
  return {
    id: 'video',
    kind: 'video',
    codec: 'avc',
    config: AVCC_360P,
    codecString: label,
    width: 640,
    height: 360,
    nalLengthSize: 4,
  };
}

export function audioTrack(label = 'a'): AudioTrack {
  return {
    id: 'audio',
    kind: 'audio',
    codec: 'aac',
    config: ASC_48K,
    codecString: label,
    sampleRate: 48_000,
    channels: 2,
    coreRate: 48_000,
    samplesPerFrame: 1024,
  };
}

export const VIDEO = videoTrack();
export const AUDIO = audioTrack();

/** An IDR slice, and a slice that is none, with their length prefixes. */
export const IDR = hex('00000004 65888400');
export const SLICE = hex('00000003 419a00');

interface FrameOptions<T> {
  readonly track?: T;
  readonly epoch?: number;
  readonly bytes?: number;
}

function frame(
  dtsMs: number,
  key: boolean,
  options: FrameOptions<VideoTrack> & { compositionMs?: number },
): VideoFrame {
  const { track = VIDEO, epoch = 1, bytes, compositionMs = 0 } = options;
  const payload = bytes === undefined ? (key ? IDR : SLICE) : Buffer.alloc(bytes, 0x55);
  const dts = ticksFromMs(dtsMs);
  return {
    kind: 'video',
    track,
    dts,
    pts: ticksFromMs(dtsMs + compositionMs),
    startsGop: key,
    epoch,
    payload,
  };
}

type VideoOptions = FrameOptions<VideoTrack> & { compositionMs?: number };

/** A key frame, times in ms. */
export const key = (dtsMs: number, options: VideoOptions = {}): VideoFrame => frame(dtsMs, true, options);
/** A frame that needs others. */
export const inter = (dtsMs: number, options: VideoOptions = {}): VideoFrame => frame(dtsMs, false, options);

/** An audio frame; `alone` for one of a stream without video. */
export function sound(
  dtsMs: number,
  options: FrameOptions<AudioTrack> & { readonly alone?: boolean } = {},
): AudioFrame {
  const { track = AUDIO, epoch = 1, bytes = 6, alone = false } = options;
  const dts = ticksFromMs(dtsMs);
  return { kind: 'audio', track, dts, pts: dts, startsGop: alone, epoch, payload: Buffer.alloc(bytes, 0x21) };
}

/** An `onTextData` event: its name in AMF0 and null. */
export function data(dtsMs: number): DataFrame {
  const payload = Buffer.concat([hex('02 000a'), Buffer.from('onTextData'), hex('05')]);
  return { kind: 'data', dts: ticksFromMs(dtsMs), epoch: 1, name: 'onTextData', payload };
}
