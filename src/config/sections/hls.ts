import * as z from 'zod';
import { streamPattern } from '../../media/stream-pattern.ts';
import { setting } from '../setting.ts';

const match = z.string().superRefine((text, context) => {
  const pattern = streamPattern(text);
  if ('refused' in pattern) context.addIssue({ code: 'custom', message: pattern.refused });
});

const segmentSeconds = z.number().min(1).max(30);
const windowSegments = z.number().int().min(6).max(1000);
/** Shorter parts make players ask more often than they play; longer ones are segments. */
const partSeconds = z.number().min(0.1).max(2);
const container = z.enum(['auto', 'fmp4', 'ts']);
/** A week. */
const dvrSeconds = z.number().min(0).max(604_800);

const streamRule = z.strictObject({
  match,
  segmentSeconds: segmentSeconds.optional(),
  windowSegments: windowSegments.optional(),
  container: container.optional(),
  lowLatency: z.boolean().optional(),
  partSeconds: partSeconds.optional(),
  dvrSeconds: dvrSeconds.optional(),
});

export const hlsSection = z
  .strictObject({
    segmentSeconds: setting(
      segmentSeconds.default(2),
      'Segments are cut at the key frame nearest this length.',
    ),
    windowSegments: setting(windowSegments.default(6), 'Segments in the live playlist.'),
    container: setting(
      container.default('auto'),
      'What `.m3u8` gives: `fmp4` is CMAF, which carries every codec and low latency, `ts` MPEG-TS; `auto` is CMAF. `?container=ts` and `?container=fmp4` ask for the other.',
    ),
    lowLatency: setting(
      z.boolean().default(true),
      'CMAF in parts of a fraction of a second (Low-Latency HLS), for players about two seconds behind; others play it as usual.',
    ),
    partSeconds: setting(
      partSeconds.default(0.33),
      'The longest a part should be; whole frames that fit into it.',
    ),
    dvrSeconds: setting(
      dvrSeconds.default(0),
      'How far players can go back, from disk; 0: only what is in the live playlist.',
    ),
    dvrBytes: setting(
      z.number().int().min(100_000_000).default(20_000_000_000),
      'What the past of all streams may take of the disk; beyond it the oldest goes first.',
    ),
    clipSeconds: setting(
      z.number().min(1).max(7200).default(600),
      'The longest piece that `clip.mp4` gives.',
    ),
    streams: setting(
      z.array(streamRule).default([]),
      'Other settings for some streams: `match` (`live/*`) and any of `segmentSeconds`, `windowSegments`, `container`, `lowLatency`, `partSeconds`, `dvrSeconds`; of several that match, later ones win.',
    ),
    sessions: setting(
      z.boolean().default(true),
      'Players are told from each other by `?session=` in the address of their playlist, also where everybody may watch; turn it off where a CDN keeps playlists.',
    ),
  })
  .prefault({});
