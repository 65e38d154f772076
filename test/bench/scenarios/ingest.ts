import { done, startPublishers, type PublishersDone } from '../load.ts';
import { startMillrace } from '../peers/millrace.ts';
import { nginxRtmpMissing, startNginxRtmp } from '../peers/nginx-rtmp.ts';
import type { Peer } from '../peers/peer.ts';
import { atMost, type ResultBook } from '../result.ts';
import type { Running } from '../running.ts';
import { loadOf } from './cost.ts';
import { sleep, type BenchOptions, type Scenario } from './scenario.ts';

const PUBLISHERS = 100;
/** A full window, so that memory has grown as far as it does. */
const FILL_SECONDS = 26;

interface IngestCost {
  /** Processor seconds a second. */
  readonly load: number;
  readonly bytesPerPublisher: number;
  /** Resident bytes, every second. */
  readonly memory: readonly number[];
}

/** 100 publishers with HLS on, beside nginx-rtmp with HLS on. */
export const ingest: Scenario = {
  name: 'ingest',
  async run(book, options) {
    const missing = nginxRtmpMissing();
    if (missing) book.skipped.push(`ingest: ${missing}`);
    for (let run = 0; run < options.runs; run++) {
      const ours = await ingestCost(book, await startMillrace(), options);
      book.add({ id: 'ingest/load', title: '100 publishers with HLS', unit: 'CPU s/s' }, ours.load);
      const memory = { id: 'ingest/memory', title: 'memory of a publisher with HLS', unit: 'MB' };
      book.add({ ...memory, goal: atMost(10) }, ours.bytesPerPublisher / 1e6);
      draw(book, ours.memory);
      if (missing) continue;
      const theirs = await ingestCost(book, await startNginxRtmp({ hls: true }), options);
      const title = 'the same, nginx-rtmp (segments on disk)';
      book.add({ id: 'ingest/nginx-rtmp/load', title, unit: 'CPU s/s' }, theirs.load);
      const ratio = { id: 'ingest/ratio', title: '100 publishers with HLS, against nginx-rtmp', unit: '×' };
      book.add({ ...ratio, goal: atMost(1) }, ours.load / theirs.load);
    }
  },
};

async function ingestCost(book: ResultBook, peer: Peer, { seconds }: BenchOptions): Promise<IngestCost> {
  await sleep(500);
  const empty = peer.running.rssBytes();
  const publishers = startPublishers({
    port: peer.rtmpPort,
    count: PUBLISHERS,
    seconds: FILL_SECONDS + seconds + 2,
  });
  await publishers.event('publishing');
  const memory = await watchMemory(peer.running, FILL_SECONDS);
  const load = await loadOf(peer.running, seconds);
  const full = peer.running.rssBytes();
  const { ownCpuSeconds, latestMs, ...whole } = await done<PublishersDone>(publishers);
  book.generators.push({ scenario: 'ingest', share: ownCpuSeconds / whole.seconds, latestMs });
  await peer.stop();
  return { load, bytesPerPublisher: (full - empty) / PUBLISHERS, memory: [...memory, full] };
}

async function watchMemory(server: Running, seconds: number): Promise<number[]> {
  const bytes: number[] = [];
  for (let second = 0; second < seconds; second++) {
    bytes.push(server.rssBytes());
    await sleep(1000);
  }
  return bytes;
}

function draw(book: ResultBook, memory: readonly number[]): void {
  book.draw({
    title: 'Memory over time with 100 publishers and HLS',
    x: 'second',
    y: 'MB resident',
    xs: memory.map((_, second) => second),
    lines: [{ name: 'millrace', ys: memory.map((bytes) => bytes / 1e6) }],
  });
}
