import type { TestContext } from 'node:test';
import type { Page } from 'playwright-core';

const BEAT_MS = 20;
/** Later than that is a hitch of the machine: players hold a few hundred ms, and other programs of theirs were held up as well. */
const HITCH_MS = 150;

type Beating = typeof globalThis & { lateMs: number; beat: ReturnType<typeof setInterval> };

/** Starts a beat that notes in `lateMs` by how much it was late at worst. Stands alone, so that a page can be given it. */
function startBeat(beatMs: number): void {
  const own = globalThis as Beating;
  let last = performance.now();
  own.lateMs = 0;
  own.beat = setInterval(() => {
    const now = performance.now();
    own.lateMs = Math.max(own.lateMs, now - last - beatMs);
    last = now;
  }, beatMs);
}

/** The worst since it was asked last. */
function takeLate(): number {
  const own = globalThis as Beating;
  const { lateMs } = own;
  own.lateMs = 0;
  return lateMs;
}

/**
 * Measures how smoothly something plays, and has it judged. On a machine that stands still nobody plays smoothly: what
 * is judged badly counts only if this process and the pages were on time meanwhile, and is measured again if not.
 */
export async function whereTheMachineKeepsUp<T>(
  context: TestContext,
  pages: readonly Page[],
  measure: () => Promise<T>,
  judge: (measured: T) => void,
  mostTries: number,
): Promise<void> {
  startBeat(BEAT_MS);
  context.after(() => clearInterval((globalThis as Beating).beat));
  await Promise.all(pages.map((page) => page.evaluate(startBeat, BEAT_MS)));
  const worst = async (): Promise<number> =>
    Math.max(takeLate(), ...(await Promise.all(pages.map((page) => page.evaluate(takeLate)))));
  for (let tries = 1; ; tries++) {
    await worst();
    try {
      judge(await measure());
      return;
    } catch (error) {
      const lateMs = Math.round(await worst());
      context.diagnostic(`the machine was late by ${lateMs} ms at worst`);
      if (lateMs < HITCH_MS || tries >= mostTries) throw error;
    }
  }
}
