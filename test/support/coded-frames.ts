import { readFileSync } from 'node:fs';
import type { Color } from '../../src/media/color.ts';
import type { AudioFrame, MediaFrame, VideoFrame } from '../../src/media/frame.ts';
import { ticks } from '../../src/media/time.ts';
import type { AudioCodec, AudioTrack, Track, VideoCodec, VideoTrack } from '../../src/media/track.ts';
import { boxData, codedClip, type ClipName, type CodedClip, type CodedPacket } from './coded-clips.ts';
import { hex } from './media.ts';

/** A clip as a track and its frames, made of nothing but what ffmpeg put into its file. */
export interface CodedFrames {
  readonly clip: CodedClip;
  readonly track: Track;
  readonly frames: readonly MediaFrame[];
}

/** What `hevc-hdr` is encoded with. */
export const HDR10: Color = {
  primaries: 9,
  transfer: 16,
  matrix: 9,
  fullRange: false,
  mastering: {
    green: { x: 0.265, y: 0.69 },
    blue: { x: 0.15, y: 0.06 },
    red: { x: 0.68, y: 0.32 },
    white: { x: 0.3127, y: 0.329 },
    maxLuminance: 1000,
    minLuminance: 0.005,
  },
  light: { maxCll: 1000, maxFall: 400 },
};

const SAMPLES: Readonly<Record<AudioCodec, number>> = {
  aac: 1024,
  opus: 960,
  flac: 4096,
  ac3: 1536,
  eac3: 1536,
  mp3: 1152,
};
const FLAC_MARK_AND_HEAD = 8;

export async function codedFrames(name: ClipName): Promise<CodedFrames> {
  const clip = await codedClip(name);
  const track = clip.kind === 'video' ? picture(name, clip) : sound(name, clip);
  const frames = clip.packets.map((packet, index) =>
    track.kind === 'video' ? videoFrame(track, packet) : audioFrame(track, packet, clip.packets[index + 1]),
  );
  return { clip, track, frames };
}

function picture(name: ClipName, clip: CodedClip): VideoTrack {
  const facts = {
    id: 'video' as const,
    kind: 'video' as const,
    config: clip.config ?? new Uint8Array(0),
    codecString: clip.codec,
    width: 320,
    height: 180,
    ...(name.endsWith('-hdr') && { color: HDR10 }),
  };
  const codec = clip.codec as VideoCodec;
  return codec === 'avc' || codec === 'hevc' ? { ...facts, codec, nalLengthSize: 4 } : { ...facts, codec };
}

function sound(name: ClipName, clip: CodedClip): AudioTrack {
  const codec = clip.codec as AudioCodec;
  const rate = name === 'mp3-lsf' ? 22_050 : 48_000;
  const channels =
    name === 'eac3' || name.endsWith('-51') ? 6 : name === 'opus-mono' || name === 'mp3-lsf' ? 1 : 2;
  const samplesPerFrame = name === 'mp3-lsf' ? 576 : SAMPLES[codec];
  const config = soundConfig(clip);
  return {
    id: 'audio',
    kind: 'audio',
    codec,
    config,
    codecString: codec,
    sampleRate: rate,
    channels,
    coreRate: rate,
    samplesPerFrame,
  };
}

function soundConfig({ codec, config, file }: CodedClip): Uint8Array {
  if (codec === 'flac') return config!.subarray(FLAC_MARK_AND_HEAD, FLAC_MARK_AND_HEAD + 34);
  if (codec === 'ac3') return boxData(readFileSync(file), 'dac3');
  if (codec === 'eac3') return boxData(readFileSync(file), 'dec3');
  return config ?? hex('');
}

const inTicks = (ms: number): number => Math.round(ms * 90);

function videoFrame(track: VideoTrack, { dtsMs, compositionMs, key, data }: CodedPacket): VideoFrame {
  const times = { dts: ticks(inTicks(dtsMs)), pts: ticks(inTicks(dtsMs + compositionMs)) };
  return { kind: 'video', track, ...times, startsGop: key, epoch: 0, payload: data };
}

function audioFrame(track: AudioTrack, packet: CodedPacket, next: CodedPacket | undefined): AudioFrame {
  const dts = ticks(inTicks(packet.dtsMs));
  const samples = next && Math.round(((next.dtsMs - packet.dtsMs) * track.coreRate) / 1000);
  const tells = (track.codec === 'opus' || track.codec === 'flac') && samples !== undefined;
  return {
    kind: 'audio',
    track,
    dts,
    pts: dts,
    startsGop: true,
    epoch: 0,
    ...(tells && { samples }),
    payload: packet.data,
  };
}
