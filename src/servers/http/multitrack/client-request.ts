import * as z from 'zod';

/*
 * What OBS and its kin post to a service's configuration address before they go live with several renditions, in the schema
 * versions 2023-05-10, 2024-06-04 and 2025-01-25. Only what is used is read, and members that are not known are passed over:
 * encoders are newer than this.
 */

const MAX_TEXT = 512;
const text = z.string().max(MAX_TEXT);
const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const size = z.number().int().min(16).max(16_384);
const frameRate = z.object({
  numerator: z.number().int().min(1).max(1_000_000),
  denominator: z.number().int().min(1).max(1_000_000),
});

/** `width`, `height`: what is sent; `canvas_…`: what is composed. */
const canvas = z.object({ width: size, height: size, framerate: frameRate });

const client = z.object({
  name: text.default(''),
  version: text.default(''),
  supported_codecs: z.array(text).max(64).default([]),
  /** Since OBS 32. */
  supported_encoders: z.array(text).max(256).optional(),
});

/** PCI numbers. */
const gpu = z.object({ model: text.default(''), vendor_id: count.default(0) });

const capabilities = z.object({
  cpu: z.object({ physical_cores: count.max(4096) }).optional(),
  system: z.object({ name: text.default('') }).optional(),
  gpu: z.array(gpu).max(16).nullish(),
});

const preferences = z.object({
  /** Kbit/s. */
  maximum_aggregate_bitrate: count.nullish(),
  maximum_video_tracks: count.nullish(),
  vod_track_audio: z.boolean().default(false),
  composition_gpu_index: count.nullish(),
  audio_channels: z.number().int().min(1).max(8).optional(),
  /** The first is the main one: 2025-01-25. */
  canvases: z.array(canvas).min(1).max(8).optional(),
  /** Before: */
  width: size.optional(),
  height: size.optional(),
  framerate: frameRate.optional(),
});

/** The whole of it. */
export const clientRequestSchema = z.object({
  service: text.default(''),
  schema_version: text.default(''),
  /** The stream key as it was typed. */
  authentication: text,
  client: client.prefault({}),
  capabilities: capabilities.prefault({}),
  preferences: preferences.prefault({}),
});

export type ClientRequest = z.output<typeof clientRequestSchema>;

/** What the encoder sends at most, and how often. */
export interface Source {
  readonly width: number;
  readonly height: number;
  readonly frameRate: { readonly numerator: number; readonly denominator: number };
}

/** Where nothing is said: what most people have. */
const USUAL_SOURCE: Source = { width: 1920, height: 1080, frameRate: { numerator: 60, denominator: 1 } };

export function sourceOf({ preferences }: ClientRequest): Source {
  const { width, height, framerate } = preferences.canvases?.[0] ?? preferences;
  return {
    width: width ?? USUAL_SOURCE.width,
    height: height ?? USUAL_SOURCE.height,
    frameRate: framerate ?? USUAL_SOURCE.frameRate,
  };
}
