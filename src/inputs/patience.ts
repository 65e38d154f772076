/**
 * Media ms without a clean place to start after which weaker ones are accepted: more than the ten seconds between the
 * key frames of encoders left on "auto", less than HLS waits for a key frame before it goes on without a picture.
 */
export const KEY_PATIENCE_MS = 11_000;

/** Ms between two timestamps of 32 bits, either way: a clock that jumped must not make anybody wait. */
export function passed(from: number, to: number): number {
  return Math.abs((to - from) | 0);
}
