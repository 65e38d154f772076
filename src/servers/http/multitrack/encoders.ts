import type { ClientRequest } from './client-request.ts';

export type LadderCodec = 'h264' | 'hevc' | 'av1';

/** A family of encoders that OBS has, by what does the work. */
type Maker = 'nvidia' | 'amd' | 'intel' | 'apple' | 'software';

interface EncoderType {
  /** What OBS calls it. */
  readonly type: string;
  readonly maker: Maker;
  readonly codec: LadderCodec;
  /** Names of OBS's versions differ: from this one on, and before that one. */
  readonly since?: number;
  readonly before?: number;
}

/** The best first. */
const ENCODERS: readonly EncoderType[] = [
  { type: 'obs_nvenc_h264_tex', maker: 'nvidia', codec: 'h264', since: 31 },
  { type: 'obs_nvenc_hevc_tex', maker: 'nvidia', codec: 'hevc', since: 31 },
  { type: 'obs_nvenc_av1_tex', maker: 'nvidia', codec: 'av1', since: 31 },
  { type: 'jim_nvenc', maker: 'nvidia', codec: 'h264', before: 31 },
  { type: 'jim_hevc_nvenc', maker: 'nvidia', codec: 'hevc', before: 31 },
  { type: 'jim_av1_nvenc', maker: 'nvidia', codec: 'av1', before: 31 },
  { type: 'h264_texture_amf', maker: 'amd', codec: 'h264' },
  { type: 'h265_texture_amf', maker: 'amd', codec: 'hevc' },
  { type: 'av1_texture_amf', maker: 'amd', codec: 'av1' },
  { type: 'obs_qsv11_v2', maker: 'intel', codec: 'h264' },
  { type: 'obs_qsv11_hevc', maker: 'intel', codec: 'hevc' },
  { type: 'obs_qsv11_av1', maker: 'intel', codec: 'av1' },
  { type: 'com.apple.videotoolbox.videoencoder.ave.avc', maker: 'apple', codec: 'h264' },
  { type: 'com.apple.videotoolbox.videoencoder.ave.hevc', maker: 'apple', codec: 'hevc' },
  { type: 'obs_x264', maker: 'software', codec: 'h264' },
];

/** PCI numbers of who makes graphics processors. */
const VENDORS: ReadonlyMap<number, Maker> = new Map([
  [0x10de, 'nvidia'],
  [0x1002, 'amd'],
  [0x8086, 'intel'],
]);

/** In OBS's word for a codec. */
const CODEC_NAMES: Readonly<Record<LadderCodec, string>> = { h264: 'h264', hevc: 'h265', av1: 'av1' };

/** Generations that do not encode AV1, as far as their names tell; of others the encoder is tried. */
const NO_AV1 = /GTX|RTX 20|RTX 30|RX [45]\d\d\b|RX 5\d{3}|RX 6\d{3}|HD Graphics|UHD|Iris/i;

/** Which encoder a client is to use for a codec. Gives the one for H.264 where it has none, as every client has that. */
export function encoderFor(codec: LadderCodec, request: ClientRequest): EncoderType {
  const known = ENCODERS.filter((encoder) => isThere(encoder, request));
  const { supported_codecs: codecs } = request.client;
  const mayHave = codecs.length === 0 || codecs.includes(CODEC_NAMES[codec]);
  const own = mayHave ? known.find((encoder) => encoder.codec === codec) : undefined;
  return own ?? known.find((encoder) => encoder.codec === 'h264') ?? ENCODERS.at(-1)!;
}

function isThere(encoder: EncoderType, { client, capabilities, preferences }: ClientRequest): boolean {
  const { supported_encoders: supported } = client;
  if (supported) return supported.includes(encoder.type);
  if (encoder.maker === 'software') return true;
  const major = Number.parseInt(client.version, 10) || Infinity;
  if (major < (encoder.since ?? 0) || major >= (encoder.before ?? Infinity)) return false;
  if (encoder.maker === 'apple') return /^(mac|darwin|os ?x)/i.test(capabilities.system?.name ?? '');
  // Only on Windows it is said what there is.
  const { gpu: all } = capabilities;
  const gpu = all?.[preferences.composition_gpu_index ?? 0] ?? all?.[0];
  if (VENDORS.get(gpu?.vendor_id ?? 0) !== encoder.maker) return false;
  return encoder.codec !== 'av1' || !NO_AV1.test(gpu?.model ?? '');
}

/** Seconds between key frames: in all renditions the same, and a whole number of frames. */
const KEY_FRAME_SECONDS = 2;

type EncoderSettings = Readonly<Record<string, string | number | boolean>>;

/**
 * As OBS's encoder wants them. No B-frames: key frames of all renditions come at the same time then, and players are a
 * little nearer to live.
 */
export function encoderSettings({ maker, codec }: EncoderType, kbps: number): EncoderSettings {
  const profile = codec === 'h264' ? 'high' : 'main';
  const common = { rate_control: 'CBR', bitrate: kbps, keyint_sec: KEY_FRAME_SECONDS, bf: 0, profile };
  switch (maker) {
    case 'nvidia':
      return {
        ...common,
        preset: 'p5',
        preset2: 'p5',
        tune: 'hq',
        multipass: 'qres',
        lookahead: false,
        psycho_aq: true,
        adaptive_quantization: true,
      };
    case 'amd':
      return { ...common, preset: 'quality', pre_analysis: false };
    case 'intel':
      return { ...common, target_usage: 'TU4', latency: 'normal' };
    case 'apple':
      return { ...common, bframes: false };
    case 'software':
      return { ...common, preset: 'veryfast', tune: '', x264opts: 'bframes=0 scenecut=0' };
  }
}
