import * as z from 'zod';
import { streamPattern } from '../../media/stream-pattern.ts';
import { secret, setting } from '../setting.ts';

/** `disconnect` and `done` are there for back ends of nginx-rtmp, which knows them. */
const events = [
  'connect',
  'disconnect',
  'publish',
  'unpublish',
  'play',
  'stop',
  'done',
  'recordStarted',
  'recordDone',
  'health',
  'relay',
  'alarm',
] as const;

const usual = ['connect', 'publish', 'unpublish', 'play', 'stop', 'recordDone', 'health'] as const;

const pattern = z.string().superRefine((text, context) => {
  const read = streamPattern(text);
  if ('refused' in read)
    context.addIssue({ code: 'custom', message: `"${text}" is no pattern: ${read.refused}` });
});

/** Which of the events, and for which streams (`live/*`). */
const streams = pattern.default('*');

const target = z.strictObject({
  /** `{event}` stands for the event's name: nginx-rtmp has an address for each. */
  url: z.url({ protocol: /^https?$/ }),
  events: z.array(z.enum(events)).default([...usual]),
  streams,
  format: z.enum(['json', 'nginx-rtmp']).default('json'),
  decides: z.boolean().default(false),
  secret: secret(z.string().default('')),
  timeoutMs: z.number().int().min(100).max(60_000).default(3_000),
  onFailure: z.enum(['deny', 'allow']).default('deny'),
});

const argument = z
  .string()
  .refine((text) => !text.includes('\0'), 'a program cannot be given a zero character');

const command = z.strictObject({
  command: z
    .array(argument)
    .min(1)
    .refine(([program]) => program !== '', 'the program has no name'),
  streams,
  except: z.array(pattern).default([]),
  restart: z.boolean().default(true),
});

/** Whom to tell, and what to run, when something happens. */
export const hooksSection = z
  .strictObject({
    targets: setting(
      z.array(target).default([]),
      'Web addresses that are told of events; one that `decides` allows or denies connect, publish and play.',
    ),
    queueBytes: setting(
      z.number().int().min(65_536).max(1_073_741_824).default(33_554_432),
      'Bytes of notifications kept for each target that does not answer; when there are more, the oldest are dropped.',
    ),
    queueHours: setting(
      z.number().min(0.1).max(8_760).default(24),
      'Notifications that have waited for their target for longer than this are dropped.',
    ),
    exec: setting(
      z.array(command).default([]),
      'Programs that run as long as a stream is published; `{app}`, `{stream}` and `{rtmp}` stand for its name and address, `{key}` for a key of their own.',
    ),
  })
  .prefault({});
