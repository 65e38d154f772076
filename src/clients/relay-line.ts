import type { RtmpMessage } from '../protocols/rtmp/message.ts';
import type { ClientTarget } from '../protocols/rtmp/session/client-url.ts';
import type { RelayPath } from '../protocols/rtmp/session/relay-path.ts';
import { BackOff } from './back-off.ts';
import { RelayProgress, type RelayHealth, type TellRelay } from './relay-progress.ts';
import { withoutSecrets } from './relay-secrets.ts';
import type { ClientEnd, OpenLink, RtmpLink } from './rtmp-client.ts';
import type { RelayTime } from './time.ts';

/** What every relay shares. */
export interface RelayMeans {
  readonly open: OpenLink;
  readonly time: RelayTime;
  /** This gateway's own, see RelayPath. */
  readonly id: string;
  /** True for this gateway's own door. */
  readonly isSelf?: (address: string, port: number) => boolean;
  /** See RtmpClientOptions. */
  readonly extraCa?: string | undefined;
}

export interface RelayLineOptions {
  readonly means: RelayMeans;
  readonly mode: 'publish' | 'play';
  readonly target: ClientTarget;
  /** Never to be seen in what is said of problems. */
  readonly secrets: readonly string[];
  /** Relays passed before, without this gateway; asked at each attempt. */
  readonly path: () => RelayPath;
  /** Why no attempt may be made now, in words; undefined if one may. */
  readonly obstacle?: () => string | undefined;
  readonly started: (link: RtmpLink, path: RelayPath) => void;
  readonly media?: (message: RtmpMessage) => void;
  readonly flush?: () => void;
  /** A connection that had started, or had not, is over; another one may follow. */
  readonly lost: (problem: string) => void;
  readonly tell: TellRelay;
}

/** Who has run for so long has recovered: the next failure is a first one. */
const STABLE_MS = 10_000;

/** Keeps up one relay's connection from `start` to `stop`: attempts, waits between them, and what became of them. */
export class RelayLine {
  readonly #options: RelayLineOptions;
  readonly #progress: RelayProgress;
  readonly #backOff: BackOff;
  #link: RtmpLink | undefined;
  #stopWaiting: (() => void) | undefined;
  #upSince: number | undefined;

  constructor(options: RelayLineOptions) {
    this.#options = options;
    const { time } = options.means;
    this.#progress = new RelayProgress(time, options.tell);
    this.#backOff = new BackOff(time.random);
  }

  get health(): RelayHealth {
    return this.#progress.health;
  }

  get isIdle(): boolean {
    return this.health.state === 'idle';
  }

  /** Begins, unless it has begun. */
  start(): void {
    if (this.isIdle) this.#attempt();
  }

  /** Media really flows. */
  confirm(): void {
    if (this.health.state === 'running' || !this.#link) return;
    this.#upSince = this.#options.means.time.now();
    this.#progress.running();
  }

  /** Gives up this connection, with a goodbye, for another one later. */
  fail(problem: string): void {
    const link = this.#link;
    if (!link) return;
    this.#link = undefined;
    link.close();
    this.#lost({ reason: problem, isFinal: false });
  }

  /** Says goodbye; nothing more happens until the next start. */
  stop(why: string): void {
    this.#stopWaiting?.();
    this.#stopWaiting = undefined;
    const link = this.#link;
    this.#link = undefined;
    this.#upSince = undefined;
    link?.close();
    this.#backOff.reset();
    this.#progress.idle(why);
  }

  #attempt(): void {
    const { means, mode, target, path, obstacle, started, media, flush } = this.#options;
    const problem = obstacle?.();
    if (problem !== undefined) return this.#wait(problem);
    this.#progress.connecting();
    const link = means.open({
      target,
      mode,
      path: [...path(), means.id],
      extraCa: means.extraCa,
      time: means.time,
      isSelf: means.isSelf,
      started: (theirs) => {
        if (this.#link === link) started(link, theirs);
      },
      media: (message) => {
        if (this.#link === link) media?.(message);
      },
      flush: () => {
        if (this.#link === link) flush?.();
      },
      ended: (end) => {
        if (this.#link !== link) return;
        this.#link = undefined;
        this.#lost(end);
      },
    });
    this.#link = link;
  }

  #lost({ reason, isFinal }: ClientEnd): void {
    const problem = withoutSecrets(reason, this.#options.secrets);
    const { now } = this.#options.means.time;
    if (this.#upSince !== undefined && now() - this.#upSince >= STABLE_MS) this.#backOff.reset();
    this.#upSince = undefined;
    // Before the stream hears of it: what it does then may start or stop this line.
    if (isFinal) this.#progress.stopped(problem);
    else this.#wait(problem);
    this.#options.lost(problem);
  }

  #wait(problem: string): void {
    this.#progress.waiting(problem);
    this.#stopWaiting = this.#options.means.time.after(this.#backOff.next(), () => {
      this.#stopWaiting = undefined;
      this.#attempt();
    });
  }
}
