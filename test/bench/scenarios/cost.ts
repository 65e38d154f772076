import { done, startViewers, type ViewersDone, type ViewersJob } from '../load.ts';
import type { Running } from '../running.ts';

/** What a server spends on its viewers. */
export interface Cost {
  /** Milliseconds of processor time for each megabyte (10^6 bytes) that viewers read. */
  readonly msPerMegabyte: number;
  /** Growth of the server's memory by a viewer. */
  readonly bytesPerViewer: number;
  readonly viewers: ViewersDone;
}

/** The least fed viewer got this share of the best fed; less is not a fair comparison. */
const FAIR_SHARE = 0.9;

/** Sends viewers to a server and measures the steady time. @throws {Error} if viewers were closed or starved. */
export async function costOf(server: Running, job: ViewersJob): Promise<Cost> {
  const before = server.rssBytes();
  const load = startViewers(job);
  await load.event('steady');
  const cpu = server.cpuSeconds();
  const grown = server.rssBytes() - before;
  const viewers = await done<ViewersDone>(load);
  const spent = server.cpuSeconds() - cpu;
  if (viewers.closed > 0 || viewers.fed < job.count)
    throw new Error(`${job.mode}: ${viewers.fed} of ${job.count} viewers were fed, ${viewers.closed} closed`);
  if (viewers.least < viewers.most * FAIR_SHARE)
    throw new Error(`${job.mode}: fed unevenly, ${viewers.least} to ${viewers.most} bytes`);
  return {
    msPerMegabyte: (spent * 1000) / (viewers.bytes / 1e6),
    bytesPerViewer: grown / job.count,
    viewers,
  };
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
