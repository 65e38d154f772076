import {
  done,
  seconds as secondsOf,
  startPublishers,
  startViewers,
  type PublishersDone,
  type PublishersSecond,
  type ViewersDone,
} from '../load.ts';
import { startMillrace } from '../peers/millrace.ts';
import { atMost, type ResultBook } from '../result.ts';
import type { Running } from '../running.ts';
import { whereToWatch } from './cost.ts';
import { sleep, type BenchOptions, type Scenario } from './scenario.ts';

interface Ports {
  readonly rtmpPort: number;
  readonly httpPort: number;
}

interface Probed {
  readonly figures: PublishersDone;
  readonly perSecond: readonly PublishersSecond[];
}

type Curve = NonNullable<PublishersDone['curve']>;

/** From the publisher's send to the viewer's read, alone and in company. */
export const latency: Scenario = {
  name: 'latency',
  async run(book, options) {
    for (let run = 0; run < options.runs; run++) {
      const lonely = await alone(book, options);
      const crowded = await inCompany(book, options);
      drawDistribution(book, lonely, crowded);
      await rush(book, options);
    }
  },
};

/** `during` starts what goes on beside the probe and returns it. */
async function probed(
  book: ResultBook,
  seconds: number,
  during: (ports: Ports) => Promise<Running[]>,
): Promise<Probed> {
  const gateway = await startMillrace();
  const probe = { port: gateway.httpPort, path: '/live/cam0.flv' };
  const publisher = startPublishers({ port: gateway.rtmpPort, count: 1, seconds, probe });
  await publisher.event('publishing');
  const others = await during(gateway);
  const figures = await done<PublishersDone>(publisher);
  const share = figures.ownCpuSeconds / figures.seconds;
  book.generators.push({ scenario: 'latency', share, latestMs: figures.latestMs });
  for (const one of others) await one.stop();
  await gateway.stop();
  return { figures, perSecond: secondsOf<PublishersSecond>(publisher) };
}

async function alone(book: ResultBook, { seconds }: BenchOptions): Promise<Curve> {
  const { figures } = await probed(book, seconds + 6, () => Promise.resolve([]));
  const { p50 = NaN, p99 = NaN } = figures.latencyMs ?? {};
  const title = 'latency, one viewer';
  book.add({ id: 'latency/alone/p50', title: `${title}, p50`, unit: 'ms', goal: atMost(1) }, p50);
  book.add({ id: 'latency/alone/p99', title: `${title}, p99`, unit: 'ms', goal: atMost(10) }, p99);
  return figures.curve ?? [];
}

async function inCompany(book: ResultBook, { seconds }: BenchOptions): Promise<Curve> {
  const { figures } = await probed(book, seconds + 12, async (ports) => {
    await sleep(2_000);
    await firstPicture(book, ports);
    return [startViewers({ ...whereToWatch('ws', ports), count: 200, seconds: 0 })];
  });
  const { p50 = NaN, p99 = NaN } = figures.latencyMs ?? {};
  const title = 'latency beside 200 viewers';
  book.add({ id: 'latency/company/p50', title: `${title}, p50`, unit: 'ms' }, p50);
  book.add({ id: 'latency/company/p99', title: `${title}, p99`, unit: 'ms', goal: atMost(35) }, p99);
  return figures.curve ?? [];
}

/** Twenty viewers, one after the other. */
async function firstPicture(book: ResultBook, ports: Ports): Promise<void> {
  const job = { ...whereToWatch('flv', ports), count: 20, seconds: 0.1, perSecond: 20 };
  const { firstMs } = await done<ViewersDone>(startViewers(job));
  const title = 'first picture after the request, 20 requests';
  book.add({ id: 'latency/first-picture/p50', title: `${title}, p50`, unit: 'ms' }, firstMs.p50);
  const worst = { id: 'latency/first-picture/max', title: `${title}, worst`, unit: 'ms' };
  book.add({ ...worst, goal: atMost(20) }, firstMs.max);
}

/** 500 viewers join within a second while others watch. */
async function rush(book: ResultBook, { seconds }: BenchOptions): Promise<void> {
  const { perSecond } = await probed(book, seconds + 12, async (ports) => {
    await sleep(8_000);
    return [startViewers({ ...whereToWatch('ws', ports), count: 500, seconds: 0, perSecond: 500 })];
  });
  const worst = (from: number, to: number): number =>
    Math.max(
      ...perSecond
        .filter(({ second }) => second >= from && second < to)
        .map(({ latencyMs }) => latencyMs.max ?? 0),
    );
  const delay = Math.max(0, worst(8, 12) - worst(5, 8));
  const title = '500 viewers join in a second: added delay of another';
  book.add({ id: 'latency/rush', title, unit: 'ms', goal: atMost(50) }, delay);
  book.draw({
    title: 'Latency of a viewer while 500 others join (second 8)',
    x: 'second',
    y: 'ms',
    xs: perSecond.map(({ second }) => second),
    lines: (['p50', 'p99', 'max'] as const).map((name) => ({
      name,
      ys: perSecond.map(({ latencyMs }) => latencyMs[name] ?? null),
    })),
  });
}

function drawDistribution(book: ResultBook, lonely: Curve, crowded: Curve): void {
  book.draw({
    title: 'Distribution of latency: so many percent of the frames arrive within so many ms',
    x: 'percent of frames',
    y: 'ms',
    xs: lonely.map(([percent]) => percent),
    lines: [
      { name: 'one viewer', ys: lonely.map(([, ms]) => ms) },
      { name: 'beside 200 viewers', ys: crowded.map(([, ms]) => ms) },
    ],
  });
}
