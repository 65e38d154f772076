import { createHash } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AsSent, EventFeed, GatewayEvent } from '../observe/events.ts';
import type { Log } from '../observe/log.ts';
import type { After } from '../stream/registry.ts';
import { HttpPoster } from './http-post.ts';
import { HookJudge, type JudgeCounts } from './judge.ts';
import { NginxNotes, notesFor } from './notices.ts';
import type { QueueLimits } from './outbox.ts';
import { TargetQueue, type QueueCounts } from './target-queue.ts';
import { HookTarget, type TargetSettings } from './target.ts';

export interface HooksOptions {
  readonly settings: HooksSettings;
  /** Directory of the queues; made when there is something to keep. */
  readonly dir: string;
  readonly feed: EventFeed;
  /** What tells this run of the program from all others, for ids. */
  readonly run: string;
  /** Wall clock, ms. */
  readonly clock: () => number;
  readonly after: After;
  readonly random: () => number;
  /** The gateway's own RTMP port, known when the doors are open. */
  readonly ownPort: () => number;
  /** Where a recording's file is, by the id that events have. */
  readonly recordingPath: (recording: string) => string;
  readonly log: Log;
}

/** The settings' section `hooks`, as far as it is about targets. */
export interface HooksSettings {
  readonly targets: readonly TargetSettings[];
  /** Of each target's queue. */
  readonly queueBytes: number;
  /** Older notifications are dropped. */
  readonly queueHours: number;
}

/** For metrics: one target. */
export interface HookReport {
  /** Its URL, masked. */
  readonly target: string;
  readonly queue: QueueCounts;
  /** Undefined: it does not decide, or was never asked. */
  readonly decisions: JudgeCounts | undefined;
}

/** How long {@link Hooks.stop} lets notifications of the end get through. */
const DRAIN_MS = 1_500;

/** Tells web addresses of events, asks those that decide, and forgets nothing that was not heard. */
export class Hooks {
  /** Who is asked before anything begins. */
  readonly judge: HookJudge;
  readonly #options: HooksOptions;
  readonly #poster = new HttpPoster();
  readonly #nginx: NginxNotes;
  #queues = new Map<string, TargetQueue>();
  #targets: readonly HookTarget[] = [];
  #settings: HooksSettings;
  readonly #limits: QueueLimits;
  #stopListening: (() => void) | undefined;

  constructor(options: HooksOptions) {
    this.#options = options;
    this.#settings = options.settings;
    const inForce = (): HooksSettings => this.#settings;
    this.#limits = {
      get bytes() {
        return inForce().queueBytes;
      },
      get ageMs() {
        return inForce().queueHours * 3_600_000;
      },
    };
    this.#nginx = new NginxNotes(options.recordingPath);
    const { clock, run, ownPort, log } = options;
    const { post } = this.#poster;
    this.#targets = options.settings.targets.map((target) => new HookTarget(target));
    this.judge = new HookJudge({ targets: () => this.#targets, post, clock, run, ownPort, log });
  }

  /** Reads the queues that an earlier run has left, and begins to listen and to send. */
  start(): void {
    void this.#open();
    this.#tellOfStrangers();
    this.#stopListening = this.#options.feed.listen((event, sent) => this.#take(event, sent));
  }

  /** Other settings, while the gateway runs: targets that stay keep their queues, those that go keep them on the disk. */
  async update(settings: HooksSettings): Promise<void> {
    this.#settings = settings;
    this.#targets = settings.targets.map((target) => new HookTarget(target));
    if (this.#stopListening) await this.#open();
  }

  /** What has just happened still goes out; what cannot be delivered at once waits on the disk for the next start. */
  async stop(): Promise<void> {
    this.#stopListening?.();
    this.#stopListening = undefined;
    await Promise.all([...this.#queues.values()].map((queue) => queue.stop(DRAIN_MS)));
    this.#poster.close();
  }

  reports(): HookReport[] {
    return [...this.#queues.values()].map((queue) => ({
      target: queue.label,
      queue: queue.counts(),
      decisions: this.judge.counts.get(queue.label),
    }));
  }

  /** Resolves when queues that are not wanted any more have been closed. */
  async #open(): Promise<void> {
    const before = this.#queues;
    this.#queues = new Map();
    for (const [name, target] of byIdentity(this.#targets)) {
      const known = before.get(name);
      const queue = known ?? this.#newQueue(name, target);
      before.delete(name);
      this.#queues.set(name, queue);
      queue.target = target;
      if (!known) queue.start();
    }
    await Promise.all([...before.values()].map((queue) => queue.stop(0)));
  }

  #newQueue(name: string, target: HookTarget): TargetQueue {
    const { dir, feed, clock, after, random, log } = this.#options;
    return new TargetQueue({
      dir: join(dir, name),
      target,
      post: this.#poster.post,
      limits: this.#limits,
      clock,
      after,
      random,
      alarm: (text) => feed.tell({ type: 'alarm', text }),
      log,
    });
  }

  #take(event: GatewayEvent, sent: AsSent | undefined): void {
    this.#nginx.see(event, sent);
    for (const queue of this.#queues.values())
      for (const note of notesFor(queue.target, event, this.#nginx)) queue.add(note);
  }

  /** Queues of targets that are not in the settings any more. */
  #tellOfStrangers(): void {
    const { dir, log } = this.#options;
    let names: string[];
    try {
      names = readdirSync(dir);
    } catch {
      return; // there has never been a queue
    }
    for (const name of names.filter((one) => !this.#queues.has(one)))
      log.warn(
        { queue: join(dir, name) },
        'notifications wait for a hook that is not in the settings any more',
      );
  }
}

/** Each target's queue by a name that is the same after a restart and in another order of the settings. */
function byIdentity(targets: readonly HookTarget[]): Map<string, HookTarget> {
  const named = new Map<string, HookTarget>();
  for (const target of targets) {
    const { url, format, streams, events } = target.settings;
    for (let copy = 0; ; copy++) {
      const identity = JSON.stringify([url, format, streams, [...events].sort(), copy]);
      const name = createHash('sha256').update(identity).digest('hex').slice(0, 16);
      if (named.has(name)) continue;
      named.set(name, target);
      break;
    }
  }
  return named;
}
