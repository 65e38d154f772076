import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { publishOne, startPublishers, startViewers, type WatchMode } from '../load.ts';
import { startMillrace } from '../peers/millrace.ts';
import type { Peer } from '../peers/peer.ts';
import { freePort } from '../peers/ports.ts';
import { Running } from '../running.ts';
import { whereToWatch } from '../scenarios/cost.ts';
import { startHls } from '../scenarios/hls-serving.ts';
import { makeLongClip } from '../scenarios/remux.ts';
import { sleep } from '../scenarios/scenario.ts';
import { placeInBundle, profileProcess } from './inspector.ts';
import { markdownOf, type PathProfile } from './markdown.ts';
import { nativeTime } from './perf.ts';
import { selfTimes, type CpuProfile } from './self-time.ts';

const VIEWERS = 200;
const PUBLISHERS = 50;
const WARM_UP_SECONDS = 6;

interface Path {
  readonly name: string;
  readonly title: string;
  readonly profile: (seconds: number) => Promise<PathProfile>;
}

const PATHS: readonly Path[] = [
  fanOut('flv', 'HTTP-FLV'),
  fanOut('rtmp', 'RTMP'),
  fanOut('ws', 'WebSocket-FLV'),
  { name: 'ingest', title: `Ingest and HLS, ${PUBLISHERS} publishers`, profile: ingest },
  hls('playlist', 'Playlists, 50 connections'),
  hls('segment', 'Segments, 50 connections'),
  { name: 'remux', title: 'FLV to TS in memory', profile: remux },
];

/** Where the time goes, path by path, as Markdown. `only`: names of paths. */
export async function profileAll(only: readonly string[] | undefined, seconds: number): Promise<string> {
  const parts: string[] = [];
  const wanted = PATHS.filter(({ name }) => only?.includes(name) ?? true);
  if (wanted.length === 0) throw new Error(`there are ${PATHS.map(({ name }) => name).join(', ')}`);
  for (const { name, title, profile } of wanted) {
    process.stderr.write(`profile of ${name} …\n`);
    parts.push(markdownOf(title, await profile(seconds)));
  }
  return parts.join('\n');
}

function fanOut(mode: WatchMode, title: string): Path {
  return {
    name: mode,
    title: `Fan-out, ${VIEWERS} viewers by ${title}`,
    profile: async (seconds) => {
      const { gateway, inspectPort } = await startInspected();
      const publisher = await publishOne(gateway.rtmpPort);
      await sleep(1_000);
      const load = startViewers({ ...whereToWatch(mode, gateway), count: VIEWERS, seconds: 0 });
      const found = await profileGateway({ gateway, inspectPort, seconds });
      for (const one of [load, publisher, gateway]) await one.stop();
      return found;
    },
  };
}

async function ingest(seconds: number): Promise<PathProfile> {
  const { gateway, inspectPort } = await startInspected();
  const load = startPublishers({ port: gateway.rtmpPort, count: PUBLISHERS, seconds: 86_400 });
  await load.event('publishing');
  await sleep(6_000);
  const found = await profileGateway({ gateway, inspectPort, seconds });
  for (const one of [load, gateway]) await one.stop();
  return found;
}

function hls(what: 'playlist' | 'segment', title: string): Path {
  return {
    name: what,
    title,
    profile: async (seconds) => {
      const inspectPort = await freePort();
      const { gateway, resources, stop } = await startHls({ node: nodeOptions(inspectPort) });
      const { path } = resources.find((one) => one.what === what)!;
      const all = `-d${Math.ceil(WARM_UP_SECONDS + 2 * seconds + 5)}s`;
      const load = new Running('wrk', ['-t1', '-c50', all, `http://127.0.0.1:${gateway.httpPort}${path}`]);
      const found = await profileGateway({ gateway, inspectPort, seconds });
      await load.stop();
      await stop();
      return found;
    },
  };
}

/** The library call, profiled by itself: there is no gateway. */
function remux(): Promise<PathProfile> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const file = join(folder, 'remux.cpuprofile');
  const program = join(import.meta.dirname, '../remux-file.ts');
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', program, makeLongClip(), file], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`remux-file failed: ${stderr.slice(-2000)}`);
  const profile = JSON.parse(readFileSync(file, 'utf8')) as CpuProfile;
  rmSync(folder, { recursive: true });
  const inSources = (url: string): string => url.replace(/^.*\/src\//, '').replace(/^.*\/test\//, 'test/');
  return Promise.resolve({ functions: selfTimes(profile, inSources) });
}

/** perf finds the names of compiled functions in a map that Node writes. */
const nodeOptions = (inspectPort: number): string[] => [
  `--inspect=127.0.0.1:${inspectPort}`,
  '--perf-basic-prof-only-functions',
];

async function startInspected(): Promise<{ gateway: Peer; inspectPort: number }> {
  const inspectPort = await freePort();
  return { gateway: await startMillrace({ node: nodeOptions(inspectPort) }), inspectPort };
}

interface Inspected {
  readonly gateway: Peer;
  readonly inspectPort: number;
  readonly seconds: number;
}

/** perf first: V8's profiler takes time itself. */
async function profileGateway({ gateway, inspectPort, seconds }: Inspected): Promise<PathProfile> {
  await sleep(WARM_UP_SECONDS * 1000);
  const before = gateway.running.ticks();
  const native = await nativeTime(gateway.running.pid, seconds);
  const after = gateway.running.ticks();
  const profile = await profileProcess(inspectPort, seconds);
  rmSync(`/tmp/perf-${gateway.running.pid}.map`, { force: true });
  return {
    functions: selfTimes(profile, placeInBundle),
    native,
    userSeconds: after.user - before.user,
    systemSeconds: after.system - before.system,
  };
}
