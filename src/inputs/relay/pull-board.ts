import type { RelayMeans } from '../../clients/relay-line-options.ts';
import type { RelayHealth, RelayState } from '../../clients/relay-progress.ts';
import type { StreamName } from '../../media/stream-name.ts';
import type { StreamPattern } from '../../media/stream-pattern.ts';
import { clientTarget } from '../../protocols/rtmp/session/client-url.ts';
import type { RelayPath } from '../../protocols/rtmp/session/relay-path.ts';
import type { StreamRegistry } from '../../stream/registry.ts';
import type { Admit } from './admit.ts';
import { PullRelay } from './pull-relay.ts';

/** Streams that are fetched, and from where. */
export interface PullRule {
  readonly id: string;
  /** A pattern is for streams that are fetched while they are watched. */
  readonly streams: StreamPattern;
  /** `{app}` and `{stream}` stand for the stream's name. */
  readonly url: string;
  readonly when: 'watched' | 'always';
}

/** One stream of a rule that is, or should be, fetched. */
export interface PullReport {
  readonly stream: string;
  readonly health: RelayHealth;
  readonly bytes: number;
}

export interface PullBoardOptions {
  readonly means: RelayMeans;
  readonly streams: StreamRegistry;
  /** How many watch a stream in any way, pushes not among them. */
  readonly viewers: (path: string) => number;
  /** A stream that nobody has watched for so long is not fetched any more. */
  readonly lingerMs: number;
  /** How long somebody who wants a stream is kept waiting for it. */
  readonly holdMs: number;
  readonly tell: (rule: PullRule, stream: string, state: RelayState, text: string) => void;
  readonly noticed: (stream: string, text: string) => void;
  /** Asked for each stream that is about to be published here; without it all are. */
  readonly admit?: Admit | undefined;
}

/** Streams that one rule with a pattern fetches at a time: names cost those nothing who think of them. */
const MAX_PULLS_PER_RULE = 256;
const LOOK_MS = 1_000;

interface Pull {
  readonly name: StreamName;
  readonly relay: PullRelay;
  /** Until when somebody watched, or is expected to, ms. */
  watchedAt: number;
}

interface Entry {
  readonly rule: PullRule;
  readonly pulls: Map<string, Pull>;
  formerBytes: number;
}

/** All pulls: which stream is fetched from where, and while whom wants it. */
export class PullBoard {
  readonly #options: PullBoardOptions;
  readonly #entries = new Map<string, Entry>();
  #stopLooking: (() => void) | undefined;
  #isOpen = false;

  constructor(options: PullBoardOptions) {
    this.#options = options;
  }

  /** From here on streams are fetched. */
  start(): void {
    this.#isOpen = true;
    for (const entry of this.#entries.values()) this.#begin(entry);
  }

  add(rule: PullRule): void {
    const entry = { rule, pulls: new Map<string, Pull>(), formerBytes: 0 };
    this.#entries.set(rule.id, entry);
    if (this.#isOpen) this.#begin(entry);
  }

  /** False: there is no such rule. */
  remove(id: string): boolean {
    const entry = this.#entries.get(id);
    if (!entry) return false;
    this.#entries.delete(id);
    for (const pull of entry.pulls.values()) this.#end(entry, pull, 'the relay was removed');
    return true;
  }

  /**
   * Somebody wants a stream that nobody publishes. Gives how long, in ms, it is worth the wait; 0: it will not come.
   *
   * @param askedBy gateways that the wish has come through, if it comes from another one
   */
  want(name: StreamName, askedBy: RelayPath = []): number {
    if (!this.#isOpen) return 0;
    for (const entry of this.#entries.values()) {
      if (!entry.rule.streams.matches(name)) continue;
      const pull = entry.pulls.get(name.path) ?? this.#make(entry, name);
      if (!pull) continue;
      // Who has asked is not seen again before the first segment, or the first frame, is there.
      pull.watchedAt = this.#options.means.time.now() + this.#options.holdMs;
      const { state } = pull.relay.health;
      if (state === 'stopped') return 0;
      pull.relay.start(askedBy);
      this.#keepLooking();
      return this.#options.holdMs;
    }
    return 0;
  }

  reports(id: string): PullReport[] {
    const entry = this.#entries.get(id);
    return [...(entry?.pulls.values() ?? [])].map(({ name, relay }) => ({
      stream: name.path,
      health: relay.health,
      bytes: relay.bytes,
    }));
  }

  /** Bytes that a rule has fetched of streams that are not fetched any more. */
  formerBytes(id: string): number {
    return this.#entries.get(id)?.formerBytes ?? 0;
  }

  /** Goodbye to all. */
  stop(why: string): void {
    this.#isOpen = false;
    this.#stopLooking?.();
    this.#stopLooking = undefined;
    for (const entry of this.#entries.values())
      for (const pull of entry.pulls.values()) this.#end(entry, pull, why);
  }

  #begin(entry: Entry): void {
    const { when, streams } = entry.rule;
    if (when !== 'always' || !streams.only) return;
    this.#make(entry, streams.only)?.relay.start();
    this.#keepLooking();
  }

  #make(entry: Entry, name: StreamName): Pull | undefined {
    const { rule, pulls } = entry;
    const url = rule.url.replaceAll('{app}', name.app).replaceAll('{stream}', name.stream);
    const target = clientTarget(url);
    if (!target || pulls.size >= MAX_PULLS_PER_RULE) return undefined;
    const { means, streams, tell, noticed, admit } = this.#options;
    const relay = new PullRelay({
      name,
      url,
      target,
      streams,
      means,
      admit,
      tell: (state, text) => tell(rule, name.path, state, text),
      noticed: (text) => noticed(name.path, text),
    });
    const pull = { name, relay, watchedAt: means.time.now() };
    pulls.set(name.path, pull);
    return pull;
  }

  /** One timer for all pulls, and none while there are none. */
  #keepLooking(): void {
    this.#stopLooking ??= this.#options.means.time.after(LOOK_MS, () => {
      this.#stopLooking = undefined;
      let areAny = false;
      for (const entry of this.#entries.values()) {
        for (const pull of entry.pulls.values()) this.#look(entry, pull);
        areAny ||= entry.pulls.size > 0;
      }
      if (areAny) this.#keepLooking();
    });
  }

  #look(entry: Entry, pull: Pull): void {
    const { means, viewers, streams, lingerMs } = this.#options;
    const now = means.time.now();
    pull.relay.look(now);
    if (entry.rule.when === 'always') return;
    const { path } = pull.name;
    if (viewers(path) + streams.waitingFor(path) > 0) pull.watchedAt = Math.max(pull.watchedAt, now);
    if (now - pull.watchedAt >= lingerMs) this.#end(entry, pull, 'nobody watches');
  }

  #end(entry: Entry, { name, relay }: Pull, why: string): void {
    entry.pulls.delete(name.path);
    relay.stop(why);
    entry.formerBytes += relay.bytes;
  }
}
