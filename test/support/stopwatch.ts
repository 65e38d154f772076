import { readFileSync } from 'node:fs';

/** How long this process's main thread has waited for a core so far, ms; 0 where the system does not tell (it is Linux that does). */
function waitedForCoreMs(): number {
  try {
    return Number(readFileSync('/proc/thread-self/schedstat', 'utf8').split(' ')[1]) / 1e6;
  } catch {
    return 0;
  }
}

/**
 * Measures what is promised to come at once: ms since it was started, without those in which this process, gateway and all, would
 * have run and something else had the cores.
 */
export function stopwatch(): () => number {
  const [since, waited] = [performance.now(), waitedForCoreMs()];
  return () => Math.max(0, performance.now() - since - (waitedForCoreMs() - waited));
}
