import * as z from 'zod';
import { secret, setting } from '../setting.ts';

/** Who may operate the gateway. */
export const apiSection = z
  .strictObject({
    trustLoopback: setting(
      z.boolean().default(true),
      'This machine uses the API without a token. Turn it off behind a proxy on this machine that does not say for whom it asks.',
    ),
    token: setting(
      secret(z.string().default('')),
      'Bearer token of the API; empty: one is made at the first start and kept in the data directory.',
    ),
    metrics: setting(
      z.enum(['open', 'token']).default('open'),
      'Who may fetch `/metrics`: anybody (`open`; there are names of streams in it, but no addresses), or whoever may use the API (`token`).',
    ),
    playbackReports: setting(
      z.boolean().default(true),
      'Player pages tell twice a minute how well they play (start, delay, stops; nothing about who watches), for the metrics. Viewers opt out by `?report=0` or their browser’s “do not track”.',
    ),
  })
  .prefault({});
