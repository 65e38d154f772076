import { z } from 'zod';
import { setting } from '../setting.ts';

export const hlsSection = z
  .strictObject({
    segmentSeconds: setting(
      z.number().min(1).max(30).default(2),
      'Segments are cut at the key frame nearest this length.',
    ),
    windowSegments: setting(z.number().int().min(6).max(1000).default(6), 'Segments in the live playlist.'),
    sessions: setting(
      z.boolean().default(true),
      'Players are told from each other by `?session=` in the address of their playlist, also where everybody may watch; turn it off where a CDN keeps playlists.',
    ),
  })
  .prefault({});
