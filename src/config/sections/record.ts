import * as z from 'zod';
import { streamPattern } from '../../media/stream-pattern.ts';
import { templateProblem } from '../../outputs/recorder/name-template.ts';
import { setting } from '../setting.ts';

const pattern = z
  .string()
  .min(1)
  .superRefine((text, context) => {
    const read = streamPattern(text);
    if ('refused' in read) context.addIssue(read.refused);
  });

const nameTemplate = z
  .string()
  .min(1)
  .superRefine((text, context) => {
    const problem = templateProblem(text);
    if (problem !== undefined) context.addIssue(problem);
  });

const rule = z.strictObject({
  streams: pattern,
  formats: z
    .array(z.enum(['mp4', 'flv']))
    .min(1)
    .default(['mp4']),
  rotateSeconds: z.number().min(2).max(604_800).optional(),
  rotateBytes: z.number().int().min(1_000_000).optional(),
});

/** What is recorded, where it goes, and how long it stays. */
export const recordSection = z
  .strictObject({
    rules: setting(
      z.array(rule).default([]),
      'Which streams are recorded by themselves: `streams` is a pattern, `live/*`; `formats` mp4, flv or both; a new file at the key frame after `rotateSeconds` or `rotateBytes`.',
    ),
    dir: setting(
      z.string().default(''),
      'Directory of the recordings; empty: `recordings` in the data directory.',
    ),
    name: setting(
      nameTemplate.default('{app}/{stream}/{date}T{time}'),
      'Name of a recording below the directory, without its ending; fields: `{app}` `{stream}` `{date}` `{time}` `{year}` `{month}` `{day}` `{hour}` `{minute}` `{second}` `{unix}` `{n}`.',
    ),
    preSeconds: setting(
      z.number().min(0).max(600).default(0),
      'Seconds of the past that a recording begins with when it is started; they are kept in memory for each stream, at most 128 MiB.',
    ),
    keepDays: setting(z.number().min(0).default(0), 'Recordings older than this are deleted; 0: never.'),
    keepBytes: setting(
      z.number().min(0).default(0),
      'The oldest are deleted when all together are larger; 0: never.',
    ),
    watch: setting(
      z.enum(['operator', 'viewers']).default('operator'),
      'Who may fetch recordings: the operator (API token), or also whoever may watch the stream.',
    ),
  })
  .prefault({});
