/** The first wait, in ms: long enough for an encoder to reconnect, short enough not to be noticed. */
const FIRST_MS = 500;
/** The longest wait, in ms. A viewer who sits in front of a dark picture does not wait longer before reloading. */
const LONGEST_MS = 15_000;

/**
 * Milliseconds to wait before attempt `attempt` (1 = the first one after a failure, which goes at once).
 * `random` in [0, 1) spreads the viewers of a stream, who all lost it in the same moment, over half the wait.
 */
export function backoffMs(attempt: number, random: number): number {
  if (attempt <= 1) return 0;
  const whole = Math.min(FIRST_MS * 2 ** Math.min(attempt - 1, 16), LONGEST_MS);
  return Math.round(whole / 2 + (whole / 2) * random);
}
