import { askMetrics, type GatewayMetrics } from '../gateway-metrics.ts';
import {
  seconds,
  startPublishers,
  type Latency,
  type PublishersSecond,
  type ViewersSecond,
} from '../load.ts';
import type { Peer } from '../peers/peer.ts';
import { LOAD, moveSelf, PROBE, SERVER } from '../placement.ts';
import { coreTimes, type CoreTimes } from '../proc.ts';
import { summary } from '../result.ts';
import type { Running } from '../running.ts';
import { sleep } from './scenario.ts';

/** Latency that is no longer called live here. */
export const LIMIT_MS = 100;

/** One second of a ramp. */
export interface RampSecond {
  readonly second: number;
  /** Viewers or publishers. */
  readonly count: number;
  readonly latencyMs: Latency;
  /** Of one core, by the processes' own count. */
  readonly serverShare: number;
  readonly loadShare: number;
  /** How busy each core was, whoever used it. */
  readonly serverCore: CoreShares;
  readonly loadCore: CoreShares;
  /** As the gateway says. */
  readonly loopShare: number;
  readonly batchMs: number;
  /** Megabytes a second that viewers read, by their own count. */
  readonly megabytes: number;
  /** In this second. */
  readonly lags: number;
  readonly skippedGops: number;
  /** By the viewers' own count: a gateway does not know of all that it lost. */
  readonly closed: number;
  /** Watching, and given nothing for a second; by their own count too. */
  readonly starved: number;
}

interface CoreShares {
  readonly busy: number;
  readonly stolen: number;
  readonly interrupts: number;
}

/** The probe is a publisher of its own with one viewer of its own. */
export async function startProbe(gateway: Peer, seconds: number): Promise<Running> {
  const probe = { port: gateway.httpPort, path: '/live/cam0.flv' };
  const job = { port: gateway.rtmpPort, count: 1, seconds, probe, placement: PROBE };
  const running = startPublishers(job);
  await running.event('publishing');
  return running;
}

interface Totals {
  readonly at: number;
  readonly server: number;
  readonly load: number;
  readonly cores: readonly [server: CoreTimes, load: CoreTimes];
  readonly read: ViewersSecond | undefined;
  readonly metrics: GatewayMetrics | undefined;
}

interface Watched {
  readonly gateway: Peer;
  readonly probe: Running;
  /** Everything that loads the gateway, the probe included. */
  readonly load: () => readonly Running[];
  readonly count: () => number;
  /** Of the viewers program, if there is one. */
  readonly crowd?: Running;
}

/** Looks at everything once a second until it is told to stop. */
export class RampWatch {
  readonly seconds: RampSecond[] = [];
  readonly #watched: Watched;
  readonly #begun = performance.now();
  #isOver = false;
  readonly #ended: Promise<void>;
  /** Seconds of the probe that have been seen. */
  #probed = 0;

  constructor(watched: Watched) {
    this.#watched = watched;
    moveSelf(LOAD.core);
    this.#ended = this.#run();
  }

  /** The middle p99 of the last seconds. */
  recentP99(count: number): number {
    return summary(this.seconds.slice(-count).map(({ latencyMs }) => latencyMs.p99 ?? Infinity)).median;
  }

  async stop(): Promise<readonly RampSecond[]> {
    this.#isOver = true;
    await this.#ended;
    moveSelf();
    return this.seconds;
  }

  async #run(): Promise<void> {
    let before = await this.#totals();
    while (!this.#isOver) {
      await sleep(1000);
      const now = await this.#totals();
      this.#add(before, now);
      before = now;
    }
  }

  async #totals(): Promise<Totals> {
    const { gateway, load, crowd } = this.#watched;
    const metrics = await askMetrics(gateway.httpPort);
    return {
      at: performance.now() / 1000,
      server: gateway.running.cpuSeconds(),
      load: load().reduce((sum, one) => sum + one.cpuSeconds(), 0),
      cores: [coreTimes(SERVER.core), coreTimes(LOAD.core)],
      read: crowd && seconds<ViewersSecond>(crowd).at(-1),
      metrics,
    };
  }

  #add(before: Totals, now: Totals): void {
    const { count } = this.#watched;
    const passed = now.at - before.at;
    const grown = (name: string): number =>
      now.metrics && before.metrics ? Math.max(0, now.metrics.sum(name) - before.metrics.sum(name)) : 0;
    this.seconds.push({
      second: now.at - this.#begun / 1000,
      count: count(),
      latencyMs: this.#latency(),
      serverShare: (now.server - before.server) / passed,
      loadShare: (now.load - before.load) / passed,
      serverCore: coreShares(before.cores[0], now.cores[0]),
      loadCore: coreShares(before.cores[1], now.cores[1]),
      loopShare: now.metrics?.sum('millrace_event_loop_utilization') ?? NaN,
      batchMs: now.metrics?.sum('millrace_batch_milliseconds') ?? NaN,
      megabytes: rateOf(before.read, now.read),
      lags: grown('millrace_viewer_lags_total'),
      skippedGops: grown('millrace_viewer_skipped_gops_total'),
      closed: (now.read?.closed ?? 0) - (before.read?.closed ?? 0),
      starved: now.read?.starved ?? 0,
    });
  }

  /** Of the probe's last second; nothing if it has not come to an end of one: then it is held up itself. */
  #latency(): Latency {
    const all = seconds<PublishersSecond>(this.#watched.probe);
    const last = all.length > this.#probed ? all.at(-1) : undefined;
    this.#probed = all.length;
    return last?.latencyMs ?? { frames: 0 };
  }
}

function rateOf(before: ViewersSecond | undefined, now: ViewersSecond | undefined): number {
  if (!before || !now || now.at === before.at) return NaN;
  return (now.bytes - before.bytes) / 1e6 / (now.at - before.at);
}

function coreShares(before: CoreTimes, now: CoreTimes): CoreShares {
  const total = Math.max(1, now.total - before.total);
  return {
    busy: 1 - (now.idle - before.idle) / total,
    stolen: (now.stolen - before.stolen) / total,
    interrupts: (now.interrupts - before.interrupts) / total,
  };
}

/** What one step of a ramp was like once it had settled. */
export interface RampStep {
  readonly count: number;
  readonly p50: number;
  /** The middle of its seconds' p99: one bad second of a shared machine is no limit. */
  readonly p99: number;
  /** Its batches were longer than the settings say: its event loop was near its limit. */
  readonly isStretched: boolean;
  readonly serverShare: number;
  readonly loadShare: number;
  readonly loopShare: number;
  readonly serverCore: CoreShares;
  readonly loadCore: CoreShares;
}

/** The first seconds of a step are those of joining: they do not count. */
export function stepsOf(all: readonly RampSecond[], settleSeconds: number): RampStep[] {
  const counts = [...new Set(all.map(({ count }) => count))];
  return counts.flatMap((count) => {
    const settled = all.filter((one) => one.count === count).slice(settleSeconds);
    if (settled.length === 0) return [];
    const mean = (read: (one: RampSecond) => number): number =>
      settled.reduce((sum, one) => sum + read(one), 0) / settled.length;
    return {
      count,
      p50: mean(({ latencyMs }) => latencyMs.p50 ?? Infinity),
      p99: summary(settled.map(({ latencyMs }) => latencyMs.p99 ?? Infinity)).median,
      isStretched: settled.some(({ batchMs }) => batchMs > 0),
      serverShare: mean(({ serverShare }) => serverShare),
      loadShare: mean(({ loadShare }) => loadShare),
      loopShare: mean(({ loopShare }) => loopShare),
      serverCore: meanShares(settled.map(({ serverCore }) => serverCore)),
      loadCore: meanShares(settled.map(({ loadCore }) => loadCore)),
    };
  });
}

function meanShares(all: readonly CoreShares[]): CoreShares {
  const mean = (key: keyof CoreShares): number => all.reduce((sum, one) => sum + one[key], 0) / all.length;
  return { busy: mean('busy'), stolen: mean('stolen'), interrupts: mean('interrupts') };
}

/** The last step before p99 passes the limit for good. */
export function carried(steps: readonly RampStep[]): { readonly count: number; readonly hasPassed: boolean } {
  const lastGood = steps.findLastIndex(({ p99 }) => p99 <= LIMIT_MS);
  return { count: steps[lastGood]?.count ?? 0, hasPassed: lastGood < steps.length - 1 };
}

/** A core that is busier than this has nothing left to give. */
const FULL = 0.93;

/** In words: which of the two cores ended the ramp. */
export function limitOf(steps: readonly RampStep[]): string {
  const atLimit = steps.find(({ p99 }) => p99 > LIMIT_MS) ?? steps.at(-1);
  if (!atLimit) return 'nothing was measured';
  const { count, serverCore, loadCore, loopShare, serverShare, loadShare } = atLimit;
  const loop = `event loop ${percent(loopShare)} busy`;
  const server = `the gateway's core ${told(serverCore)}, its process ${percent(serverShare)}, its ${loop}`;
  const both = `at ${count}: ${server}; the load's core ${told(loadCore)}, its processes ${percent(loadShare)}`;
  const isServerFull = atLimit.isStretched || serverCore.busy >= FULL || loopShare >= FULL;
  if (loadCore.busy >= FULL)
    return isServerFull
      ? `both cores were full, so that the gateway alone may carry more (${both})`
      : `the load generators were the limit, not the gateway (${both})`;
  const stretched = atLimit.isStretched ? ', which had begun to make its batches longer,' : '';
  return isServerFull ? `the gateway${stretched} was the limit (${both})` : `neither core was full (${both})`;
}

const percent = (share: number): string => `${Math.round(share * 100)} %`;

const told = ({ busy, stolen, interrupts }: CoreShares): string =>
  `${percent(busy)} busy (interrupts ${percent(interrupts)}, stolen by other guests ${percent(stolen)})`;
