import { LOAD, pinningMissing, SERVER } from '../placement.ts';
import type { ResultBook } from '../result.ts';
import { wrk, wrkMissing, type WrkResult } from '../wrk.ts';
import { startHls, type Resource } from './hls-serving.ts';
import { LIMIT_MS } from './ramp.ts';
import type { Scenario } from './scenario.ts';

/** Each connection asks again as soon as it is answered: more of them wait longer, once the core is full. */
const CONNECTIONS = [10, 50, 200, 800, 2_000, 4_000];
const SECONDS = 3;

/** How many HLS requests a second one core answers until their p99 passes the limit. */
export const requests: Scenario = {
  name: 'requests',
  async run(book) {
    const missing = wrkMissing() ?? pinningMissing();
    if (missing) {
      book.skipped.push(`requests: ${missing}`);
      return;
    }
    const { gateway, resources, stop } = await startHls({ placement: SERVER });
    const origin = `http://127.0.0.1:${gateway.httpPort}`;
    await wrk({ url: origin + resources[0]!.path, connections: 50, seconds: 2, placement: LOAD });
    for (const resource of resources) await ramp(book, resource, origin);
    await stop();
  },
};

async function ramp(book: ResultBook, { what, path }: Resource, origin: string): Promise<void> {
  const steps: (WrkResult & { connections: number })[] = [];
  for (const connections of CONNECTIONS) {
    const step = await wrk({ url: origin + path, connections, seconds: SECONDS, placement: LOAD });
    steps.push({ connections, ...step });
    if (step.p99Ms > LIMIT_MS) break;
  }
  const within = steps.filter(({ p99Ms }) => p99Ms <= LIMIT_MS);
  const best = within.reduce((most, one) => (one.requestsPerSecond > most.requestsPerSecond ? one : most));
  const title = `${what} requests of one core before p99 passes ${LIMIT_MS} ms`;
  book.add({ id: `requests/${what}`, title, unit: 'req/s', isMoreBetter: true }, best.requestsPerSecond);
  const last = steps.at(-1)!;
  const share = Math.round(best.share * 100);
  book.notes.push(
    `${what} requests: most with ${best.connections} connections (wrk ${share} % of its core); with ${last.connections} p99 is ${Math.round(last.p99Ms)} ms`,
  );
  book.draw({
    title: `Requests for a ${what}, gateway on one core`,
    x: 'connections',
    y: 'requests a second',
    right: 'ms',
    xs: steps.map(({ connections }) => connections),
    lines: [
      { name: 'requests', ys: steps.map(({ requestsPerSecond }) => requestsPerSecond) },
      { name: 'p50', ys: steps.map(({ p50Ms }) => p50Ms), isRight: true },
      { name: 'p99', ys: steps.map(({ p99Ms }) => p99Ms), isRight: true },
    ],
  });
}
