import type { Stream } from '../api/types.ts';
import { EngineRoom, type Start } from './engine-room.ts';
import { isFlv, tracksOf } from './engine-parts.ts';
import type { Engine } from './engines.ts';
import type { Plan } from './fit.ts';
import { Known } from './known.ts';
import { pastLength, Place } from './past.ts';
import type { PlayerOptions } from './player-view.ts';
import { refusalOf } from './refusal.ts';
import { Reports } from './reports.ts';
import { Selection } from './selection.ts';
import { begin, step } from './session-step.ts';
import {
  engineOf,
  type Command,
  type Session,
  type SessionEvent,
  type Situation,
  type Step,
} from './session.ts';
import { startOf, wantsPast } from './start.ts';
import type { Trouble } from './viewing-log.ts';

/** One viewing: carries out what the session decides, and has what it is decided about. */
export class Viewing {
  readonly known: Known;
  readonly room: EngineRoom;
  readonly reports: Reports;
  readonly selection = new Selection();
  readonly place = new Place();
  readonly #options: PlayerOptions;
  readonly #changed: () => void;
  #session: Session;
  #situationSince = 0;
  #startedWith = '';
  #isSwitching = false;
  #isOver = false;
  #waitTimer: ReturnType<typeof setTimeout> | undefined;

  /** @param changed there is something else to show; not called before {@link begin} */
  constructor(options: PlayerOptions, changed: () => void) {
    this.#options = options;
    this.#changed = changed;
    this.#session = begin(options.engines, options.forced).session;
    this.reports = new Reports(`${options.app}/${options.stream}`, options.mayReport);
    this.known = new Known(options, options.engines);
    this.room = new EngineRoom({
      video: options.video,
      still: options.still,
      ended: (event, trouble) => this.#engineEnds(event, trouble),
      changed,
    });
  }

  begin(): void {
    this.#take(begin(this.#options.engines, this.#options.forced));
  }

  end(): void {
    this.reports.tell();
    this.#isOver = true;
    clearTimeout(this.#waitTimer);
    this.room.stop();
  }

  get session(): Session {
    return this.#session;
  }

  get at(): Situation['at'] {
    return this.#session.situation.at;
  }

  /** ms, by the page's steady clock. */
  get situationSince(): number {
    return this.#situationSince;
  }

  /** From one rendition to another: the last picture stands until the next one comes. */
  get isSwitching(): boolean {
    return this.#isSwitching;
  }

  get engine(): Engine {
    return this.selection.detour ? 'hls' : engineOf(this.#session);
  }

  get plan(): Plan | undefined {
    return this.known.planOf(this.engine);
  }

  /** It is played by HLS, or could be. */
  get hasHls(): boolean {
    return !isFlv(this.engine) || (!this.#options.forced && this.known.planOf('hls') !== undefined);
  }

  /** How far the viewer can go back, in seconds; undefined: there is no past to speak of. */
  get pastSeconds(): number | undefined {
    const { facts } = this.known;
    return pastLength({ facts, run: this.room.run, hasHls: this.hasHls, isWanted: wantsPast() });
  }

  event(event: SessionEvent): void {
    this.#take(step(this.#session, event, Math.random()));
  }

  /** To another rendition or engine, from a picture that stands until the next one comes. */
  switch(): void {
    const hasPicture = this.at === 'playing' || this.#isSwitching;
    this.event({ kind: 'switch' });
    this.#isSwitching = hasPicture && this.at === 'starting';
    this.#changed();
  }

  #take({ session, commands }: Step): void {
    if (session.situation !== this.#session.situation) this.#situationSince = performance.now();
    this.#session = session;
    const { at } = session.situation;
    if (at !== 'starting') this.#isSwitching = false;
    this.reports.stands(at);
    for (const command of commands) this.#carryOut(command);
    if (at === 'offline') this.place.forget(); // what comes on the air next is watched from its edge
    this.#changed();
  }

  #carryOut(command: Command): void {
    switch (command.do) {
      case 'look up':
        void this.#lookUp();
        return;
      case 'start':
        void this.#startEngine();
        return;
      case 'stop':
        this.stopEngine();
        return;
      case 'jump':
        this.toEdge();
        return;
      case 'go on':
        // Where there is a past, a pause is a stay in it.
        if (this.pastSeconds !== undefined) this.room.pilot?.hold();
        else this.toEdge();
        return;
      case 'wait':
        clearTimeout(this.#waitTimer);
        this.#waitTimer = setTimeout(() => this.event({ kind: 'timer' }), command.ms);
    }
  }

  async #lookUp(): Promise<void> {
    const answer = await this.known.ask();
    if (this.#isOver) return;
    if (answer.kind !== 'ok') {
      this.event({ kind: answer.kind });
      return;
    }
    const { fitting } = this.known;
    this.event({ kind: 'found', state: answer.value.state, ...(fitting && { fitting }) });
  }

  async #startEngine(): Promise<void> {
    this.stopEngine();
    const { facts } = this.known;
    this.#startedWith = tracksOf(facts);
    if (!(await this.room.start(this.#start(facts)))) return;
    this.place.forget(); // the pilot has it now
    await this.play();
  }

  #start(facts: Stream | undefined): Start {
    const behind = this.pastSeconds === undefined ? undefined : this.place.behind(Date.now());
    if (behind !== undefined && isFlv(this.engine)) this.selection.detour = 'past';
    const { engine, plan, selection } = this;
    const { withoutSound } = this.#session;
    return startOf({ name: this.#options, engine, facts, plan, selection, withoutSound, behind });
  }

  /** Before a picture has come it may be that the viewer is refused: some engines call that an end, others a failure. */
  #engineEnds(event: SessionEvent, trouble?: Trouble): void {
    if (trouble) this.reports.trouble(trouble);
    if (this.goHome()) return;
    if (this.at === 'playing') return this.event(event);
    this.stopEngine(); // a pause that it leaves behind in the video element is not the viewer's
    const isCurrent = this.room.mark();
    void refusalOf(this.#options.app, this.#options.stream).then((sentence) => {
      if (!isCurrent() || this.#isOver) return;
      this.event(sentence === undefined ? event : { kind: 'refused', sentence });
    });
  }

  /** A detour, or a choice, that led to no picture is given up. */
  goHome(): boolean {
    if (this.at !== 'starting' || !this.selection.goHome(this.#isSwitching)) return false;
    this.place.forget();
    this.room.pilot?.release();
    this.switch();
    return true;
  }

  toEdge(): void {
    const isHome = this.selection.detour === undefined || this.selection.sound !== undefined;
    const { pilot } = this.room;
    this.place.forget();
    if (isHome) pilot?.toEdge();
    else {
      pilot?.release();
      this.selection.detour = undefined; // home to the engine that is nearer to the edge
      this.switch();
    }
    if (this.#options.video.paused) {
      this.event({ kind: 'play' });
      if (this.room.run) void this.play();
    }
    this.#changed();
  }

  /** To so many seconds behind the edge. What FLV has not kept, HLS may have. */
  goTo(behind: number): void {
    const { pilot } = this.room;
    if (!pilot) this.place.keep(behind, Date.now());
    else if (!pilot.goTo(behind)) {
      if (isFlv(this.engine) && this.pastSeconds !== undefined) {
        this.selection.detour = 'past';
        this.place.keep(behind, Date.now());
        this.switch();
      } else pilot.toOldest();
    }
    this.#changed();
  }

  async play(): Promise<void> {
    try {
      await this.#options.video.play();
    } catch (error) {
      // AbortError: another load came in between, and brings its own play().
      if (error instanceof DOMException && error.name === 'NotAllowedError') this.event({ kind: 'blocked' });
    }
  }

  /** Whoever watches the past, or has paused where there is one, goes on there when an engine starts again. */
  stopEngine(): void {
    const { pilot } = this.room;
    const stays = pilot?.held === true || (this.at === 'paused' && this.pastSeconds !== undefined);
    const isSet = this.place.behind(Date.now()) !== undefined;
    if (stays && !isSet && pilot?.behind !== undefined) this.place.keep(pilot.behind, Date.now());
    this.room.stop();
  }

  /** Asks for the facts of a stream that plays. */
  async refresh(): Promise<void> {
    const facts = await this.known.refresh();
    if (!facts || this.#isOver) return;
    // A track that came late, or that the engine was told to expect and is gone: only a new start can take it in.
    const tracks = tracksOf(facts);
    if (this.room.run && tracks !== '' && tracks !== this.#startedWith) {
      this.#startedWith = tracks;
      if (isFlv(this.engine)) this.event({ kind: 'tracks changed' });
    }
    this.#changed();
  }
}
