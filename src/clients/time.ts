import { randomBytes } from 'node:crypto';
import type { After } from '../stream/registry.ts';

/** Clocks, timers and chance, so that an hour can be lived through in a test. */
export interface RelayTime {
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Wall clock in ms, for people. */
  readonly clock: () => number;
  readonly after: After;
  /** 0 up to 1. */
  readonly random: () => number;
}

export const REAL_TIME: RelayTime = {
  now: () => performance.now(),
  clock: Date.now,
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
  random: () => randomBytes(4).readUInt32BE() / 2 ** 32,
};
