import { publishOne, startViewers } from '../load.ts';
import { startMillrace } from '../peers/millrace.ts';
import type { Peer } from '../peers/peer.ts';
import { startWorkers } from '../peers/workers.ts';
import type { ResultBook } from '../result.ts';
import { costOf, loadOf, warmUp, whereToWatch } from './cost.ts';
import { BYTES_PER_SECOND } from './fan-out.ts';
import { sleep, type BenchOptions, type Scenario } from './scenario.ts';

const VIEWERS = 1_000;
const WARM_UP_SECONDS = 8;
const CROWDS = [4_000, 6_000, 8_000, 10_000, 12_000, 14_000];
const JOINS_PER_SECOND = 2_000;
/** Until those who joined have been given what went before, and are as the others. */
const SETTLE_SECONDS = 3;
const CROWD_SECONDS = 4;
/** Viewers that get less than this share of the stream are not being served. */
const FED = 0.95;

interface Setup {
  readonly id: string;
  readonly title: string;
  readonly start: () => Promise<Peer>;
}

const SETUPS: readonly Setup[] = [
  { id: 'one', title: 'one process', start: startAlone },
  { id: 'workers-1', title: '1 worker behind it', start: () => startWorkers(1) },
  { id: 'workers-2', title: '2 workers behind it', start: () => startWorkers(2) },
];

/** An experiment: would more processes for one stream be worth it? The cost per MB, and what both cores carry with the load on them. */
export const workers: Scenario = {
  name: 'workers',
  async run(book, options) {
    const peers = new Map<Setup, Peer>();
    for (const setup of SETUPS) peers.set(setup, await setup.start());
    for (const [setup, peer] of peers) {
      await warmUp(peer, ['ws'], WARM_UP_SECONDS);
      const title = `${setup.title}: memory without viewers`;
      book.add({ id: `workers/${setup.id}/memory`, title, unit: 'MB' }, peer.running.rssBytes() / 1e6);
    }
    for (let run = 0; run < options.runs; run++)
      for (const [setup, peer] of peers) await costs(book, { setup, peer, options });
    for (const peer of peers.values()) await peer.stop();
    for (const setup of SETUPS.filter(({ id }) => id !== 'workers-1')) await capacity(book, setup);
  },
};

/** The gateway as it is, with the publisher that the others have too. */
async function startAlone(): Promise<Peer> {
  const limits = { MILLRACE_LIMITS_CONNECTIONS: '20000', MILLRACE_LIMITS_CONNECTIONS_PER_ADDRESS: '20000' };
  const gateway = await startMillrace({ env: limits });
  const publisher = await publishOne(gateway.rtmpPort);
  const stop = async (): Promise<void> => {
    await publisher.stop();
    await gateway.stop();
  };
  return { ...gateway, stop };
}

interface Turn {
  readonly setup: Setup;
  readonly peer: Peer;
  readonly options: BenchOptions;
}

async function costs(book: ResultBook, { setup, peer, options }: Turn): Promise<void> {
  const { id, title } = setup;
  const fixed = await loadOf(peer.running, options.seconds);
  book.add({ id: `workers/${id}/fixed`, title: `${title}: without viewers`, unit: 'CPU ms/s' }, fixed * 1000);
  const job = { ...whereToWatch('ws', peer), count: VIEWERS, seconds: options.seconds };
  const cost = await costOf(peer.running, job);
  const row = { id: `workers/${id}/cost`, title: `${title}: ${VIEWERS} viewers`, unit: 'ms/MB' };
  book.add(row, cost.msPerMegabyte);
  book.generators.push({ scenario: 'workers', share: cost.generatorShare });
}

/** The load runs on the same cores: what counts is the difference between setups. */
async function capacity(book: ResultBook, { id, title, start }: Setup): Promise<void> {
  const peer = await start();
  await sleep(3_000);
  const job = { ...whereToWatch('ws', peer), count: 1, seconds: 0, perSecond: JOINS_PER_SECOND, restMs: 25 };
  const crowd = startViewers(job);
  let carried = 0;
  for (const count of CROWDS) {
    crowd.tell(`${count}`);
    await sleep(((count - carried) / JOINS_PER_SECOND + SETTLE_SECONDS + CROWD_SECONDS) * 1000);
    const share = fedShare(crowd, count);
    if (share < FED) {
      book.notes.push(`${title}: ${count} viewers get ${Math.round(share * 100)} % of the stream`);
      break;
    }
    carried = count;
  }
  const most = carried === CROWDS.at(-1) ? ' (the ramp ended there)' : '';
  const row = { id: `workers/${id}/viewers`, title: `${title}: viewers that get the whole stream${most}` };
  book.add({ ...row, unit: 'viewers', isMoreBetter: true }, carried);
  await crowd.stop();
  await peer.stop();
}

/** Of what so many viewers should have read in the last seconds. */
function fedShare(crowd: ReturnType<typeof startViewers>, count: number): number {
  const all = crowd.events('second') as unknown as { at: number; bytes: number; closed: number }[];
  const now = all.at(-1);
  const before = all.at(-CROWD_SECONDS);
  if (!now || !before || now === before || now.closed > 0) return 0;
  return (now.bytes - before.bytes) / (now.at - before.at) / (count * BYTES_PER_SECOND);
}
