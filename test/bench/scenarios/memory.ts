import { publishOne, startViewers } from '../load.ts';
import { startMillrace } from '../peers/millrace.ts';
import type { Peer } from '../peers/peer.ts';
import { atMost, type ResultBook } from '../result.ts';
import { warmUp, whereToWatch } from './cost.ts';
import { sleep, type Scenario } from './scenario.ts';

const STEPS = [500, 1_000, 2_000];
const STEP_SECONDS = 5;
/** After the last have left. */
const AFTER_SECONDS = 6;
/** Kilobytes are 1,000 bytes. */
const GOAL_KB_PER_VIEWER = 60;

/** Memory of a new gateway while one crowd grows to 2,000 and leaves; the kernel's socket buffers are not in it. */
export const memory: Scenario = {
  name: 'memory',
  async run(book, { runs }) {
    for (let run = 0; run < runs; run++) {
      const gateway = await startMillrace();
      const publisher = await publishOne(gateway.rtmpPort);
      await warmUp(gateway, ['ws'], 8);
      await oneCrowd(book, gateway);
      await publisher.stop();
      await gateway.stop();
    }
  },
};

async function oneCrowd(book: ResultBook, gateway: Peer): Promise<void> {
  const samples: { viewers: number; megabytes: number }[] = [];
  const watch = async (viewers: number, seconds: number): Promise<number> => {
    let most = 0;
    for (let half = 0; half < seconds * 2; half++) {
      await sleep(500);
      const bytes = gateway.running.rssBytes();
      samples.push({ viewers, megabytes: bytes / 1e6 });
      most = Math.max(most, bytes);
    }
    return most;
  };
  const empty = await watch(0, 2);
  const crowd = startViewers({ ...whereToWatch('ws', gateway), count: 1, seconds: 0, perSecond: 1_000 });
  for (const count of STEPS) {
    crowd.tell(`${count}`);
    const grown = (await watch(count, STEP_SECONDS)) - empty;
    const title = `memory per viewer, ${count} viewers`;
    const row = { id: `memory/${count}`, title, unit: 'kB', goal: atMost(GOAL_KB_PER_VIEWER) };
    book.add(row, grown / count / 1000);
  }
  await crowd.stop();
  await watch(0, AFTER_SECONDS);
  book.draw({
    title: 'Memory over time while a crowd grows and leaves (WebSocket-FLV)',
    x: 'second',
    y: 'MB resident',
    right: 'viewers',
    xs: samples.map((_, index) => index / 2),
    lines: [
      { name: 'memory', ys: samples.map(({ megabytes }) => megabytes) },
      { name: 'viewers', ys: samples.map(({ viewers }) => viewers), isRight: true },
    ],
  });
}
