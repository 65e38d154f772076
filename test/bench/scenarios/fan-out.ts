import { startPublishers, type WatchMode } from '../load.ts';
import { startFloor } from '../peers/floor.ts';
import { startMillrace } from '../peers/millrace.ts';
import { nginxRtmpMissing, startNginxRtmp } from '../peers/nginx-rtmp.ts';
import { startNodeMediaServer } from '../peers/node-media-server.ts';
import type { Peer } from '../peers/peer.ts';
import type { ResultBook } from '../result.ts';
import { costOf, whereToWatch } from './cost.ts';
import { sleep, type BenchOptions, type Scenario } from './scenario.ts';

const VIEWERS = 200;
const WARM_UP_SECONDS = 20;
/** What a viewer of the clip reads. */
const BYTES_PER_SECOND = 265_000;
const MODES: readonly WatchMode[] = ['flv', 'ws', 'rtmp'];

interface Setup {
  readonly label: string;
  readonly periodMs: number;
  readonly goal: number;
  readonly env: Readonly<Record<string, string>>;
}

const SETUPS: readonly Setup[] = [
  { label: 'default', periodMs: 33, goal: 1.3, env: {} },
  { label: 'batch-350', periodMs: 350, goal: 1.6, env: { MILLRACE_DELIVERY_BATCH_MS: '350' } },
];

/** The cost of 200 viewers of one stream, beside the floor and the peers, in turns. */
export const fanOut: Scenario = {
  name: 'fan-out',
  async run(book, options) {
    for (const setup of SETUPS) await againstFloor(book, setup, options);
    await peers(book, options);
  },
};

async function againstFloor(book: ResultBook, setup: Setup, { runs, seconds }: BenchOptions): Promise<void> {
  const floor = await startFloor(BYTES_PER_SECOND, setup.periodMs);
  const gateway = await startMillrace(setup.env);
  const publisher = startPublishers({ port: gateway.rtmpPort, count: 1, seconds: 86_400 });
  await publisher.event('publishing');
  await warmUp(gateway);
  for (let run = 0; run < runs; run++) {
    const load = { count: VIEWERS, seconds };
    const limit = await costOf(floor.running, { mode: 'flv', port: floor.httpPort, path: '/', ...load });
    book.add({ id: `fan-out/floor/${setup.label}`, title: floor.name, unit: 'ms/MB' }, limit.msPerMegabyte);
    for (const mode of MODES) {
      const cost = await costOf(gateway.running, { ...whereToWatch(mode, gateway), ...load });
      const id = `fan-out/${mode}/${setup.label}`;
      book.add({ id, title: `${mode}, ${setup.label}`, unit: 'ms/MB' }, cost.msPerMegabyte);
      book.add(
        {
          id: `${id}/ratio`,
          title: `${mode}, ${setup.label}, against the floor`,
          unit: '×',
          goal: { kind: 'at most', value: setup.goal },
        },
        cost.msPerMegabyte / limit.msPerMegabyte,
      );
    }
  }
  await publisher.stop();
  await gateway.stop();
  await floor.stop();
}

/** A gateway has been running for a while when its viewers come: its code is compiled. */
async function warmUp(peer: Peer): Promise<void> {
  await sleep(4_000);
  await costOf(peer.running, { ...whereToWatch('ws', peer), count: VIEWERS, seconds: WARM_UP_SECONDS });
  await sleep(2_000);
}

async function peers(book: ResultBook, options: BenchOptions): Promise<void> {
  const missing = nginxRtmpMissing();
  if (missing) book.skipped.push(missing);
  else await onePeer(book, await startNginxRtmp(), ['rtmp'], options);
  try {
    await onePeer(book, await startNodeMediaServer(), MODES, options);
  } catch (error) {
    book.skipped.push(`node-media-server: ${(error as Error).message}`);
  }
}

async function onePeer(
  book: ResultBook,
  peer: Peer,
  modes: readonly WatchMode[],
  options: BenchOptions,
): Promise<void> {
  const publisher = startPublishers({ port: peer.rtmpPort, count: 1, seconds: 86_400 });
  await publisher.event('publishing');
  await sleep(6_000);
  for (let run = 0; run < options.runs; run++) {
    for (const mode of modes) {
      const job = { ...whereToWatch(mode, peer), count: VIEWERS, seconds: options.seconds };
      try {
        const cost = await costOf(peer.running, job);
        book.add(
          { id: `fan-out/${mode}/${peer.name}`, title: `${mode}, ${peer.name}`, unit: 'ms/MB' },
          cost.msPerMegabyte,
        );
      } catch (error) {
        book.skipped.push(`${peer.name}, ${mode}: ${(error as Error).message}`);
      }
    }
  }
  await publisher.stop();
  await peer.stop();
}
