import * as z from 'zod';
import { count, time } from './common.ts';
import { verdictSchema } from './streams.ts';

/** Public: nothing in it that a viewer may not know. */
export const serverSchema = z.strictObject({
  name: z.string(),
  version: z.string(),
  uptimeSeconds: z.number(),
  rtmpPort: z.number().int().describe('0: plain RTMP is off.'),
  rtmpsPort: z.number().int().optional().describe('Of RTMPS, if that is spoken.'),
  httpsPort: z.number().int().optional().describe('Of HTTPS, if that is spoken.'),
  publishAccess: z.string().describe('`access.publish`'),
  recordings: z.enum(['operator', 'viewers']).optional().describe('`record.watch`'),
  playbackReports: z
    .boolean()
    .optional()
    .describe('Whether pages are asked to tell how well they play: `api.playbackReports`.'),
  addresses: z.array(z.string()).readonly().describe('This machine’s, as its network sees them, best first.'),
});
export type ServerReport = z.infer<typeof serverSchema>;

export const sessionSchema = z.strictObject({
  operator: z.boolean().describe('Whether the caller may do everything.'),
  by: z
    .enum(['token', 'session', 'loopback'])
    .nullable()
    .describe('How the caller is known: by the token, by a session’s cookie, as this machine itself.'),
});

export const settingsSchema = z
  .record(z.string(), z.record(z.string(), z.unknown()))
  .describe('By section and name; secrets are masked.');

export const reloadSchema = z.strictObject({
  applied: z.array(z.string()).readonly().describe('Settings that have changed and are in force now.'),
  needsRestart: z.array(z.string()).readonly().describe('Settings that have changed but need a restart.'),
});

export const eventTypes = [
  'connect',
  'disconnect',
  'publish',
  'unpublish',
  'play',
  'stop',
  'recordStarted',
  'recordDone',
  'alarm',
  'health',
  'relay',
] as const;

const visit = {
  visit: z.string(),
  stream: z.string(),
  protocol: z.string(),
  address: z.string(),
  program: z.string(),
  query: z.string().describe('Parameters it came with; secrets masked.'),
};
const base = { id: z.string(), at: time };

/** The `data` of one event of the event stream. */
export const eventSchema = z
  .discriminatedUnion('type', [
    z.strictObject({
      ...base,
      type: z.enum(['connect', 'disconnect']),
      address: z.string(),
      app: z.string(),
      program: z.string(),
    }),
    z.strictObject({ ...base, type: z.enum(['publish', 'play']), ...visit }),
    z.strictObject({
      ...base,
      type: z.enum(['unpublish', 'stop']),
      reason: z.string(),
      seconds: z.number(),
      ...visit,
      bytesIn: count,
      bytesOut: count,
    }),
    z.strictObject({
      ...base,
      type: z.enum(['recordStarted', 'recordDone']),
      stream: z.string(),
      recording: z.string(),
      seconds: z.number(),
      bytes: count,
      reason: z.string(),
    }),
    z.strictObject({ ...base, type: z.literal('alarm'), stream: z.string().optional(), text: z.string() }),
    z.strictObject({
      ...base,
      type: z.literal('health'),
      stream: z.string(),
      verdicts: z.array(verdictSchema.omit({ since: true })).readonly(),
    }),
    z.strictObject({
      ...base,
      type: z.literal('relay'),
      stream: z.string(),
      relay: z.string(),
      state: z.string(),
      text: z.string(),
    }),
  ])
  .describe('What has happened.');
