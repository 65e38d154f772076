const FIRST_MS = 1_000;
const LONGEST_MS = 30_000;

/**
 * How long to wait after so many failures in a row, ms: twice as long each time, with half of it left to chance, so that
 * those who failed together do not come back together.
 *
 * @param failures 1 or more
 * @param random 0 to 1
 */
export function backOff(failures: number, random: number): number {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures - 1, 16));
  return whole * (0.5 + random / 2);
}
