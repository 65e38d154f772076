import { join } from 'node:path';
import { askMetrics } from '../gateway-metrics.ts';
import { publishOne } from '../load.ts';
import { startMillrace } from '../peers/millrace.ts';
import type { Peer } from '../peers/peer.ts';
import { atMost, summary, type ResultBook } from '../result.ts';
import { Running } from '../running.ts';
import { sleep, type Scenario } from './scenario.ts';

const PATH = '/live/cam0/media.m3u8';
const PLAYERS = [1_000, 5_000];
/** How many hang up at once. */
const DROPPED = 10_000;
/** As long as other requests may wait while all players are answered, ms: a part is 300. */
const GOAL_OTHERS_MS = 50;

/** Low-latency HLS: thousands that wait for the same part; how long until all have it, and whom they hold up meanwhile. */
export const blocked: Scenario = {
  name: 'blocked',
  async run(book, { runs }) {
    const env = {
      MILLRACE_HLS_SEGMENT_SECONDS: '2',
      MILLRACE_LIMITS_CONNECTIONS_PER_ADDRESS: `${2 * DROPPED}`,
      MILLRACE_LIMITS_CONNECTIONS: `${2 * DROPPED}`,
    };
    const gateway = await startMillrace({ env });
    const publisher = await publishOne(gateway.rtmpPort);
    await newest(gateway);
    await dropAll(book, gateway); // first: memory that was once used is kept
    for (const count of PLAYERS) await answerAll(book, { gateway, count, rounds: Math.max(3, runs) });
    await publisher.stop();
    await gateway.stop();
  },
};

/** Media sequence number of the newest segment, once there is one. */
async function newest({ httpPort }: Peer): Promise<number> {
  for (;;) {
    const answer = await fetch(`http://127.0.0.1:${httpPort}${PATH}?wait=30`);
    const text = await answer.text();
    const first = Number(/MEDIA-SEQUENCE:(\d+)/.exec(text)?.[1]);
    const segments = text.match(/^\d+\.m4s$/gm)?.length ?? 0;
    if (segments > 0) return first + segments - 1;
    await sleep(500);
  }
}

async function startPlayers({ httpPort }: Peer, count: number): Promise<Running> {
  const program = join(import.meta.dirname, '../blocked-players.ts');
  const players = new Running(process.execPath, [
    '--import',
    'tsx',
    program,
    `${httpPort}`,
    PATH,
    `${count}`,
  ]);
  await players.event('ready');
  return players;
}

/** All ask for a segment that is seconds away; resolves when all wait. */
async function askAll(gateway: Peer, players: Running, count: number): Promise<void> {
  players.tell(`ask _HLS_msn=${(await newest(gateway)) + 2}`);
  while ((await waiting(gateway)) < count) await sleep(50);
}

async function waiting({ httpPort }: Peer): Promise<number> {
  return (await askMetrics(httpPort))?.sum('millrace_hls_waiting_requests') ?? -1;
}

interface Crowd {
  readonly gateway: Peer;
  readonly count: number;
  readonly rounds: number;
}

async function answerAll(book: ResultBook, { gateway, count, rounds }: Crowd): Promise<void> {
  const players = await startPlayers(gateway, count);
  for (let round = 1; round <= rounds; round++) {
    await askAll(gateway, players, count);
    const probe = startProbe(gateway);
    const { good, milliseconds } = await players.event(`answered ${round}`);
    const { p99, max } = await probe.stop();
    const title = `${count} players wait for the same`;
    const id = `blocked/${count}`;
    if (good !== count) throw new Error(`${String(good)} of ${count} were answered with a playlist`);
    book.add({ id: `${id}/all`, title: `${title}: until all have it`, unit: 'ms' }, Number(milliseconds));
    const others = { id: `${id}/others`, title: `${title}: longest wait of other requests`, unit: 'ms' };
    book.add({ ...others, goal: atMost(GOAL_OTHERS_MS) }, max);
    book.add({ id: `${id}/others-p99`, title: `${title}: p99 of other requests`, unit: 'ms' }, p99);
  }
  players.tell('drop');
  await players.event('dropped');
  await players.stop();
}

/** Another client that asks for something small all the time. */
function startProbe({ httpPort }: Peer): { stop(): Promise<{ p99: number; max: number }> } {
  let isOver = false;
  const waits: number[] = [];
  const run = async (): Promise<void> => {
    while (!isOver) {
      const since = performance.now();
      await (await fetch(`http://127.0.0.1:${httpPort}/healthz`)).arrayBuffer();
      waits.push(performance.now() - since);
    }
  };
  const running = run();
  return {
    stop: async () => {
      isOver = true;
      await running;
      const sorted = waits.sort((a, b) => a - b);
      return { p99: sorted[Math.floor(sorted.length * 0.99)]!, max: summary(sorted).max };
    },
  };
}

/** What a crowd costs, and whom it holds up when it hangs up at once. */
async function dropAll(book: ResultBook, gateway: Peer): Promise<void> {
  const title = `${DROPPED} players wait and hang up`;
  const before = gateway.running.rssBytes();
  const most = await dropOnce(book, gateway);
  const each = { id: 'blocked/memory', title: `${title}: memory each, connection included`, unit: 'kB' };
  book.add(each, (most - before) / DROPPED / 1000);
}

/** Gives the memory while all wait, bytes. */
async function dropOnce(book: ResultBook, gateway: Peer): Promise<number> {
  const players = await startPlayers(gateway, DROPPED);
  await askAll(gateway, players, DROPPED);
  const bytes = gateway.running.rssBytes();
  const probe = startProbe(gateway);
  const since = performance.now();
  players.tell('drop');
  while ((await waiting(gateway)) !== 0) await sleep(10);
  const title = `${DROPPED} players wait and hang up`;
  const gone = { id: 'blocked/dropped', title: `${title}: until none is left`, unit: 'ms' };
  book.add(gone, performance.now() - since);
  const { max } = await probe.stop();
  book.add(
    { id: 'blocked/dropped/others', title: `${title}: longest wait of other requests`, unit: 'ms' },
    max,
  );
  await players.stop();
  return bytes;
}
