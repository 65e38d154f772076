import * as z from 'zod';
import { PLAYBACK_PROTOCOLS, PLAYBACK_TROUBLES } from '../../../../observe/playback.ts';
import { count, streamPath } from './common.ts';

/** A page reports twice a minute; one that was asleep may have to tell of a longer time. */
const LONGEST_REPORT_SECONDS = 600;
/** Somebody who watches the past may be this far behind. */
const LONGEST_DELAY_SECONDS = 7 * 86_400;
const MOST_STALLS = 1_000;
const MOST_TROUBLES = 16;
/** The largest pictures there are have 8640 lines. */
const MOST_LINES = 16_384;

const protocol = z.enum(PLAYBACK_PROTOCOLS);
const time = z.number().min(0).max(LONGEST_REPORT_SECONDS);

/** What a page tells. Nothing in it says who watches. */
export const playbackReportSchema = z
  .strictObject({
    stream: streamPath.describe('app/stream'),
    protocol: protocol.describe('How the page was given the stream.'),
    startSeconds: time
      .optional()
      .describe('From the wish to watch to the first picture; only in the first report of a viewing.'),
    watchedSeconds: time.describe('Time in which the picture moved, or should have, since the last report.'),
    stalls: z.number().int().min(0).max(MOST_STALLS).default(0),
    stalledSeconds: time.default(0).describe('Of the time watched.'),
    delaySeconds: z
      .number()
      .min(0)
      .max(LONGEST_DELAY_SECONDS)
      .optional()
      .describe('Behind the encoder, now.'),
    lines: z.number().int().min(0).max(MOST_LINES).optional().describe('Height of the picture shown.'),
    troubles: z.array(z.enum(PLAYBACK_TROUBLES)).max(MOST_TROUBLES).default([]),
  })
  .refine(({ stalledSeconds, watchedSeconds }) => stalledSeconds <= watchedSeconds, {
    path: ['stalledSeconds'],
    error: 'it is a part of the time watched',
  });

const mean = z.number().nullable();

export const playbackSummarySchema = z.strictObject({
  protocol,
  starts: count.describe('Viewings that came to a picture.'),
  reports: count,
  meanStartSeconds: mean,
  medianStartSeconds: mean.describe('Right within a fortieth.'),
  meanDelaySeconds: mean,
  medianDelaySeconds: mean.describe('Right within a fortieth.'),
  watchedSeconds: z.number(),
  stalls: count,
  stalledSeconds: z.number(),
  stallRatio: mean.describe('Share of the time watched in which the picture stood still, 0 to 1.'),
  stallsPerHour: mean.describe('Of time watched.'),
  troubles: count.describe('Times an engine of a page gave up.'),
});
