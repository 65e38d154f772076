/** What OBS posts before it goes live with Multitrack Video, as version 32 on Windows does. */
export interface ObsWish {
  readonly key: string;
  readonly version?: string;
  readonly width?: number;
  readonly height?: number;
  readonly fps?: number | readonly [number, number];
  /** PCI number of the graphics processor's maker; undefined: none is told of. */
  readonly vendor?: number;
  readonly model?: string;
  readonly cores?: number;
  readonly system?: string;
  readonly codecs?: readonly string[];
  readonly encoders?: readonly string[];
  readonly maxKbps?: number;
  readonly maxTracks?: number;
  readonly vod?: boolean;
  readonly channels?: number;
}

export const NVIDIA = 0x10de;
export const AMD = 0x1002;
export const INTEL = 0x8086;

export function obsRequest(wish: ObsWish): Record<string, unknown> {
  const { key, version = '32.0.1', codecs = ['h264', 'h265', 'av1'], encoders } = wish;
  return {
    service: 'IVS',
    schema_version: '2025-01-25',
    authentication: key,
    client: {
      name: 'obs-studio',
      version,
      supported_codecs: codecs,
      ...(encoders && { supported_encoders: encoders }),
    },
    capabilities: capabilitiesOf(wish),
    preferences: preferencesOf(wish),
  };
}

function capabilitiesOf({ vendor, model = '', cores = 8, system = 'Windows' }: ObsWish): object {
  const gpu = {
    model,
    vendor_id: vendor,
    device_id: 9860,
    dedicated_video_memory: 12_622_757_888,
    shared_system_memory: 17_092_104_192,
    driver_version: '32.0.15.7283',
  };
  return {
    cpu: { physical_cores: cores, logical_cores: 2 * cores, speed: 3600, name: 'a processor' },
    memory: { total: 34_184_208_384, free: 21_000_000_000 },
    gaming_features: { game_bar_enabled: true, game_mode_enabled: null, hags_enabled: true },
    system: {
      version: '10.0',
      name: system,
      build: 22631,
      release: '23H2',
      revision: 4317,
      bits: 64,
      arm: false,
      armEmulation: false,
    },
    gpu: vendor === undefined ? null : [gpu],
  };
}

function preferencesOf(wish: ObsWish): object {
  const { width = 1920, height = 1080, fps = 60, maxKbps, maxTracks, vod = false, channels = 2 } = wish;
  const [numerator, denominator] = typeof fps === 'number' ? [fps, 1] : fps;
  const framerate = { numerator, denominator };
  return {
    maximum_aggregate_bitrate: maxKbps ?? null,
    maximum_video_tracks: maxTracks ?? null,
    vod_track_audio: vod,
    composition_gpu_index: 0,
    audio_samples_per_sec: 48_000,
    audio_channels: channels,
    audio_max_buffering_ms: 960,
    audio_fixed_buffering: false,
    canvases: [{ width, height, canvas_width: width, canvas_height: height, framerate }],
  };
}
