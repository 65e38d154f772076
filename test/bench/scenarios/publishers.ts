import { startPublishers } from '../load.ts';
import { startMillrace } from '../peers/millrace.ts';
import type { Peer } from '../peers/peer.ts';
import { LOAD, pinningMissing, SERVER } from '../placement.ts';
import type { ResultBook } from '../result.ts';
import type { Running } from '../running.ts';
import { carried, LIMIT_MS, limitOf, RampWatch, startProbe, stepsOf, type RampSecond } from './ramp.ts';
import { sleep, type Scenario } from './scenario.ts';

const STEP = 50;
/** At 10 MB each, 8 GB. */
const MOST = 800;
const STEP_SECONDS = 5;
const SETTLE_SECONDS = 2;
const STEPS_BEYOND = 2;

/** How many publishers of 2.1 Mb/s with HLS one core carries until a watched stream is late. */
export const publishers: Scenario = {
  name: 'publishers',
  async run(book) {
    const missing = pinningMissing();
    if (missing) {
      book.skipped.push(`publishers: ${missing}`);
      return;
    }
    const gateway = await startMillrace({ placement: SERVER });
    const all = await ramp(gateway);
    await gateway.stop();
    report(book, all);
  },
};

async function ramp(gateway: Peer): Promise<readonly RampSecond[]> {
  const probe = await startProbe(gateway, 600);
  await sleep(5_000);
  const crowds: Running[] = [];
  const watch = new RampWatch({
    gateway,
    probe,
    load: () => [...crowds, probe],
    count: () => crowds.length * STEP,
  });
  let beyond = 0;
  while (beyond < STEPS_BEYOND && crowds.length * STEP < MOST && !crowds.some(({ isOver }) => isOver)) {
    const prefix = `step${crowds.length}-`;
    const job = { port: gateway.rtmpPort, count: STEP, seconds: 86_400, prefix, placement: LOAD };
    crowds.push(startPublishers(job));
    await sleep(STEP_SECONDS * 1000);
    if (watch.recentP99(STEP_SECONDS - SETTLE_SECONDS) > LIMIT_MS) beyond++;
  }
  const all = await watch.stop();
  for (const one of [...crowds, probe]) await one.stop();
  return all;
}

function report(book: ResultBook, all: readonly RampSecond[]): void {
  const steps = stepsOf(all, SETTLE_SECONDS);
  const { count, hasPassed } = carried(steps);
  const title = `publishers of one core, HLS on, before p99 passes ${LIMIT_MS} ms${hasPassed ? '' : ' (the ramp ended before)'}`;
  book.add({ id: 'publishers/limit', title, unit: 'publishers', isMoreBetter: true }, count);
  book.notes.push(`publishers: ${limitOf(steps)}`);
  const share = Math.max(...steps.map(({ loadShare }) => loadShare));
  book.generators.push({ scenario: 'publishers', share });
  book.draw({
    title: 'A ramp of publishers with HLS, gateway on one core: latency of one watched stream',
    x: 'publishers',
    y: 'percent of a core',
    right: 'ms',
    xs: steps.map((one) => one.count),
    lines: [
      { name: "gateway's core", ys: steps.map((one) => one.serverCore.busy * 100) },
      { name: "load's core", ys: steps.map((one) => one.loadCore.busy * 100) },
      { name: 'p50', ys: steps.map(({ p50 }) => p50), isRight: true },
      { name: 'p99', ys: steps.map(({ p99 }) => p99), isRight: true },
    ],
  });
}
