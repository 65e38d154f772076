import * as z from 'zod';
import { secret, setting } from '../setting.ts';

/**
 * Guesses are slowed down to ten in a minute and address; still, what people choose themselves must not be a word. What may stand in
 * a header: RFC 6750 §2.1, and a little more.
 */
const apiToken = z
  .string()
  .regex(/^([\x21-\x7e]{16,})?$/)
  .default('')
  .meta({ allowed: 'text of at least 16 characters (letters, digits, punctuation, no spaces), or empty' });

/** Who may operate the gateway. */
export const apiSection = z
  .strictObject({
    trustLoopback: setting(
      z.boolean().default(true),
      'This machine uses the API without a token. Turn it off behind a proxy on this machine that does not say for whom it asks.',
    ),
    token: setting(
      secret(apiToken),
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
