import { join, resolve } from 'node:path';
import type { Settings } from '../config/schema.ts';
import { ExecRules } from '../hooks/exec-rules.ts';
import { Hooks, type HookReport } from '../hooks/hooks.ts';
import type { HookJudge } from '../hooks/judge.ts';
import type { EventFeed } from '../observe/events.ts';
import type { Log } from '../observe/log.ts';
import type { HookMetrics } from '../observe/operation-metrics.ts';
import type { After } from '../stream/registry.ts';

export interface HookingOptions {
  readonly settings: Pick<Settings, 'hooks' | 'data' | 'record' | 'rtmp'>;
  readonly feed: EventFeed;
  /** Lets programs that the gateway starts publish and play, also where this machine is not trusted. */
  readonly houseKey: string;
  /** Wall clock, ms. */
  readonly clock: () => number;
  /** Monotonic, ms. */
  readonly now: () => number;
  readonly after: After;
  /** The RTMP port that was really opened. */
  readonly rtmpPort: () => number;
  readonly log: Log;
}

/** In the data directory: one directory for each target's queue. */
const QUEUES = 'hooks';

/** Hooks and programs as the settings want them. */
export class Hooking {
  /** Whom the gate asks. */
  readonly judge: HookJudge;
  readonly #hooks: Hooks;
  readonly #exec: ExecRules;

  constructor(options: HookingOptions) {
    const { settings, feed, houseKey, clock, now, after, rtmpPort, log } = options;
    const recordings = settings.record.dir || join(settings.data.dir, 'recordings');
    this.#hooks = new Hooks({
      settings: settings.hooks,
      dir: resolve(settings.data.dir, QUEUES),
      run: feed.run,
      ...{ feed, clock, after, log },
      random: Math.random,
      ownPort: rtmpPort,
      recordingPath: (recording) => resolve(recordings, recording),
    });
    this.judge = this.#hooks.judge;
    this.#exec = new ExecRules({
      settings: settings.hooks.exec,
      houseKey,
      ...{ feed, now, after, log },
      random: Math.random,
      ownAddress: () => ({ host: hostFrom(settings.rtmp.host), port: rtmpPort() }),
    });
  }

  /** Call when the data directory is there, and before the doors open. */
  start(): void {
    this.#hooks.start();
    this.#exec.start();
  }

  /** `hooks` of other settings, without a restart. */
  async update({ hooks }: Pick<Settings, 'hooks'>): Promise<void> {
    this.#exec.update(hooks.exec);
    await this.#hooks.update(hooks);
  }

  /** Call when every visitor is gone, so that their goodbyes are told. Programs are ended, and what cannot be delivered is kept. */
  async stop(): Promise<void> {
    await Promise.all([this.#exec.stop(), this.#hooks.stop()]);
  }

  /** Of each target. */
  reports(): HookReport[] {
    return this.#hooks.reports();
  }

  /** Of all targets together. */
  metrics(): HookMetrics {
    const sum = { queued: 0, delivered: 0, failed: 0, dropped: 0 };
    for (const { queue } of this.#hooks.reports()) {
      sum.queued += queue.waiting;
      sum.delivered += queue.delivered;
      sum.failed += queue.failed;
      for (const count of Object.values(queue.dropped)) sum.dropped += count;
    }
    return sum;
  }

  /** Programs that run, or wait to be started again. */
  get programs(): number {
    return this.#exec.count;
  }
}

/** The address at which programs on this machine reach a door that listens on `host`. */
function hostFrom(host: string): string {
  if (host === '*' || host === '0.0.0.0' || host === '::') return '127.0.0.1';
  return host.includes(':') ? `[${host}]` : host;
}
