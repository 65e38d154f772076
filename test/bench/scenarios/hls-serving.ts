import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, run, startPublishers } from '../load.ts';
import { startMillrace } from '../peers/millrace.ts';
import { nginxRtmpMissing, startNginxRtmp } from '../peers/nginx-rtmp.ts';
import type { ResultBook } from '../result.ts';
import { Running } from '../running.ts';
import { sleep, type Scenario } from './scenario.ts';

const CONNECTIONS = 50;

interface Resource {
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
    if (!hasWrk()) {
      book.skipped.push('hls-serving: wrk is not installed (on Debian: apt-get install wrk)');
      return;
    }
    const gateway = await startMillrace({ MILLRACE_HLS_WINDOW_SEGMENTS: '60' });
    const publisher = startPublishers({ port: gateway.rtmpPort, count: 1, seconds: 86_400 });
    await publisher.event('publishing');
    await sleep(9_000);
    const origin = `http://127.0.0.1:${gateway.httpPort}`;
    const playlist = await (await fetch(`${origin}/live/cam0/media.m3u8`)).text();
    const segment = playlist.split('\n').find((line) => line.endsWith('.ts'))!;
    const resources: Resource[] = [
      { what: 'playlist', path: '/live/cam0/media.m3u8', type: 'application/vnd.apple.mpegurl', goal: 0.8 },
      { what: 'segment', path: `/live/cam0/${segment}`, type: 'video/mp2t', goal: 0.9 },
    ];
    for (const resource of resources) {
      const file = join(CACHE, resource.what);
      writeFileSync(file, Buffer.from(await (await fetch(origin + resource.path)).arrayBuffer()));
      const bare = await startBare(file, resource.type);
      for (let round = 0; round < runs; round++)
        measure(book, { resource, origin, bare: bare.origin, seconds });
      await bare.running.stop();
      await besideNginx(book, resource, file, seconds);
    }
    await publisher.stop();
    await gateway.stop();
  },
};

interface Round {
  readonly resource: Resource;
  readonly origin: string;
  readonly bare: string;
  readonly seconds: number;
}

function measure(book: ResultBook, { resource, origin, bare, seconds }: Round): void {
  const limit = requestsPerSecond(`${bare}/`, seconds);
  const ours = requestsPerSecond(origin + resource.path, seconds);
  const id = `hls-serving/${resource.what}`;
  book.add({ id: `${id}/bare`, title: `${resource.what}, bare node:http`, unit: 'req/s' }, limit);
  book.add({ id, title: `${resource.what}, millrace`, unit: 'req/s' }, ours);
  const goal = { kind: 'at least', value: resource.goal } as const;
  book.add(
    { id: `${id}/ratio`, title: `${resource.what}, against the bare server`, unit: '×', goal },
    ours / limit,
  );
}

async function besideNginx(
  book: ResultBook,
  resource: Resource,
  file: string,
  seconds: number,
): Promise<void> {
  if (nginxRtmpMissing()) return;
  const nginx = await startNginxRtmp({ files: { [resource.what]: file } });
  const rate = requestsPerSecond(`http://127.0.0.1:${nginx.httpPort}/${resource.what}`, seconds);
  book.add(
    { id: `hls-serving/${resource.what}/nginx`, title: `${resource.what}, nginx from disk`, unit: 'req/s' },
    rate,
  );
  await nginx.stop();
}

async function startBare(file: string, type: string): Promise<{ running: Running; origin: string }> {
  mkdirSync(CACHE, { recursive: true });
  const program = join(import.meta.dirname, '../bare-http.ts');
  const running = new Running(process.execPath, ['--import', 'tsx', program, file, type]);
  const { port } = await running.event('listening');
  return { running, origin: `http://127.0.0.1:${String(port)}` };
}

function hasWrk(): boolean {
  try {
    return run('sh', ['-c', 'command -v wrk']) !== '';
  } catch {
    return false;
  }
}

function requestsPerSecond(url: string, seconds: number): number {
  const said = run('wrk', ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, url]);
  const errors = /Non-2xx or 3xx responses: (\d+)/.exec(said)?.[1];
  if (errors !== undefined) throw new Error(`${url}: ${errors} answers were errors`);
  return Number(/Requests\/sec:\s+([\d.]+)/.exec(said)![1]);
}
