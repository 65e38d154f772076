import { done, startViewers, type ViewersDone, type ViewersJob } from '../load.ts';
import type { Peer } from '../peers/peer.ts';
import type { Running } from '../running.ts';
import { sleep } from './scenario.ts';

/** What a server spends on its viewers. */
export interface Cost {
  /** Milliseconds of processor time for each megabyte (10^6 bytes) that viewers read. */
  readonly msPerMegabyte: number;
  /** Processor seconds a second. */
  readonly load: number;
  readonly megabytesPerSecond: number;
  /** The viewers program's own share of a core. */
  readonly generatorShare: number;
  /** The least fed viewer got this share of the best fed. */
  readonly evenness: number;
}

/** Less is not a fair comparison. */
const FAIR_SHARE = 0.9;

/** Sends viewers to a server and measures the steady time. @throws {Error} if viewers were closed or starved. */
export async function costOf(server: Running, job: ViewersJob): Promise<Cost> {
  const load = startViewers(job);
  await load.event('steady');
  const cpu = server.cpuSeconds();
  const viewers = await done<ViewersDone>(load);
  const spent = server.cpuSeconds() - cpu;
  if (viewers.closed > 0 || viewers.fed < job.count)
    throw new Error(`${job.mode}: ${viewers.fed} of ${job.count} viewers were fed, ${viewers.closed} closed`);
  const evenness = viewers.least / viewers.most;
  if (evenness < FAIR_SHARE)
    throw new Error(`${job.mode}: fed unevenly, ${viewers.least} to ${viewers.most} bytes`);
  return {
    msPerMegabyte: (spent * 1000) / (viewers.bytes / 1e6),
    load: spent / viewers.seconds,
    megabytesPerSecond: viewers.bytes / 1e6 / viewers.seconds,
    generatorShare: viewers.ownCpuSeconds / viewers.seconds,
    evenness,
  };
}

/** Processor seconds a second of a server that is left alone with what it has. */
export async function loadOf(server: Running, seconds: number): Promise<number> {
  const cpu = server.cpuSeconds();
  const begun = performance.now();
  await sleep(seconds * 1000);
  return (server.cpuSeconds() - cpu) / ((performance.now() - begun) / 1000);
}

/** A gateway has been running for a while when its viewers come: its code is compiled, in every format that will be measured. */
export async function warmUp(
  peer: Peer,
  modes: readonly ViewersJob['mode'][],
  seconds: number,
): Promise<void> {
  await sleep(2_000);
  const crowds = modes.map((mode) =>
    startViewers({ ...whereToWatch(mode, peer), count: Math.ceil(200 / modes.length), seconds: 0 }),
  );
  await sleep(seconds * 1000);
  await Promise.all(crowds.map((crowd) => crowd.stop()));
  await sleep(1_000);
}

/** Where each kind of viewer finds the first stream. */
export function whereToWatch(
  mode: ViewersJob['mode'],
  ports: { readonly rtmpPort: number; readonly httpPort: number },
) {
  return mode === 'rtmp'
    ? { mode, port: ports.rtmpPort, path: 'live/cam0' }
    : { mode, port: ports.httpPort, path: '/live/cam0.flv' };
}
