import type { RtmpMessage } from '../protocols/rtmp/message.ts';
import { reconnectTarget, type ClientTarget } from '../protocols/rtmp/session/client-url.ts';
import type { RelayPath } from '../protocols/rtmp/session/relay-path.ts';
import { BackOff } from './back-off.ts';
import { Move, MoveLimit } from './relay-move.ts';
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
  /** The same as {@link started}, of a connection that takes the place of one that stands, which is closed then. */
  readonly moved: (link: RtmpLink, path: RelayPath) => void;
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
  readonly #moves = new MoveLimit();
  #link: RtmpLink | undefined;
  /** Where the next attempt goes: a server may have sent us elsewhere. */
  #target: ClientTarget;
  #move: Move | undefined;
  #stopWaiting: (() => void) | undefined;
  #upSince: number | undefined;

  constructor(options: RelayLineOptions) {
    this.#options = options;
    this.#target = options.target;
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

  /** Media really flows, though perhaps not all of it: `leftOut` says what is missing. */
  confirm(leftOut?: string): void {
    const { state, problem } = this.health;
    if (!this.#link || (state === 'running' && problem === leftOut)) return;
    if (state !== 'running') this.#upSince = this.#options.means.time.now();
    this.#progress.running(leftOut);
  }

  /** Gives up this connection, with a goodbye, for another one later. */
  fail(problem: string): void {
    const link = this.#link;
    if (!link) return;
    this.#link = undefined;
    link.close();
    this.#dropMove();
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
    this.#dropMove();
    this.#target = this.#options.target;
    this.#backOff.reset();
    this.#progress.idle(why);
  }

  #attempt(): void {
    const problem = this.#options.obstacle?.();
    if (problem !== undefined) return this.#wait(problem);
    this.#progress.connecting();
    this.#link = this.#open(this.#target);
  }

  #open(target: ClientTarget): RtmpLink {
    const { means, mode, path, started, media, flush } = this.#options;
    const isLine = (): boolean => this.#link === link;
    const isMove = (): boolean => this.#move !== undefined && this.#move.link === link;
    const link = means.open({
      target,
      mode,
      path: [...path(), means.id],
      extraCa: means.extraCa,
      time: means.time,
      isSelf: means.isSelf,
      started: (theirs) => {
        if (isLine()) started(link, theirs);
        else if (isMove()) this.#moveStarted(theirs);
      },
      media: (message) => {
        if (isLine()) media?.(message);
        else if (isMove() && this.#move!.start.take(message)) this.#goOver();
      },
      flush: () => {
        if (isLine()) flush?.();
      },
      reconnect: (tcUrl, text) => {
        if (isLine()) this.#askedToMove(link, tcUrl, text);
      },
      ended: (end) => {
        if (isLine()) this.#ended(end);
        else if (isMove()) this.#moveFailed(end);
      },
    });
    return link;
  }

  /** The server wants us elsewhere: the connection stands until there is another one. */
  #askedToMove(link: RtmpLink, tcUrl: string | undefined, text: string): void {
    const { means, secrets, tell } = this.#options;
    if (this.#move || !this.#moves.allows(means.time.now())) return;
    const asks = `the server asks to connect again${text === '' ? '' : ` (${withoutSecrets(text, secrets)})`}`;
    const target = reconnectTarget(link.target, tcUrl);
    if (!target)
      return tell('running', `${asks}, at an address that is no RTMP URL, or gives up TLS: left undone`);
    tell('running', tcUrl === undefined ? asks : `${asks}, at ${target.host}:${target.port}`);
    const move = new Move(target, means.time.random);
    this.#move = move;
    move.link = this.#open(target);
  }

  /** What is sent may go the new way at once; what is played has to come first. */
  #moveStarted(path: RelayPath): void {
    this.#move!.path = path;
    if (this.#options.mode === 'publish') this.#goOver();
  }

  #goOver(): void {
    const { moved, tell, means } = this.#options;
    const { link, target, path = [], start } = this.#move!;
    const former = this.#link;
    this.#move = undefined;
    this.#link = link;
    this.#target = target;
    this.#upSince = means.time.now();
    moved(link!, path);
    former?.close();
    this.#replay(link, start.messages);
    if (this.#link === link) tell('running', `goes on over another connection to ${target.host}`);
  }

  #replay(link: RtmpLink | undefined, messages: readonly RtmpMessage[]): void {
    const { media, flush } = this.#options;
    for (const message of messages) if (this.#link === link) media?.(message);
    if (this.#link === link) flush?.();
  }

  #moveFailed({ isFinal, isRefusal }: ClientEnd): void {
    const move = this.#move!;
    const { host, port } = move.target;
    const from = this.#link?.target;
    move.link = undefined;
    // It may not have us twice at a time.
    if (isRefusal === true && !isFinal && from?.host === host && from.port === port)
      return this.#breakFirst(move);
    const waitMs = isFinal ? undefined : move.nextWait();
    if (waitMs === undefined) return this.#dropMove();
    move.stopWaiting = this.#options.means.time.after(waitMs, () => {
      if (this.#move === move) move.link = this.#open(move.target);
    });
  }

  #breakFirst({ target }: Move): void {
    this.#dropMove();
    this.#link?.close();
    this.#link = undefined;
    this.#target = target;
    this.#options.lost('the server asks to connect again');
    this.#attempt();
  }

  #dropMove(): void {
    const move = this.#move;
    this.#move = undefined;
    move?.drop();
  }

  #ended(end: ClientEnd): void {
    const move = this.#move;
    this.#link = undefined;
    if (!move) return this.#lost(end);
    // The server has not waited for us: what was to come second is all there is.
    this.#move = undefined;
    this.#target = move.target;
    move.stopWaiting();
    this.#upSince = undefined;
    this.#progress.connecting();
    this.#options.lost(withoutSecrets(end.reason, this.#options.secrets));
    this.#link = move.link ?? this.#open(move.target);
    if (!move.path) return;
    this.#options.started(this.#link, move.path);
    this.#replay(this.#link, move.start.messages);
  }

  #lost({ reason, isFinal }: ClientEnd): void {
    const problem = withoutSecrets(reason, this.#options.secrets);
    const { now } = this.#options.means.time;
    if (this.#upSince !== undefined && now() - this.#upSince >= STABLE_MS) this.#backOff.reset();
    if (this.#upSince === undefined) this.#target = this.#options.target;
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
