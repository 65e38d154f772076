import type { After } from '../stream/registry.ts';

/** What everything that lives by time is given. */
export const CLOCKS = {
  /** ms, monotonic. */
  now: (): number => performance.now(),
  /** ms since 1970. */
  clock: Date.now,
  after: ((ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  }) satisfies After,
};
