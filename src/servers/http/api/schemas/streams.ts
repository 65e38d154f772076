import * as z from 'zod';
import { count, time } from './common.ts';

const measured = (what: string) => z.number().nullable().describe(`${what}; null until it is known.`);
const byName = z.record(z.string(), z.number());

const video = {
  codec: z.string().describe('RFC 6381: `avc1.64001f`'),
  width: count,
  height: count,
  fps: measured('Pictures per second'),
  gopSeconds: measured('Length of the last whole GOP'),
  bitrateKbps: measured('kbit/s'),
};
const audio = {
  codec: z.string().describe('RFC 6381: `mp4a.40.2`'),
  sampleRate: count.describe('Hz'),
  channels: count,
  bitrateKbps: measured('kbit/s'),
};

const rendition = z.strictObject({
  track: count.describe('As in `?track=`; 0 is the main one.'),
  kind: z.enum(['video', 'audio']),
  codec: z.string().describe('RFC 6381'),
  width: count.optional(),
  height: count.optional(),
  frameRate: measured('Pictures per second').optional(),
  channels: count.optional(),
  sampleRate: count.optional().describe('Hz'),
  kbps: measured('kbit/s'),
});

export const streamSchema = z.strictObject({
  app: z.string(),
  stream: z.string(),
  state: z.string().describe('`live`, or `grace`: the publisher has gone and may come back.'),
  startedAt: time,
  uptimeSeconds: z.number(),
  publisher: z
    .strictObject({
      address: z.string().describe('`hidden`, unless the operator asks.'),
      encoder: z.string().nullable(),
    })
    .nullable(),
  video: z.strictObject(video).nullable(),
  audio: z.strictObject(audio).nullable(),
  bitrateKbps: measured('kbit/s'),
  renditions: z.array(rendition).readonly().describe('The tracks that viewers can choose.'),
  bytesIn: count,
  bytesOut: count,
  viewers: z.strictObject({ total: count, rtmp: count, httpFlv: count, wsFlv: count, hls: count }),
  delivery: z.strictObject({
    joining: count,
    live: count,
    lagging: count,
    queuedBytes: count,
    maxQueuedBytes: count,
    lags: count,
    skippedGops: count,
    skippedBatches: count,
    closed: byName,
  }),
  dvrSeconds: z
    .number()
    .optional()
    .describe('How far back players of HLS can go, in seconds; 0: no further than the live playlist.'),
  dvr: z
    .strictObject({
      seconds: z.number().describe('Of the main rendition.'),
      bytes: count.describe('Of all renditions.'),
    })
    .optional()
    .describe('What is kept on the disk for them by now.'),
  dropped: byName.describe('Messages that did not become frames, and frames that are in no HLS segment.'),
  problems: z.array(z.string()).readonly().describe('Why a track cannot be used, in words.'),
  ladder: z
    .strictObject({
      path: z.string().describe('`app/stream`, by which it is asked for.'),
      members: z.array(z.string()).readonly(),
      hlsViewers: count.describe('At whichever of the members they are.'),
    })
    .optional()
    .describe('Other streams with which it is offered as one in HLS (`ladder.groups`).'),
});

export const trackSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('video'), ...video }),
  z.strictObject({ kind: z.literal('audio'), ...audio }),
]);

export const verdictSchema = z.strictObject({
  code: z.string().describe('`keyframe-interval`, `bitrate-starving` …'),
  severity: z.enum(['advice', 'warning', 'error']),
  text: z.string().describe('One sentence, with the measurement.'),
  remedy: z.string().describe('What to do.'),
  since: time,
  measured: z.record(z.string(), z.union([z.number(), z.string()])).readonly(),
});

export const pointSchema = z.strictObject({
  at: z.number().int().describe('ms since 1970'),
  kbpsIn: measured('From the publisher, kbit/s'),
  kbpsOut: measured('To all viewers, kbit/s'),
  fps: measured('Pictures per second'),
  viewers: count,
  lateMs: measured('How late frames came beside the stream’s own clock, ms, at most'),
});
