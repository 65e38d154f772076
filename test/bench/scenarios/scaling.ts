import { publishOne } from '../load.ts';
import { startFloor } from '../peers/floor.ts';
import { startMillrace } from '../peers/millrace.ts';
import type { Peer } from '../peers/peer.ts';
import { atMost, summary, type ResultBook } from '../result.ts';
import { costOf, loadOf, warmUp, whereToWatch } from './cost.ts';
import { BYTES_PER_SECOND } from './fan-out.ts';
import { sleep, type Scenario } from './scenario.ts';

const CROWDS = [50, 200, 500, 1_000, 2_000];
const WARM_UP_SECONDS = 12;
const JOINS_PER_SECOND = 1_000;
const GOAL_SPREAD = 0.2;

/** The cost of a megabyte in one run, in the order of the crowds. */
interface Costs {
  readonly gateway: number[];
  /** Without what the publisher costs by itself. */
  readonly viewers: number[];
  readonly floor: number[];
}

/** Does a megabyte cost the same with 50 viewers and with 2,000? The publisher's fixed cost is told apart. */
export const scaling: Scenario = {
  name: 'scaling',
  async run(book, { runs, seconds }) {
    const floor = await startFloor(BYTES_PER_SECOND, 33);
    const gateway = await startMillrace();
    const publisher = await publishOne(gateway.rtmpPort);
    await warmUp(gateway, ['ws'], WARM_UP_SECONDS);
    for (let run = 0; run < runs; run++) {
      const fixed = await loadOf(gateway.running, seconds);
      const title = 'a publisher without viewers';
      book.add({ id: 'scaling/fixed', title, unit: 'CPU ms/s' }, fixed * 1000);
      addSpread(book, await oneRun(book, { gateway, floor, fixed, seconds }));
    }
    for (const one of [publisher, gateway, floor]) await one.stop();
    draw(book);
  },
};

interface Setup {
  readonly gateway: Peer;
  readonly floor: Peer;
  readonly fixed: number;
  readonly seconds: number;
}

async function oneRun(book: ResultBook, { gateway, floor, fixed, seconds }: Setup): Promise<Costs> {
  const costs: Costs = { gateway: [], viewers: [], floor: [] };
  for (const count of CROWDS) {
    const job = { count, seconds, perSecond: JOINS_PER_SECOND };
    const watch = { mode: 'ws', port: floor.httpPort, path: '/' } as const;
    const limit = await costOf(floor.running, { ...watch, ...job });
    const cost = await costOf(gateway.running, { ...whereToWatch('ws', gateway), ...job });
    const own = cost.msPerMegabyte - (fixed * 1000) / cost.megabytesPerSecond;
    costs.floor.push(limit.msPerMegabyte);
    costs.gateway.push(cost.msPerMegabyte);
    costs.viewers.push(own);
    const id = `scaling/${count}`;
    book.add({ id: `${id}/floor`, title: `floor, ${count} viewers`, unit: 'ms/MB' }, limit.msPerMegabyte);
    book.add({ id: `${id}/cost`, title: `${count} viewers`, unit: 'ms/MB' }, cost.msPerMegabyte);
    book.add({ id: `${id}/own`, title: `${count} viewers, without the publisher`, unit: 'ms/MB' }, own);
    book.generators.push({ scenario: 'scaling', share: cost.generatorShare });
    await sleep(500 + count / 2);
  }
  return costs;
}

/** How far the dearest and the cheapest are from their middle: ± 20 % is 0.2. */
function spread(costs: readonly number[]): number {
  const { min, max } = summary(costs);
  return (max - min) / (max + min);
}

function addSpread(book: ResultBook, { gateway, viewers, floor }: Costs): void {
  const title = 'cost per MB from 50 to 2,000 viewers, ±';
  const goal = atMost(GOAL_SPREAD);
  book.add({ id: 'scaling/spread', title, unit: '', goal }, spread(gateway));
  const own = { id: 'scaling/spread/own', title: `${title}, without the publisher`, unit: '', goal };
  book.add(own, spread(viewers));
  book.add({ id: 'scaling/spread/floor', title: `${title}, the floor`, unit: '' }, spread(floor));
}

function draw(book: ResultBook): void {
  const medians = (part: string): number[] =>
    CROWDS.map((count) => summary(book.values(`scaling/${count}/${part}`)).median);
  book.draw({
    title: 'Cost of a megabyte against viewers (WebSocket-FLV)',
    x: 'viewers',
    y: 'ms CPU per MB',
    xs: CROWDS,
    lines: [
      { name: 'millrace', ys: medians('cost') },
      { name: 'millrace without its publisher', ys: medians('own') },
      { name: 'floor at 33 ms', ys: medians('floor') },
    ],
  });
}
