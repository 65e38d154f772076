import { TICKS_PER_SECOND } from '../media/time.ts';

/** Seconds from 90 kHz ticks, rounded to microseconds: finer than the clock, and free of 0.1 + 0.2. */
export function seconds(ticks: number): number {
  return rounded(ticks / TICKS_PER_SECOND, 6);
}

export function rounded(value: number, digits: number): number {
  const scale = 10 ** digits;
  return Math.round(value * scale) / scale || 0; // no −0
}

/** Whole bits per second; undefined where there is no time to divide by. */
export function bitsPerSecond(bytes: number, overSeconds: number): number | undefined {
  return overSeconds > 0 ? Math.round((bytes * 8) / overSeconds) : undefined;
}

/** The value nearest to `near` that is `wire` modulo `modulus`: takes a clock over its wrap, either way. */
export function unwrap(wire: number, near: number | undefined, modulus: number): number {
  if (near === undefined) return wire;
  return wire + Math.round((near - wire) / modulus) * modulus;
}
