import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, publishOne } from '../load.ts';
import { startMillrace, type MillraceSetup } from '../peers/millrace.ts';
import { nginxRtmpMissing, startNginxRtmp } from '../peers/nginx-rtmp.ts';
import type { Peer } from '../peers/peer.ts';
import { atLeast, type ResultBook } from '../result.ts';
import { Running } from '../running.ts';
import { wrk, wrkMissing, type WrkResult } from '../wrk.ts';
import { sleep, type Scenario } from './scenario.ts';

const CONNECTIONS = 50;
/** The first requests of a process meet code that is not compiled. */
const WARM_UP_SECONDS = 2;

export interface Resource {
  readonly what: 'playlist' | 'segment';
  readonly path: string;
  readonly type: string;
  /** Against the bare server. */
  readonly goal: number;
}

/** Requests a second for a playlist and for a segment, beside a bare `node:http` server and nginx with the same bytes. */
export const hlsServing: Scenario = {
  name: 'hls-serving',
  async run(book, { runs, seconds }) {
    const missing = wrkMissing();
    if (missing) {
      book.skipped.push(`hls-serving: ${missing}`);
      return;
    }
    const { gateway, resources, stop } = await startHls();
    for (const resource of resources) {
      const servers = await startServers(book, resource, gateway);
      for (const { url } of servers.values())
        await wrk({ url, connections: CONNECTIONS, seconds: WARM_UP_SECONDS });
      for (let run = 0; run < runs; run++) await oneRun(book, { resource, servers, seconds });
      for (const { stop: end } of servers.values()) await end?.();
    }
    await stop();
  },
};

/** A gateway with a stream whose first segment stays in the playlist for long. */
export async function startHls(setup: MillraceSetup = {}) {
  const gateway = await startMillrace({ ...setup, env: { MILLRACE_HLS_WINDOW_SEGMENTS: '90' } });
  const publisher = await publishOne(gateway.rtmpPort);
  await sleep(9_000);
  const playlist = await (await fetch(`http://127.0.0.1:${gateway.httpPort}/live/cam0/media.m3u8`)).text();
  const segment = playlist.split('\n').find((line) => line.endsWith('.m4s'));
  if (segment === undefined) throw new Error('no segment after nine seconds');
  const resources: readonly Resource[] = [
    { what: 'playlist', path: '/live/cam0/media.m3u8', type: 'application/vnd.apple.mpegurl', goal: 0.8 },
    { what: 'segment', path: `/live/cam0/${segment}`, type: 'video/mp4', goal: 0.9 },
  ];
  const stop = async (): Promise<void> => {
    await publisher.stop();
    await gateway.stop();
  };
  return { gateway, resources, stop };
}

type Server = 'bare' | 'millrace' | 'nginx';

interface Served {
  readonly url: string;
  readonly running: Running;
  /** The gateway is stopped by whoever started it. */
  readonly stop?: () => Promise<void>;
}

type Servers = Map<Server, Served>;

async function startServers(book: ResultBook, resource: Resource, gateway: Peer): Promise<Servers> {
  const servers: Servers = new Map();
  const url = `http://127.0.0.1:${gateway.httpPort}${resource.path}`;
  const file = join(CACHE, resource.what);
  writeFileSync(file, Buffer.from(await (await fetch(url)).arrayBuffer()));
  const program = join(import.meta.dirname, '../bare-http.ts');
  const bare = new Running(process.execPath, ['--import', 'tsx', program, file, resource.type]);
  const { port } = await bare.event('listening');
  const bareUrl = `http://127.0.0.1:${String(port)}/`;
  servers.set('bare', { url: bareUrl, running: bare, stop: () => bare.stop() });
  servers.set('millrace', { url, running: gateway.running });
  const missing = nginxRtmpMissing();
  if (missing) {
    book.skipped.push(`hls-serving: ${missing}`);
    return servers;
  }
  const nginx = await startNginxRtmp({ files: { [resource.what]: file } });
  const nginxUrl = `http://127.0.0.1:${nginx.httpPort}/${resource.what}`;
  servers.set('nginx', { url: nginxUrl, running: nginx.running, stop: () => nginx.stop() });
  return servers;
}

interface Turn {
  readonly resource: Resource;
  readonly servers: Servers;
  readonly seconds: number;
}

const TITLES: Readonly<Record<Server, string>> = {
  bare: 'bare node:http',
  millrace: 'millrace',
  nginx: 'nginx from disk',
};

async function oneRun(book: ResultBook, { resource, servers, seconds }: Turn): Promise<void> {
  const id = `hls-serving/${resource.what}`;
  const found = new Map<Server, WrkResult>();
  for (const [name, { url, running }] of servers) {
    const result = await wrk({ url, connections: CONNECTIONS, seconds, server: running });
    found.set(name, result);
    const title = `${resource.what}, ${TITLES[name]}`;
    book.add({ id: `${id}/${name}`, title, unit: 'req/s', isMoreBetter: true }, result.requestsPerSecond);
    book.add({ id: `${id}/${name}/cpu`, title, unit: 'CPU µs/req' }, result.cpuMicros);
    // Only beside the gateway must wrk have time left: how fast the others are is a figure.
    if (name === 'millrace')
      book.generators.push({ scenario: `hls-serving, ${resource.what}`, share: result.share });
  }
  addRatios(book, resource, found);
}

function addRatios(book: ResultBook, { what, goal }: Resource, found: ReadonlyMap<Server, WrkResult>): void {
  const ours = found.get('millrace')!;
  for (const name of ['bare', 'nginx'] as const) {
    const theirs = found.get(name);
    if (!theirs) continue;
    const id = `hls-serving/${what}/against-${name}`;
    const title = `${what}, against ${TITLES[name]}`;
    const rate = { id, title: `${title}, requests/s`, unit: '×', isMoreBetter: true };
    const ratio = ours.requestsPerSecond / theirs.requestsPerSecond;
    book.add(name === 'bare' ? { ...rate, goal: atLeast(goal) } : rate, ratio);
    const cost = { id: `${id}/cpu`, title: `${title}, CPU of a request`, unit: '×' };
    book.add(cost, ours.cpuMicros / theirs.cpuMicros);
  }
}
