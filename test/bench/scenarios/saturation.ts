import { seconds as secondsOf, startViewers, type ViewersSecond } from '../load.ts';
import { startMillrace } from '../peers/millrace.ts';
import type { Peer } from '../peers/peer.ts';
import { LOAD, pinningMissing, SERVER } from '../placement.ts';
import { openFilesLimit } from '../proc.ts';
import type { ResultBook } from '../result.ts';
import { whereToWatch } from './cost.ts';
import { BYTES_PER_SECOND } from './fan-out.ts';
import { carried, LIMIT_MS, limitOf, RampWatch, startProbe, stepsOf, type RampSecond } from './ramp.ts';
import { sleep, type Scenario } from './scenario.ts';

const FIRST = 1_000;
const STEP = 1_000;
/** The clip's rate times this is 4.6 GB/s: no core of today carries that. */
const MOST = 16_000;
const STEP_SECONDS = 5;
const SETTLE_SECONDS = 2;
/** How far the ramp goes on behind the limit, to show what happens there: in larger steps. */
const STEPS_BEYOND = 4;
const STEP_BEYOND = 2_000;
/** At the end: a viewer that cannot be fed is called lagging when it is ten seconds behind. */
const HOLD_SECONDS = 14;
/** The generator and the gateway open files beside their viewers. */
const FILES_BESIDE = 256;
/** Viewers read at most so often: three frames in four rounds. */
const REST_MS = 25;

/** A ramp of viewers past what one core can carry, the gateway on one core and its load on the other. */
export const saturation: Scenario = {
  name: 'saturation',
  async run(book) {
    const missing = pinningMissing();
    if (missing) {
      book.skipped.push(`saturation: ${missing}`);
      return;
    }
    const most = Math.min(MOST, openFilesLimit() - FILES_BESIDE);
    const limits = { MILLRACE_LIMITS_CONNECTIONS: '20000', MILLRACE_LIMITS_CONNECTIONS_PER_ADDRESS: '20000' };
    const gateway = await startMillrace({ env: limits, placement: SERVER });
    const all = await ramp(gateway, most);
    await gateway.stop();
    report(book, all, most);
  },
};

async function ramp(gateway: Peer, most: number): Promise<readonly RampSecond[]> {
  const probe = await startProbe(gateway, 600);
  await sleep(5_000);
  const job = { ...whereToWatch('ws', gateway), count: FIRST, seconds: 0, perSecond: STEP_BEYOND };
  const crowd = startViewers({ ...job, restMs: REST_MS, placement: LOAD });
  let count = FIRST;
  const watch = new RampWatch({ gateway, probe, load: () => [crowd, probe], count: () => count, crowd });
  let beyond = 0;
  while (beyond < STEPS_BEYOND && !crowd.isOver) {
    await sleep(STEP_SECONDS * 1000);
    if ((secondsOf<ViewersSecond>(crowd).at(-1)?.closed ?? 0) > count / 2) break; // nothing is left to be measured
    if (watch.recentP99(STEP_SECONDS - SETTLE_SECONDS) > LIMIT_MS) beyond++;
    const step = beyond > 0 ? STEP_BEYOND : STEP;
    if (count + step > most) break;
    count += step;
    crowd.tell(`${count}`);
  }
  await sleep(HOLD_SECONDS * 1000);
  const all = await watch.stop();
  const last = secondsOf<ViewersSecond>(crowd).at(-1);
  await crowd.stop();
  await probe.stop();
  if (!last || last.viewers < FIRST) throw new Error('the viewers program ended early');
  return all;
}

function report(book: ResultBook, all: readonly RampSecond[], most: number): void {
  const steps = stepsOf(all, SETTLE_SECONDS);
  const { count, hasPassed } = carried(steps);
  const title = `viewers of one core before p99 passes ${LIMIT_MS} ms${hasPassed ? '' : ' (the ramp ended before)'}`;
  book.add({ id: 'saturation/viewers', title, unit: 'viewers', isMoreBetter: true }, count);
  book.notes.push(`viewers: ${limitOf(steps)}`);
  if (!hasPassed && most < MOST)
    book.notes.push(`viewers: the limit of open files (ulimit -Hn) ends the ramp at ${most}`);
  const sum = (read: (one: RampSecond) => number): number => all.reduce((total, one) => total + read(one), 0);
  const drops = `${sum(({ lags }) => lags)} lags, ${sum(({ skippedGops }) => skippedGops)} GOPs skipped, ${sum(({ closed }) => closed)} viewers cut off, at most ${Math.max(...all.map(({ starved }) => starved))} starved`;
  const longest = Math.max(...all.map(({ batchMs }) => batchMs || 0));
  book.notes.push(`viewers, to ${all.at(-1)?.count}: ${drops}; batches grew to ${Math.round(longest)} ms`);
  book.generators.push({
    scenario: 'saturation',
    share: Math.max(...steps.map(({ loadShare }) => loadShare)),
  });
  draw(book, all);
}

function draw(book: ResultBook, all: readonly RampSecond[]): void {
  const xs = all.map(({ second }) => second);
  const viewers = { name: 'viewers', ys: all.map(({ count }) => count), isRight: true };
  const title = 'A ramp past saturation, gateway on one core';
  book.draw({
    title: `${title}: latency and batch`,
    x: 'second',
    y: 'ms',
    right: 'viewers',
    xs,
    lines: [
      { name: 'p50', ys: all.map(({ latencyMs }) => latencyMs.p50 ?? null) },
      { name: 'p99', ys: all.map(({ latencyMs }) => latencyMs.p99 ?? null) },
      { name: 'batch', ys: all.map(({ batchMs }) => batchMs) },
      viewers,
    ],
  });
  book.draw({
    title: `${title}: what viewers read`,
    x: 'second',
    y: 'GB a second',
    right: 'viewers',
    xs,
    lines: [
      { name: 'read', ys: all.map(({ megabytes }) => megabytes / 1000) },
      { name: 'what they should read', ys: all.map(({ count }) => (count * BYTES_PER_SECOND) / 1e9) },
      viewers,
    ],
  });
  book.draw({
    title: `${title}: how busy, and what was dropped`,
    x: 'second',
    y: 'percent of a core',
    right: 'in a second',
    xs,
    lines: [
      { name: "gateway's core", ys: all.map(({ serverCore }) => serverCore.busy * 100) },
      { name: "gateway's event loop", ys: all.map(({ loopShare }) => loopShare * 100) },
      { name: "load's core", ys: all.map(({ loadCore }) => loadCore.busy * 100) },
      { name: 'lags', ys: all.map(({ lags }) => lags), isRight: true },
      { name: 'GOPs skipped', ys: all.map(({ skippedGops }) => skippedGops), isRight: true },
      { name: 'viewers cut off', ys: all.map(({ closed }) => closed), isRight: true },
      { name: 'starved', ys: all.map(({ starved }) => starved), isRight: true },
    ],
  });
}
