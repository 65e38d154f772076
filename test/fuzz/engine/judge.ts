import type { Target } from './target.ts';

/** An input took too long, three times in a row. */
export class TooSlow extends Error {
  override readonly name = 'TooSlow';
}

const TRIES = 3;

/**
 * Runs a target on one input. Throws what the target throws, or {@link TooSlow}.
 *
 * @param patience what the deadline is multiplied by: instrumented code and busy machines are slower
 */
export function judge(target: Target, bytes: Buffer, patience = 1): void {
  let best = Infinity;
  for (let attempt = 0; attempt < TRIES; attempt++) {
    const from = process.cpuUsage();
    // A copy: an input that a target has changed would not be the one that is saved.
    target.run(Buffer.from(bytes));
    const { user, system } = process.cpuUsage(from);
    best = Math.min(best, (user + system) / 1000);
    if (best <= target.deadlineMs * patience) return;
  }
  throw new TooSlow(
    `${bytes.length} bytes took ${best.toFixed(0)} ms of processor time; allowed are ${target.deadlineMs} ms`,
  );
}
