import * as z from 'zod';
import { isNameSegment } from '../../media/stream-name.ts';
import { streamPattern } from '../../media/stream-pattern.ts';
import { rtmpServer, setting } from '../setting.ts';

const match = z.string().superRefine((text, context) => {
  const pattern = streamPattern(text);
  if ('refused' in pattern) context.addIssue({ code: 'custom', message: pattern.refused });
});

const nameSegment = z.string().refine(isNameSegment, 'it may use A-Z a-z 0-9 . _ ~ - only');

/** The most that an encoder sends at a time: OBS has so many. */
const MAX_RENDITIONS = 8;

const group = z.strictObject({
  match,
  suffixes: z.array(nameSegment).min(1).max(MAX_RENDITIONS),
});

const rendition = z.strictObject({
  height: z.number().int().min(90).max(4320),
  bitrateKbps: z.number().int().min(100).max(100_000),
  fps: z.number().min(1).max(240).optional(),
  codec: z.enum(['h264', 'hevc', 'av1']).default('h264'),
});

/** What stands in quotes in a playlist. */
const label = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[^"\r\n]+$/, 'it must be one line without quotes');

const sound = z.strictObject({
  match,
  track: z.number().int().min(0).max(255),
  name: label,
  language: z
    .string()
    .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{1,8})*$/, 'it must be a language tag such as en or pt-BR')
    .optional(),
});

/** Several sizes of one picture: in HLS, and as encoders are told to send them. */
export const ladderSection = z
  .strictObject({
    groups: setting(
      z.array(group).default([]),
      'Streams that are one in HLS: with `match: live/*` and `suffixes: [_720, _480]`, `live/cam.m3u8` offers `live/cam`, `live/cam_720` and `live/cam_480`, those of them that are there.',
    ),
    sounds: setting(
      z.array(sound).default([]),
      'What the sounds of streams (`match`) are called where players can choose one: `track` (0 is the main one), `name`, `language` (`en`).',
    ),
    renditions: setting(
      z
        .array(rendition)
        .min(1)
        .max(MAX_RENDITIONS)
        .default([
          { height: 1080, bitrateKbps: 6000, codec: 'h264' },
          { height: 720, bitrateKbps: 3000, codec: 'h264' },
          { height: 480, bitrateKbps: 1200, fps: 30, codec: 'h264' },
        ]),
      'What OBS is told to send when it asks (Multitrack Video, Enhanced Broadcasting): `height`, `bitrateKbps`, `fps` at most, `codec` (h264, hevc, av1); nothing is made larger or faster than OBS has it.',
    ),
    audioKbps: setting(
      z.number().int().min(32).max(512).default(160),
      'Bit rate of the sound that OBS is told to send.',
    ),
    app: setting(
      nameSegment.default('live'),
      'Application that OBS is told to publish to; `?app=` in the address of its configuration chooses another.',
    ),
    ingest: setting(
      rtmpServer.default(''),
      'Server that OBS is told to publish to, if it is not to be reached by the name under which OBS asks; `rtmp://HOST[:PORT]`.',
    ),
  })
  .prefault({});
