import type { RtmpMessage } from '../protocols/rtmp/message.ts';
import { reconnectTarget, type ClientTarget } from '../protocols/rtmp/session/client-url.ts';
import type { RelayPath } from '../protocols/rtmp/session/relay-path.ts';
import { BackOff } from './back-off.ts';
import { MediaFlow } from './media-flow.ts';
import type { RelayLineOptions } from './relay-line-options.ts';
import { Move, MoveLimit, whereTo } from './relay-move.ts';
import { RelayProgress, type RelayHealth } from './relay-progress.ts';
import { withoutSecrets } from './relay-secrets.ts';
import type { ClientEnd, RtmpLink } from './rtmp-client.ts';

/** Who has run for so long has recovered: the next failure is a first one. */
const STABLE_MS = 10_000;
/** Longest time that a stream is kept on the air for a second connection, while the first is gone already. */
const ALONE_MS = 5_000;

/** Keeps up one relay's connection from `start` to `stop`: attempts, waits between them, and what became of them. */
export class RelayLine {
  readonly #options: RelayLineOptions;
  readonly #progress: RelayProgress;
  readonly #backOff: BackOff;
  readonly #moves = new MoveLimit();
  readonly #flow = new MediaFlow();
  #link: RtmpLink | undefined;
  /** Has been followed by {@link #link}, and is still needed. */
  #former: RtmpLink | undefined;
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
    if (!this.#link && !this.#move) return;
    this.#closeAll();
    this.#lost({ reason: problem, isFinal: false });
  }

  /** Says goodbye; nothing more happens until the next start. */
  stop(why: string): void {
    this.#stopWaiting?.();
    this.#stopWaiting = undefined;
    this.#upSince = undefined;
    this.#closeAll();
    this.#target = this.#options.target;
    this.#backOff.reset();
    this.#progress.idle(why);
  }

  #closeAll(): void {
    const link = this.#link;
    this.#link = undefined;
    this.#flow.clear();
    link?.close();
    this.#leaveFormer();
    this.#dropMove();
  }

  #leaveFormer(): void {
    const former = this.#former;
    this.#former = undefined;
    former?.close();
  }

  #attempt(): void {
    const problem = this.#options.obstacle?.();
    if (problem !== undefined) return this.#wait(problem);
    this.#progress.connecting();
    this.#link = this.#open(this.#target);
  }

  #open(target: ClientTarget): RtmpLink {
    const { means, mode, path, started, flush } = this.#options;
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
        if (isLine()) this.#media(message);
        else if (isMove()) this.#mediaOfMove(this.#move!, message);
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
        else if (link === this.#former) this.#formerEnded();
      },
    });
    return link;
  }

  #media(message: RtmpMessage): void {
    const { media, means } = this.#options;
    if (!this.#flow.takes(message)) return;
    media?.(message);
    const move = this.#move;
    if (!move) return;
    const now = means.time.now();
    move.overlap.heardFirst(message, now);
    if (move.path && move.overlap.isReady(now)) this.#goOver();
  }

  /** What is played goes over when it can go on: with the same frames, or with others to begin with. */
  #mediaOfMove({ overlap }: Move, message: RtmpMessage): void {
    const now = this.#options.means.time.now();
    overlap.heardSecond(message, now);
    if (overlap.isReady(now)) this.#goOver();
  }

  #formerEnded(): void {
    this.#former = undefined;
    this.#options.formerLost?.();
  }

  /** The server wants us elsewhere: the connection stands until there is another one. */
  #askedToMove(link: RtmpLink, tcUrl: string | undefined, text: string): void {
    const { means, secrets, tell } = this.#options;
    const { time } = means;
    if (this.#move || !this.#moves.allows(time.now())) return;
    const target = reconnectTarget(link.target, tcUrl);
    const asks = `the server asks to connect again${text === '' ? '' : ` (${withoutSecrets(text, secrets)})`}`;
    tell('running', `${asks}${whereTo(tcUrl, target)}`);
    if (!target) return;
    const move = new Move(target, this.#flow.recent, time);
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
    const { link, target, path = [], overlap, stopWaiting } = this.#move!;
    const now = means.time.now();
    const rest = overlap.rest(now);
    const former = this.#link;
    stopWaiting();
    this.#leaveFormer();
    this.#former = former;
    this.#move = undefined;
    this.#link = link;
    this.#target = target;
    this.#upSince = now;
    this.#flow.goOn(overlap.seam);
    const leave = (): void => {
      if (this.#former === former) this.#leaveFormer();
    };
    moved(link!, path, { leave, offset: overlap.offset });
    this.#replay(link, rest);
    if (this.#link === link) tell('running', `goes on over another connection to ${target.host}`);
  }

  #replay(link: RtmpLink | undefined, messages: readonly RtmpMessage[]): void {
    const { media, flush } = this.#options;
    for (const message of messages) {
      if (this.#link !== link) return;
      this.#flow.recent.add(message);
      media?.(message);
    }
    if (this.#link === link) flush?.();
  }

  #moveFailed(end: ClientEnd): void {
    const move = this.#move!;
    move.lost();
    if (!this.#link) {
      this.#dropMove();
      return this.#lost(end);
    }
    // It may not have a publisher twice at a time.
    const isPublish = this.#options.mode === 'publish';
    if (isPublish && end.isRefusal === true && !end.isFinal && move.isTo(this.#link.target))
      return this.#breakFirst(move);
    const isOver = end.isFinal || !move.tryLater(() => (move.link = this.#open(move.target)));
    if (isOver) this.#dropMove();
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
    this.#leaveFormer();
    if (!move) return this.#lost(end);
    // The server has not waited for us: what was to come second is all there is.
    this.#upSince = undefined;
    this.#progress.connecting();
    move.stopWaiting();
    move.link ??= this.#open(move.target);
    if (this.#options.mode === 'publish') return this.#goOnWith(move, end);
    move.overlap.hasFirst = false;
    if (move.overlap.isPlayable) return this.#goOver();
    move.stopWaiting = this.#options.means.time.after(ALONE_MS, () => {
      if (this.#move === move) this.#goOnWith(move, end);
    });
  }

  /** As if it had been lost and found again. */
  #goOnWith(move: Move, end: ClientEnd): void {
    this.#move = undefined;
    this.#flow.clear();
    this.#target = move.target;
    this.#link = move.link;
    this.#options.lost(withoutSecrets(end.reason, this.#options.secrets));
    if (this.#link !== move.link || !move.path) return;
    this.#options.started(this.#link!, move.path);
    this.#replay(this.#link, move.overlap.held.messages);
  }

  #lost({ reason, isFinal }: ClientEnd): void {
    const problem = withoutSecrets(reason, this.#options.secrets);
    const { now } = this.#options.means.time;
    this.#flow.clear();
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
