import type { RelayMeans } from '../../clients/relay-line-options.ts';
import type { RelayHealth, RelayState } from '../../clients/relay-progress.ts';
import type { StreamName } from '../../media/stream-name.ts';
import type { StreamPattern } from '../../media/stream-pattern.ts';
import { clientTarget } from '../../protocols/rtmp/session/client-url.ts';
import type { Frame } from '../../media/frame.ts';
import type { Track } from '../../media/track.ts';
import type { FrameSink } from '../../stream/frame-sink.ts';
import type { Stream } from '../../stream/stream.ts';
import type { ViewerLimits } from '../../stream/viewer.ts';
import { PushRelay } from './push-relay.ts';

/** Streams that are sent on, and where to. */
export interface PushRule {
  readonly id: string;
  readonly streams: StreamPattern;
  /** `{app}` and `{stream}` stand for the stream's name. */
  readonly url: string;
  /** See PushRelayOptions. */
  readonly codecs?: 'announced' | 'any' | undefined;
  readonly tracks?: 'all' | 'main' | undefined;
}

/** One stream of a rule that is, or should be, on its way. */
export interface PushReport {
  readonly stream: string;
  readonly health: RelayHealth;
  readonly bytes: number;
}

export interface PushBoardOptions {
  readonly means: RelayMeans;
  readonly limits: ViewerLimits;
  /** All streams there are. */
  readonly streams: () => readonly Stream[];
  readonly tell: (rule: PushRule, stream: string, state: RelayState, text: string) => void;
}

/** A rule's URL for one stream. */
const urlFor = (template: string, { app, stream }: StreamName): string =>
  template.replaceAll('{app}', app).replaceAll('{stream}', stream);

/** All pushes: which stream goes where. */
export class PushBoard {
  readonly #options: PushBoardOptions;
  readonly #rules = new Map<string, PushRule>();
  readonly #streams = new Map<Stream, StreamPushes>();
  /** Of pushes that are over, by rule. */
  readonly #formerBytes = new Map<string, number>();

  constructor(options: PushBoardOptions) {
    this.#options = options;
  }

  add(rule: PushRule): void {
    this.#rules.set(rule.id, rule);
    for (const stream of this.#options.streams()) this.#apply(rule, stream);
  }

  /** False: there is no such rule. Its targets are told goodbye. */
  remove(id: string): boolean {
    if (!this.#rules.delete(id)) return false;
    for (const pushes of this.#streams.values()) pushes.remove(id, 'the relay was removed');
    this.#formerBytes.delete(id);
    return true;
  }

  /** A stream has come to be. */
  opened(stream: Stream): void {
    for (const rule of this.#rules.values()) this.#apply(rule, stream);
  }

  reports(id: string): PushReport[] {
    return [...this.#streams].flatMap(([stream, pushes]) => {
      const push = pushes.get(id);
      return push ? [{ stream: stream.name.path, health: push.health, bytes: push.bytes }] : [];
    });
  }

  /** Bytes that a rule has sent for streams that are over. */
  formerBytes(id: string): number {
    return this.#formerBytes.get(id) ?? 0;
  }

  stop(why: string): void {
    for (const pushes of this.#streams.values()) pushes.end(why);
  }

  #apply(rule: PushRule, stream: Stream): void {
    if (!rule.streams.matches(stream.name)) return;
    const url = urlFor(rule.url, stream.name);
    const target = clientTarget(url);
    if (!target) return this.#options.tell(rule, stream.name.path, 'stopped', 'the address is no RTMP URL');
    const { means, limits } = this.#options;
    const tell = (state: RelayState, text: string): void =>
      this.#options.tell(rule, stream.name.path, state, text);
    this.#pushesOf(stream).add(
      rule.id,
      new PushRelay({ stream, url, target, means, limits, tell, codecs: rule.codecs, tracks: rule.tracks }),
    );
  }

  #pushesOf(stream: Stream): StreamPushes {
    const existing = this.#streams.get(stream);
    if (existing) return existing;
    const pushes = new StreamPushes(
      (id, bytes) => {
        if (this.#rules.has(id)) this.#formerBytes.set(id, this.formerBytes(id) + bytes);
      },
      () => this.#streams.delete(stream),
    );
    this.#streams.set(stream, pushes);
    stream.attach(pushes);
    return pushes;
  }
}

/** All pushes of one stream. Begins them with the stream's first frame, ends them with the stream. */
class StreamPushes implements FrameSink {
  readonly #pushes = new Map<string, PushRelay>();
  readonly #over: (id: string, bytes: number) => void;
  readonly #gone: () => void;
  /** Every push knows that frames come: nothing to be done with the next one. */
  #isSettled = true;
  readonly #tracks: Partial<Record<'video' | 'audio', Track>> = {};
  #isLookDue = false;

  constructor(over: (id: string, bytes: number) => void, gone: () => void) {
    this.#over = over;
    this.#gone = gone;
  }

  get(id: string): PushRelay | undefined {
    return this.#pushes.get(id);
  }

  add(id: string, push: PushRelay): void {
    this.#pushes.set(id, push);
    this.#isSettled = false;
  }

  remove(id: string, why: string): void {
    const push = this.#pushes.get(id);
    if (!push) return;
    push.stop(why);
    this.#pushes.delete(id);
    this.#over(id, push.bytes);
  }

  write(frame: Frame): void {
    if (frame.kind !== 'data' && this.#tracks[frame.kind] !== frame.track) {
      this.#tracks[frame.kind] = frame.track;
      this.#isLookDue = true;
    }
    if (this.#isSettled) return;
    this.#isSettled = true;
    for (const push of this.#pushes.values()) push.live();
  }

  /** Frames go to the targets by the fan-out, as to all viewers. */
  flush(): void {
    if (!this.#isLookDue) return;
    this.#isLookDue = false;
    for (const push of this.#pushes.values()) push.look();
  }

  /** The next publisher's stream may come another way. */
  interrupt(): void {
    this.#isSettled = false;
  }

  end(reason: string): void {
    for (const id of [...this.#pushes.keys()]) this.remove(id, reason);
    this.#gone();
  }
}
