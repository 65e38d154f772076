import { done, startPublishers, startViewers, type Latency, type PublishersDone } from '../load.ts';
import { startMillrace } from '../peers/millrace.ts';
import type { Running } from '../running.ts';
import { whereToWatch } from './cost.ts';
import { sleep, type Scenario } from './scenario.ts';

const STEP_SECONDS = 5;
const STEP_VIEWERS = 500;
const STEPS = 12;
const LIMIT_MS = 100;

/** A ramp of viewers past what one core can carry: latency, load and viewers closed over time. */
export const saturation: Scenario = {
  name: 'saturation',
  async run(book) {
    const gateway = await startMillrace();
    const seconds = STEPS * STEP_SECONDS + 8;
    const probe = { port: gateway.httpPort, path: '/live/cam0.flv' };
    const publisher = startPublishers({ port: gateway.rtmpPort, count: 1, seconds, probe });
    await publisher.event('publishing');
    await sleep(6_000);
    const crowds: Running[] = [];
    const loads: number[] = [];
    for (let step = 0; step < STEPS; step++) {
      const job = { ...whereToWatch('ws', gateway), count: STEP_VIEWERS, perSecond: STEP_VIEWERS };
      crowds.push(startViewers({ ...job, seconds: (STEPS - step) * STEP_SECONDS }));
      const cpu = gateway.running.cpuSeconds();
      await sleep(STEP_SECONDS * 1000);
      loads.push((gateway.running.cpuSeconds() - cpu) / STEP_SECONDS);
    }
    await done<PublishersDone>(publisher);
    const perSecond = publisher.events('second') as unknown as { second: number; latencyMs: Latency }[];
    const steps = loads.map((load, index) => {
      const from = 6 + index * STEP_SECONDS + 2;
      const own = perSecond.filter(({ second }) => second >= from && second < from + STEP_SECONDS - 2);
      return {
        viewers: (index + 1) * STEP_VIEWERS,
        load,
        p99: Math.max(0, ...own.map(({ latencyMs }) => latencyMs.p99 ?? 0)),
      };
    });
    const carried = steps.filter(({ p99 }) => p99 > 0 && p99 <= LIMIT_MS).at(-1)?.viewers ?? 0;
    book.add(
      { id: 'saturation/viewers', title: `viewers of one core before p99 passes ${LIMIT_MS} ms`, unit: '' },
      carried,
    );
    book.series.push({
      title: 'A ramp past saturation (WebSocket-FLV, 2.1 Mb/s a viewer)',
      x: 'viewers',
      y: 'ms (p99) and percent of a core',
      xs: steps.map(({ viewers }) => viewers),
      lines: [
        { name: 'p99 ms', ys: steps.map(({ p99 }) => p99) },
        { name: 'processor %', ys: steps.map(({ load }) => load * 100) },
      ],
    });
    for (const crowd of crowds) await crowd.stop();
    await gateway.stop();
  },
};
