import * as z from 'zod';
import type { ClientRequest } from './client-request.ts';
import { planLadder, type WantedRendition } from './plan.ts';

/** What the settings say. */
export interface LadderWish {
  readonly renditions: readonly WantedRendition[];
  readonly audioKbps: number;
}

/** Where the client is to publish: `rtmp://HOST:PORT`, with the application. */
export interface IngestAddress {
  readonly protocol: 'RTMP' | 'RTMPS';
  /** Without the key. */
  readonly url: string;
}

const settings = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]));
const audio = z.strictObject({
  codec: z.string(),
  track_id: z.number().int(),
  channels: z.number().int(),
  settings,
});

/** The answer of `GetClientConfiguration`, as OBS reads it. */
export const configurationSchema = z.strictObject({
  meta: z.strictObject({ service: z.string(), schema_version: z.string(), config_id: z.string() }),
  status: z.strictObject({
    result: z
      .enum(['success', 'error'])
      .describe('`error`: the encoder shows the text and does not go live.'),
    html_en_us: z.string().optional(),
  }),
  ingest_endpoints: z.array(
    z.strictObject({
      protocol: z.enum(['RTMP', 'RTMPS']),
      url_template: z.string().describe('`{stream_key}` stands for the key.'),
    }),
  ),
  encoder_configurations: z.array(
    z.strictObject({
      type: z.string(),
      width: z.number().int(),
      height: z.number().int(),
      framerate: z.strictObject({ numerator: z.number().int(), denominator: z.number().int() }),
      gpu_scale_type: z.literal('OBS_SCALE_BICUBIC'),
      canvas_index: z.literal(0),
      settings: settings.readonly(),
    }),
  ),
  audio_configurations: z.strictObject({ live: z.array(audio), vod: z.array(audio).optional() }),
});

export type Configuration = z.input<typeof configurationSchema>;

/** Where a client does not say it: stereo. */
const USUAL_CHANNELS = 2;
/** OBS's name for its AAC encoder; it takes the one that is chosen in its settings. */
const SOUND_ENCODER = 'ffmpeg_aac';

/** What a client is to do. */
export function configurationFor(
  request: ClientRequest,
  { renditions, audioKbps }: LadderWish,
  ingest: readonly IngestAddress[],
): Configuration {
  const sound = (track: number): z.input<typeof audio> => ({
    codec: SOUND_ENCODER,
    track_id: track,
    channels: request.preferences.audio_channels ?? USUAL_CHANNELS,
    settings: { bitrate: audioKbps },
  });
  return {
    ...answerTo(request),
    status: { result: 'success' },
    ingest_endpoints: ingest.map(({ protocol, url }) => ({ protocol, url_template: `${url}/{stream_key}` })),
    encoder_configurations: planLadder(renditions, request),
    audio_configurations: {
      live: [sound(1)],
      // It goes out as a second sound, and the client stops where it is not told how to make it.
      ...(request.preferences.vod_track_audio && { vod: [sound(2)] }),
    },
  };
}

/** Why a client may not go live, for the person in front of it. */
export function refusalOf(request: ClientRequest, reason: string): Configuration {
  return {
    ...answerTo(request),
    status: { result: 'error', html_en_us: `<p>${escaped(reason)}</p>` },
    ingest_endpoints: [],
    encoder_configurations: [],
    audio_configurations: { live: [] },
  };
}

/** Without an id of the configuration: the client would put it behind the stream key. */
function answerTo({ service, schema_version: version }: ClientRequest): Pick<Configuration, 'meta'> {
  return { meta: { service, schema_version: version, config_id: '' } };
}

function escaped(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
