import { publishOne, type WatchMode } from '../load.ts';
import { startFloor } from '../peers/floor.ts';
import { startMillrace } from '../peers/millrace.ts';
import { nginxRtmpMissing, startNginxRtmp } from '../peers/nginx-rtmp.ts';
import { startNodeMediaServer } from '../peers/node-media-server.ts';
import type { Peer } from '../peers/peer.ts';
import { atLeast, atMost, type ResultBook } from '../result.ts';
import type { Running } from '../running.ts';
import { costOf, warmUp, whereToWatch, type Cost } from './cost.ts';
import { sleep, type BenchOptions, type Scenario } from './scenario.ts';

const VIEWERS = 200;
const WARM_UP_SECONDS = 15;
/** What a viewer of the clip reads. */
export const BYTES_PER_SECOND = 265_000;
export const WAYS_TO_WATCH: readonly WatchMode[] = ['flv', 'ws', 'rtmp'];
export const WAY_NAMES: Readonly<Record<WatchMode, string>> = {
  flv: 'HTTP-FLV',
  ws: 'WebSocket-FLV',
  rtmp: 'RTMP',
};

interface Setup {
  readonly label: string;
  readonly title: string;
  readonly periodMs: number;
  readonly goal: number;
  readonly env: Readonly<Record<string, string>>;
  /** Other servers send each frame at once, as the default settings do. */
  readonly hasPeers: boolean;
}

const SETUPS: readonly Setup[] = [
  { label: 'default', title: 'default', periodMs: 33, goal: 1.3, env: {}, hasPeers: true },
  {
    label: 'batch-350',
    title: 'batchMs 350',
    periodMs: 350,
    goal: 1.6,
    env: { MILLRACE_DELIVERY_BATCH_MS: '350' },
    hasPeers: false,
  },
];

/** The cost of 200 viewers of one stream, beside the floor and the peers, in turns. */
export const fanOut: Scenario = {
  name: 'fan-out',
  async run(book, options) {
    for (const setup of SETUPS) await oneSetup(book, setup, options);
  },
};

/** All servers are up at the same time, so that turns are short; one that waits for its turn only takes in its stream. */
async function oneSetup(book: ResultBook, setup: Setup, options: BenchOptions): Promise<void> {
  const floor = await startFloor(BYTES_PER_SECOND, setup.periodMs);
  const gateway = await startMillrace({ env: setup.env });
  const peers = setup.hasPeers ? await startPeers(book) : [];
  const publishers: Running[] = [];
  for (const { rtmpPort } of [gateway, ...peers]) publishers.push(await publishOne(rtmpPort));
  await warmUp(gateway, WAYS_TO_WATCH, WARM_UP_SECONDS);
  for (let run = 0; run < options.runs; run++) {
    const before = await floorCost(floor, options);
    const costs = await gatewayCosts(book, gateway, options);
    // The machine's speed drifts: the floor is taken on both sides.
    const limit = (before + (await floorCost(floor, options))) / 2;
    book.add({ id: `fan-out/floor/${setup.label}`, title: floor.name, unit: 'ms/MB' }, limit);
    for (const [mode, cost] of costs) addMode(book, { mode, setup, cost, limit });
    for (const peer of peers) await onePeer(book, { peer, costs, options });
  }
  for (const one of [...publishers, gateway, floor, ...peers]) await one.stop();
}

async function startPeers(book: ResultBook): Promise<Peer[]> {
  const peers: Peer[] = [];
  const missing = nginxRtmpMissing();
  if (missing) book.skipped.push(missing);
  else peers.push(await startNginxRtmp());
  try {
    peers.push(await startNodeMediaServer());
  } catch (error) {
    book.skipped.push(`node-media-server: ${(error as Error).message}`);
  }
  return peers;
}

async function floorCost(floor: Peer, { seconds }: BenchOptions): Promise<number> {
  const job = { mode: 'flv', port: floor.httpPort, path: '/', count: VIEWERS, seconds } as const;
  return (await costOf(floor.running, job)).msPerMegabyte;
}

type Costs = Map<WatchMode, Cost>;

async function gatewayCosts(book: ResultBook, gateway: Peer, { seconds }: BenchOptions): Promise<Costs> {
  const costs: Costs = new Map();
  for (const mode of WAYS_TO_WATCH) {
    try {
      const job = { ...whereToWatch(mode, gateway), count: VIEWERS, seconds };
      costs.set(mode, await costOf(gateway.running, job));
    } catch (error) {
      book.skipped.push(`fan-out: ${(error as Error).message}`);
    }
    await sleep(500);
  }
  return costs;
}

interface ModeCost {
  readonly mode: WatchMode;
  readonly setup: Setup;
  readonly cost: Cost;
  readonly limit: number;
}

function addMode(book: ResultBook, { mode, setup, cost, limit }: ModeCost): void {
  const id = `fan-out/${mode}/${setup.label}`;
  const title = `${WAY_NAMES[mode]}, ${setup.title}`;
  book.add({ id, title, unit: 'ms/MB' }, cost.msPerMegabyte);
  const ratio = { id: `${id}/ratio`, title: `${title}, against the floor`, unit: '×' };
  book.add({ ...ratio, goal: atMost(setup.goal) }, cost.msPerMegabyte / limit);
  const even = { id: `${id}/evenness`, title: `${title}, least fed against best fed`, unit: '×' };
  book.add({ ...even, goal: atLeast(0.9) }, cost.evenness);
  book.generators.push({ scenario: 'fan-out', share: cost.generatorShare });
}

interface PeerTurn {
  readonly peer: Peer;
  readonly costs: Costs;
  readonly options: BenchOptions;
}

async function onePeer(book: ResultBook, { peer, costs, options }: PeerTurn): Promise<void> {
  for (const mode of peer.name === 'nginx-rtmp' ? (['rtmp'] as const) : WAYS_TO_WATCH) {
    const job = { ...whereToWatch(mode, peer), count: VIEWERS, seconds: options.seconds };
    const id = `fan-out/${mode}/${peer.name}`;
    try {
      const cost = await costOf(peer.running, job);
      book.add({ id, title: `${WAY_NAMES[mode]}, ${peer.name}`, unit: 'ms/MB' }, cost.msPerMegabyte);
      const ours = costs.get(mode);
      if (!ours) continue;
      const title = `${WAY_NAMES[mode]}, default, against ${peer.name}`;
      book.add({ id: `${id}/ratio`, title, unit: '×' }, ours.msPerMegabyte / cost.msPerMegabyte);
    } catch (error) {
      book.skipped.push(`${peer.name}, ${mode}: ${(error as Error).message}`);
    }
  }
}
