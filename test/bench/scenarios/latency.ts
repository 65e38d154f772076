import { done, startPublishers, startViewers, type Latency, type PublishersDone } from '../load.ts';
import { startMillrace } from '../peers/millrace.ts';
import type { ResultBook } from '../result.ts';
import { whereToWatch } from './cost.ts';
import { sleep, type BenchOptions, type Scenario } from './scenario.ts';

/** From the publisher's send to the viewer's read, alone and in company. */
export const latency: Scenario = {
  name: 'latency',
  async run(book, options) {
    for (let run = 0; run < options.runs; run++) {
      await alone(book, options);
      await inCompany(book, options);
      await rush(book, options);
    }
  },
};

async function probed(
  count: number,
  seconds: number,
  during: (ports: { rtmpPort: number; httpPort: number }) => Promise<void>,
) {
  const gateway = await startMillrace();
  const probe = { port: gateway.httpPort, path: '/live/cam0.flv' };
  const publisher = startPublishers({ port: gateway.rtmpPort, count, seconds, probe });
  await publisher.event('publishing');
  await during(gateway);
  const figures = await done<PublishersDone>(publisher);
  const perSecond = publisher.events('second') as unknown as { second: number; latencyMs: Latency }[];
  await gateway.stop();
  return { figures, perSecond };
}

async function alone(book: ResultBook, { seconds }: BenchOptions): Promise<void> {
  const { figures } = await probed(1, seconds + 6, () => Promise.resolve());
  const { p50 = NaN, p99 = NaN } = figures.latencyMs ?? {};
  book.add(
    {
      id: 'latency/alone/p50',
      title: 'latency, one viewer, p50',
      unit: 'ms',
      goal: { kind: 'at most', value: 1 },
    },
    p50,
  );
  book.add(
    {
      id: 'latency/alone/p99',
      title: 'latency, one viewer, p99',
      unit: 'ms',
      goal: { kind: 'at most', value: 10 },
    },
    p99,
  );
  const first = { id: 'latency/first-picture', title: 'first picture after the request', unit: 'ms' };
  book.add({ ...first, goal: { kind: 'at most', value: 20 } }, figures.firstPictureMs!);
}

async function inCompany(book: ResultBook, { seconds }: BenchOptions): Promise<void> {
  const { figures } = await probed(1, seconds + 12, async (ports) => {
    await sleep(500);
    startViewers({ ...whereToWatch('ws', ports), count: 200, seconds: seconds + 20, perSecond: 400 });
  });
  const goal = { kind: 'at most', value: 35 } as const;
  book.add(
    { id: 'latency/company/p50', title: 'latency beside 200 viewers, p50', unit: 'ms' },
    figures.latencyMs?.p50 ?? NaN,
  );
  book.add(
    { id: 'latency/company/p99', title: 'latency beside 200 viewers, p99', unit: 'ms', goal },
    figures.latencyMs?.p99 ?? NaN,
  );
}

/** 500 viewers join within a second while others watch. */
async function rush(book: ResultBook, { seconds }: BenchOptions): Promise<void> {
  const { perSecond } = await probed(1, seconds + 12, async (ports) => {
    await sleep(8_000);
    startViewers({ ...whereToWatch('ws', ports), count: 500, seconds: seconds + 20, perSecond: 500 });
  });
  const worst = (from: number, to: number): number =>
    Math.max(
      ...perSecond
        .filter(({ second }) => second >= from && second < to)
        .map(({ latencyMs }) => latencyMs.max ?? 0),
    );
  const delay = worst(8, 12) - worst(5, 8);
  const goal = { kind: 'at most', value: 50 } as const;
  book.add(
    { id: 'latency/rush', title: '500 viewers join in a second: added delay of another', unit: 'ms', goal },
    delay,
  );
  book.series.push({
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
