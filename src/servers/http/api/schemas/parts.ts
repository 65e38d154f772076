import * as z from 'zod';
import { count, streamPath, streamPattern, time } from './common.ts';

const action = z.enum(['publish', 'play']);

export const keySchema = z.strictObject({
  id: z.string(),
  label: z.string(),
  action,
  streams: z.string().describe('Where the key leads: a stream, or a pattern.'),
  networks: z.array(z.string()).readonly().describe('CIDR; empty: everywhere.'),
  maxViewers: count.optional(),
  createdAt: time,
  expiresAt: time.optional(),
  revokedAt: time.optional(),
  lastUsedAt: time.optional(),
});

export const newKeySchema = keySchema.extend({
  secret: z.string().describe('What the encoder or player sends. It is told this once.'),
});

/** Bodies of requests are small, lists in them as well. */
const MAX_NETWORKS = 100;

export const keyWishSchema = z.strictObject({
  label: z.string().max(200).optional().describe('For people.'),
  action,
  streams: streamPattern.describe('A stream, or a pattern: `live/cam`, `live/*`.'),
  networks: z
    .array(z.string().min(1).max(64))
    .max(MAX_NETWORKS)
    .optional()
    .describe('CIDR; empty or left out: everywhere.'),
  maxViewers: z.number().int().min(1).max(1_000_000).optional().describe('At a time; play keys only.'),
  expiresAt: z.iso
    .datetime({ offset: true, error: 'must be a time such as 2030-01-31T12:00:00Z' })
    .transform((text) => new Date(text).toISOString())
    .optional(),
});

/** Ten years: a signature for longer is a key that cannot be taken back. */
const MAX_SIGNED_SECONDS = 315_360_000;

export const signatureWishSchema = z.strictObject({
  action,
  stream: streamPath,
  seconds: z.number().int().min(1).max(MAX_SIGNED_SECONDS).describe('How long it works.'),
});

export const signatureSchema = z.strictObject({
  query: z.string().describe('What stands behind the `?` of the URL, or of the stream key.'),
  expiresAt: time,
});

export const visitSchema = z.strictObject({
  id: z.string(),
  action,
  protocol: z.string(),
  stream: z.string(),
  address: z.string(),
  program: z.string(),
  since: time,
  bytesIn: count,
  bytesOut: count,
  key: z.string().optional().describe('Id of the key it came with.'),
});

const format = z.enum(['mp4', 'flv']);

export const recordingSchema = z.strictObject({
  id: z.string().describe('`app/stream/file.mp4`, its path below `/api/v1/recordings/`.'),
  stream: z.string(),
  file: z.string(),
  format,
  startedAt: time,
  seconds: z.number().nullable(),
  bytes: count,
  active: z.boolean().describe('It is still being written.'),
});

export const recordWishSchema = z.strictObject({
  formats: z.array(format).min(1).max(2).default(['mp4']),
});

export const relaySchema = z.strictObject({
  id: z.string(),
  direction: z.enum(['push', 'pull']),
  stream: z.string(),
  url: z.string().describe('Passwords, keys and parameters masked.'),
  origin: z.enum(['settings', 'api']),
  state: z.enum(['idle', 'connecting', 'running', 'waiting', 'stopped']),
  problem: z.string().nullable().describe('Why it is not running, in words.'),
  attempts: count,
  bytes: count,
  runningSince: time.nullable(),
});

export const relayWishSchema = z.strictObject({
  direction: z.enum(['push', 'pull']),
  stream: streamPattern,
  url: z
    .string()
    .max(2_048)
    .regex(/^rtmps?:\/\/\S+$/, 'must be an rtmp:// or rtmps:// address'),
  when: z
    .enum(['watched', 'always'])
    .optional()
    .describe('Pull: all the time, or only while somebody watches.'),
});
