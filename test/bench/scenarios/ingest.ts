import { done, startPublishers, type PublishersDone } from '../load.ts';
import { startMillrace } from '../peers/millrace.ts';
import { nginxRtmpMissing, startNginxRtmp } from '../peers/nginx-rtmp.ts';
import type { Peer } from '../peers/peer.ts';
import type { BenchOptions, Scenario } from './scenario.ts';
import { sleep } from './scenario.ts';

const PUBLISHERS = 100;
/** A full window, so that memory has grown as far as it does. */
const FILL_SECONDS = 26;

interface IngestCost {
  /** Processor seconds a second. */
  readonly load: number;
  readonly bytesPerPublisher: number;
}

/** 100 publishers with HLS on, beside nginx-rtmp with HLS on. */
export const ingest: Scenario = {
  name: 'ingest',
  async run(book, options) {
    const missing = nginxRtmpMissing();
    if (missing) book.skipped.push(`ingest: ${missing}`);
    for (let run = 0; run < options.runs; run++) {
      const ours = await ingestCost(await startMillrace(), options);
      book.add({ id: 'ingest/load', title: '100 publishers with HLS', unit: 'CPU s/s' }, ours.load);
      const memory = { id: 'ingest/memory', title: 'memory of a publisher with HLS', unit: 'MB' };
      book.add({ ...memory, goal: { kind: 'at most', value: 10 } }, ours.bytesPerPublisher / 1e6);
      if (missing) continue;
      const theirs = await ingestCost(await startNginxRtmp({ hls: true }), options);
      book.add(
        { id: 'ingest/nginx-rtmp/load', title: 'the same, nginx-rtmp (segments on disk)', unit: 'CPU s/s' },
        theirs.load,
      );
      const ratio = { id: 'ingest/ratio', title: '100 publishers with HLS, against nginx-rtmp', unit: '×' };
      book.add({ ...ratio, goal: { kind: 'at most', value: 1 } }, ours.load / theirs.load);
    }
  },
};

async function ingestCost(peer: Peer, { seconds }: BenchOptions): Promise<IngestCost> {
  await sleep(500);
  const empty = peer.running.rssBytes();
  const publishers = startPublishers({
    port: peer.rtmpPort,
    count: PUBLISHERS,
    seconds: FILL_SECONDS + seconds + 4,
  });
  await publishers.event('publishing');
  await sleep(FILL_SECONDS * 1000);
  const cpu = peer.running.cpuSeconds();
  const begun = performance.now();
  await sleep(seconds * 1000);
  const load = (peer.running.cpuSeconds() - cpu) / ((performance.now() - begun) / 1000);
  const bytesPerPublisher = (peer.running.rssBytes() - empty) / PUBLISHERS;
  await done<PublishersDone>(publishers);
  await peer.stop();
  return { load, bytesPerPublisher };
}
