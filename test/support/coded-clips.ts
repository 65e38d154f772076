import { readFileSync } from 'node:fs';
import {
  ALL_FORMATS,
  BufferSource,
  EncodedPacketSink,
  Input,
  type InputAudioTrack,
  type InputVideoTrack,
} from 'mediabunny';
import type { AudioCodec, VideoCodec } from '../../src/media/track.ts';
import { keptClip } from './kept-clips.ts';
import { hex } from './media.ts';

/** A frame as it left the encoder. */
export interface CodedPacket {
  /** When it is to be decoded, in ms from the clip's beginning; a fraction. */
  readonly dtsMs: number;
  /** From decoding to showing; a fraction. */
  readonly compositionMs: number;
  /** The container says that a decoder can start here. */
  readonly key: boolean;
  readonly data: Uint8Array;
}

/** One track, in the form in which Enhanced RTMP carries it. */
export interface CodedClip {
  readonly name: string;
  readonly kind: 'video' | 'audio';
  readonly codec: VideoCodec | AudioCodec;
  /**
   * The body of a SequenceStart: hvcC, av1C, vpcC (without version and flags), AudioSpecificConfig, OpusHead, `fLaC` and
   * STREAMINFO. Undefined where there is none to send: AC-3, E-AC-3 and MP3.
   */
  readonly config: Uint8Array | undefined;
  readonly packets: readonly CodedPacket[];
  /** The file it comes from, for ffprobe and ffmpeg. */
  readonly file: string;
}

/** Seconds of every clip; with pictures, a key frame each second, 320 x 180 at 25 fps. */
export const CLIP_SECONDS = 3;

interface Recipe {
  readonly kind: 'video' | 'audio';
  readonly codec: VideoCodec | AudioCodec;
  /** The container, by its file's ending: one that both ffmpeg writes and mediabunny reads. */
  readonly ending: 'mp4' | 'mkv' | 'webm' | 'mp3';
  readonly args: string;
}

const HDR10 =
  'hdr10=1:repeat-headers=1:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc:' +
  'master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,50):max-cll=1000,400';
const X265 = 'log-level=none:keyint=25:min-keyint=25:scenecut=0:pools=1:frame-threads=1';
const HDR_TAGS = '-color_primaries bt2020 -color_trc smpte2084 -colorspace bt2020nc -pix_fmt yuv420p10le';

const RECIPES = {
  avc: video('avc', 'mp4', '-c:v libx264 -preset ultrafast -profile:v high -bf 2'),
  hevc: video('hevc', 'mp4', `-c:v libx265 -preset ultrafast -x265-params ${X265}:open-gop=0 -tag:v hvc1`),
  /** CRA pictures with leading pictures that cannot be decoded by who starts there. */
  'hevc-open': video(
    'hevc',
    'mp4',
    `-c:v libx265 -preset ultrafast -x265-params ${X265}:open-gop=1:bframes=3:b-adapt=0 -tag:v hvc1`,
  ),
  /** 10 bits, PQ, the mastering display and light levels in SEI messages. */
  'hevc-hdr': video(
    'hevc',
    'mp4',
    `-c:v libx265 -preset ultrafast ${HDR_TAGS} -x265-params ${X265}:open-gop=0:${HDR10} -tag:v hvc1`,
  ),
  av1: video('av1', 'mp4', '-c:v libaom-av1 -cpu-used 8 -usage realtime -row-mt 1 -b:v 200k'),
  'av1-svt': video('av1', 'mp4', '-c:v libsvtav1 -preset 12 -svtav1-params rc=0'),
  'av1-hdr': video('av1', 'mp4', `-c:v libaom-av1 -cpu-used 8 -usage realtime -b:v 200k ${HDR_TAGS}`),
  vp9: video('vp9', 'mp4', '-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -b:v 200k'),
  /** With hidden frames, so with superframes. */
  'vp9-hidden': video(
    'vp9',
    'mp4',
    '-c:v libvpx-vp9 -deadline good -cpu-used 5 -b:v 200k -auto-alt-ref 1 -lag-in-frames 16',
  ),
  'vp9-hdr': video('vp9', 'mp4', `-c:v libvpx-vp9 -profile:v 2 -deadline realtime -cpu-used 8 ${HDR_TAGS}`),
  vp8: video('vp8', 'webm', '-c:v libvpx -deadline realtime -cpu-used 8 -b:v 200k'),
  aac: audio('aac', 'mp4', 2, '-c:a aac -b:a 96k'),
  opus: audio('opus', 'mkv', 2, '-c:a libopus -b:a 64k'),
  'opus-mono': audio('opus', 'mkv', 1, '-c:a libopus -b:a 32k -frame_duration 60'),
  'opus-51': audio('opus', 'mkv', 6, '-c:a libopus -b:a 160k -mapping_family 1'),
  flac: audio('flac', 'mkv', 2, '-c:a flac'),
  ac3: audio('ac3', 'mp4', 2, '-c:a ac3 -b:a 128k'),
  'ac3-51': audio('ac3', 'mp4', 6, '-c:a ac3 -b:a 320k'),
  eac3: audio('eac3', 'mp4', 6, '-c:a eac3 -b:a 256k'),
  mp3: audio('mp3', 'mp3', 2, '-c:a libmp3lame -b:a 96k -write_xing 0 -id3v2_version 0'),
  /** MPEG-2: half the rates, half the samples in a frame. */
  'mp3-lsf': audio('mp3', 'mp3', 1, '-ar 22050 -c:a libmp3lame -b:a 32k -write_xing 0 -id3v2_version 0'),
} as const satisfies Record<string, Recipe>;

export type ClipName = keyof typeof RECIPES;
export const CLIP_NAMES = Object.keys(RECIPES) as readonly ClipName[];

function video(codec: VideoCodec, ending: Recipe['ending'], args: string): Recipe {
  const source = `-f lavfi -i testsrc2=s=320x180:r=25 -t ${CLIP_SECONDS}`;
  const format = args.includes('-pix_fmt') ? '' : '-pix_fmt yuv420p';
  return { kind: 'video', codec, ending, args: `${source} ${args} ${format} -g 25` };
}

function audio(codec: AudioCodec, ending: Recipe['ending'], channels: number, args: string): Recipe {
  const source = `-f lavfi -i sine=f=440:r=48000:b=4 -t ${CLIP_SECONDS} -ac ${channels}`;
  return { kind: 'audio', codec, ending, args: `${source} ${args}` };
}

/** A clip's file. */
export function clipFile(name: ClipName): string {
  const { ending, args } = RECIPES[name];
  const words = args.split(' ').filter((word) => word !== '');
  return keptClip(`${name}.${ending}`, [...words, '-map_metadata', '-1', '-threads', '2', '-strict', '-2']);
}

const opened = new Map<ClipName, Promise<CodedClip>>();

/** A clip's packets and configuration. Needs ffmpeg the first time. */
export function codedClip(name: ClipName): Promise<CodedClip> {
  const known = opened.get(name);
  if (known) return known;
  const clip = open(name);
  opened.set(name, clip);
  return clip;
}

function open(name: ClipName): Promise<CodedClip> {
  return readClip(name, RECIPES[name], clipFile(name));
}

/** Any file's first track of a kind. */
export async function readClip(
  name: string,
  { kind, codec }: Pick<CodedClip, 'kind' | 'codec'>,
  file: string,
): Promise<CodedClip> {
  const bytes = readFileSync(file);
  const input = new Input({ formats: ALL_FORMATS, source: new BufferSource(bytes) });
  const track = kind === 'video' ? await input.getPrimaryVideoTrack() : await input.getPrimaryAudioTrack();
  if (!track) throw new Error(`${file}: no ${kind} in it`);
  const config = await configOf(codec, bytes, track);
  return { name, kind, codec, config, packets: await packetsOf(track), file };
}

/** mediabunny tells when a frame is shown; decode times are the same times in order, so much earlier that none is late. */
async function packetsOf(track: InputVideoTrack | InputAudioTrack): Promise<CodedPacket[]> {
  const read = [];
  for await (const packet of new EncodedPacketSink(track).packets()) {
    read.push({ data: packet.data, ptsMs: packet.timestamp * 1000, key: packet.type === 'key' });
  }
  const times = read.map(({ ptsMs }) => ptsMs).sort((one, other) => one - other);
  const delay = Math.max(0, ...read.map(({ ptsMs }, index) => times[index]! - ptsMs));
  const first = times[0] ?? 0;
  return read.map(({ data, ptsMs, key }, index) => {
    const dtsMs = times[index]! - first;
    return { dtsMs, compositionMs: ptsMs - first - dtsMs + delay, key, data };
  });
}

/** VPCodecConfigurationRecord: profile 0, no level, 8 bits, 4:2:0; WebM has none for VP8. */
const VP8_CONFIG = hex('00 00 82 02 02 02 0000');

async function configOf(
  codec: VideoCodec | AudioCodec,
  bytes: Buffer,
  track: InputVideoTrack | InputAudioTrack,
): Promise<Uint8Array | undefined> {
  switch (codec) {
    case 'av1':
      return boxData(bytes, 'av1C');
    case 'vp9':
      return boxData(bytes, 'vpcC').subarray(4); // version and flags
    case 'vp8':
      return VP8_CONFIG;
    case 'ac3':
    case 'eac3':
    case 'mp3':
      return undefined;
    case 'avc':
    case 'hevc':
    case 'aac':
    case 'opus':
    case 'flac': {
      const config = await track.getDecoderConfig();
      const description = config?.description;
      if (description === undefined) throw new Error(`no configuration of ${codec}`);
      return bytesOf(description);
    }
  }
}

function bytesOf(source: AllowSharedBufferSource): Uint8Array {
  return ArrayBuffer.isView(source)
    ? Uint8Array.from(new Uint8Array(source.buffer, source.byteOffset, source.byteLength))
    : new Uint8Array(source);
}

/** What the first box of this type holds, wherever it stands. */
export function boxData(bytes: Buffer, type: string): Buffer {
  const at = bytes.indexOf(type, 0, 'latin1');
  if (at < 4) throw new Error(`no ${type} box`);
  return bytes.subarray(at + 4, at - 4 + bytes.readUInt32BE(at - 4));
}
