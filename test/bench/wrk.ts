import { run } from './load.ts';
import type { Placement } from './placement.ts';
import { Running } from './running.ts';
import { sleep } from './scenarios/scenario.ts';

export interface WrkJob {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly placement?: Placement;
  /** The server, for what a request costs it. */
  readonly server?: Running;
}

export interface WrkResult {
  readonly requestsPerSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** wrk's own share of a core: above 0.9 it is wrk that sets the rate, and only the cost of a request can be compared. */
  readonly share: number;
  /** Of the server, microseconds; NaN if it was not named. */
  readonly cpuMicros: number;
}

/** For the list of what was skipped; undefined if it is installed. */
export function wrkMissing(): string | undefined {
  try {
    run('sh', ['-c', 'command -v wrk']);
    return undefined;
  } catch {
    return 'wrk is not installed (on Debian: apt-get install wrk)';
  }
}

const MS: Readonly<Record<string, number>> = { us: 0.001, ms: 1, s: 1_000, m: 60_000 };

/** @throws {Error} if answers were errors. */
export async function wrk({ url, connections, seconds, placement = {}, server }: WrkJob): Promise<WrkResult> {
  const args = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '--latency', url];
  const before = server?.cpuSeconds() ?? NaN;
  const running = new Running('wrk', args, { placement });
  // Its processor time can only be read while it runs.
  await sleep(500);
  const from = { at: performance.now(), cpu: running.cpuSeconds() };
  await sleep(Math.max(200, seconds * 1000 - 1_000));
  const share = (running.cpuSeconds() - from.cpu) / ((performance.now() - from.at) / 1000);
  await running.ended();
  const spent = (server?.cpuSeconds() ?? NaN) - before;
  const said = running.text;
  const errors = /Non-2xx or 3xx responses: (\d+)/.exec(said)?.[1];
  if (errors !== undefined) throw new Error(`${url}: ${errors} answers were errors`);
  const rate = /Requests\/sec:\s+([\d.]+)/.exec(said)?.[1];
  if (rate === undefined) throw new Error(`${url}: wrk gave no figures: ${said.slice(-500)}`);
  const answered = Number(/^ +(\d+) requests in/m.exec(said)?.[1]);
  return {
    requestsPerSecond: Number(rate),
    p50Ms: percentile(said, 50),
    p99Ms: percentile(said, 99),
    share,
    cpuMicros: (spent * 1e6) / answered,
  };
}

function percentile(said: string, percent: number): number {
  const [, value, unit = ''] = new RegExp(`^ +${percent}%\\s+([\\d.]+)(us|ms|s|m)$`, 'm').exec(said) ?? [];
  return value === undefined ? NaN : Number(value) * (MS[unit] ?? NaN);
}
