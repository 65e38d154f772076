import { askStream } from '../api/client.ts';
import type { Stream } from '../api/types.ts';
import { EdgeKeeper } from './edge.ts';
import { ENGINE_PARTS, expectedTracks, isFlv, mediaUrl, tracksOf } from './engine-parts.ts';
import type { EngineRun } from './engine.ts';
import { bufferEnd, keepStill, rangeAfter } from './picture.ts';
import { refusalOf } from './refusal.ts';
import type { PlayerOptions, PlayerStats, PlayerView } from './player-view.ts';
import {
  begin,
  engineOf,
  shownState,
  step,
  type Command,
  type Session,
  type SessionEvent,
  type Step,
} from './session.ts';
import { Watchdog, type Sight } from './watchdog.ts';

/** How often pictures are counted and the edge is measured, in ms. */
const TICK_MS = 250;
/** Playing this long, in ms, forgives earlier failures. */
const STEADY_MS = 10_000;
/** After this long a pause, in ms, the connection is given up: what it buffers is of no use at the edge. */
const IDLE_MS = 60_000;
/** How often the facts of a stream that plays are asked for, in ms. */
const FACTS_MS = 3000;
/** Stuck this long before a hole in the buffer, in ms, the picture is taken across. */
const HOLE_MS = 500;
/** A wait right after a seek, in ms, is the seek's. */
const SEEK_SETTLES_MS = 1500;

/** Carries out what the session decides: the only part that owns the video element, the timers and the engine. */
export class Player {
  readonly #options: PlayerOptions;
  readonly #video: HTMLVideoElement;
  readonly #ends = new AbortController();
  #session: Session;
  #facts: Stream | undefined;
  #run: EngineRun | undefined;
  /** Counts starts: what an engine of an earlier start says is not heard. */
  #start = 0;
  #startedWith = '';
  #keeper: EdgeKeeper | undefined;
  #watchdog: Watchdog | undefined;
  #held = false;
  #pausedByBrowser = false;
  #waitTimer: ReturnType<typeof setTimeout> | undefined;
  #situationSince = 0;
  #factsAt = 0;
  #jumpedAt = 0;
  #stuckSince: number | undefined;

  constructor(options: PlayerOptions) {
    this.#options = options;
    this.#video = options.video;
    const first = begin(options.engines, options.forced);
    this.#session = first.session;
    this.#listen();
    const ticker = setInterval(() => this.#tick(), TICK_MS);
    this.#ends.signal.addEventListener('abort', () => clearInterval(ticker));
    this.#take(first);
  }

  get view(): PlayerView {
    const { situation, hadPicture } = this.#session;
    return {
      state: shownState(this.#session),
      situation,
      engine: engineOf(this.#session),
      facts: this.#facts,
      held: this.#held,
      hadPicture,
    };
  }

  stats(): PlayerStats {
    const quality = this.#video.getVideoPlaybackQuality();
    const end = bufferEnd(this.#video);
    const { currentTime } = this.#video;
    return {
      engine: engineOf(this.#session),
      state: shownState(this.#session),
      latencySeconds: this.#run?.clockDelay() ?? this.#delay(),
      bufferSeconds: end === undefined ? undefined : Math.max(0, end - currentTime),
      droppedFrames: quality.droppedVideoFrames,
      decodedFrames: quality.totalVideoFrames,
      currentTime,
      receivedKbps: this.#run?.receivedKbps(),
      rate: this.#video.playbackRate,
    };
  }

  toggle(): void {
    if (this.#video.paused) void this.play();
    else this.#video.pause();
  }

  /** Also the way back in after a refused autoplay or a long pause. */
  async play(): Promise<void> {
    this.#event({ kind: 'play' });
    if (this.#run) await this.#play();
  }

  /** Back by `seconds` (forward when negative), within what is buffered. */
  back(seconds: number): void {
    const { buffered, currentTime } = this.#video;
    const last = buffered.length - 1;
    if (last < 0) return;
    const to = currentTime - seconds;
    const delay = this.#delay();
    if (seconds < 0 && (delay === undefined || delay + seconds <= this.#target())) {
      this.toEdge();
      return;
    }
    this.#held = true;
    this.#seek(Math.max(buffered.start(last) + 0.1, to));
    this.#changed();
  }

  toEdge(): void {
    this.#held = false;
    const edge = this.#run?.edge();
    if (edge !== undefined) this.#seek(edge - this.#target());
    if (this.#video.paused) void this.play();
    this.#changed();
  }

  retry(): void {
    this.#event({ kind: 'retry' });
  }

  destroy(): void {
    this.#ends.abort();
    clearTimeout(this.#waitTimer);
    this.#stopEngine();
  }

  #listen(): void {
    const { signal } = this.#ends;
    const video = this.#video;
    const on = (target: EventTarget, name: string, heard: () => void): void =>
      target.addEventListener(name, heard, { signal });
    on(video, 'pause', () => this.#onPause());
    on(video, 'play', () => this.#event({ kind: 'play' }));
    on(video, 'waiting', () => this.#onWaiting());
    on(document, 'visibilitychange', () => this.#onVisibility());
    on(window, 'online', () => this.#event({ kind: 'timer' }));
    on(window, 'pagehide', () => this.#stopEngine());
    // Back from the browser's page cache: the connection was closed when the page went there.
    window.addEventListener('pageshow', (event) => (event.persisted ? this.retry() : undefined), { signal });
  }

  /** A pause that the viewer did not ask for (an engine that stops, a tab in the background) is none. */
  #onPause(): void {
    if (!this.#video.paused || this.#video.ended || !this.#run) return;
    if (document.hidden) this.#pausedByBrowser = true;
    else this.#event({ kind: 'pause' });
  }

  #onWaiting(): void {
    const now = performance.now();
    if (this.#session.situation.at !== 'playing' || this.#held || now - this.#jumpedAt < SEEK_SETTLES_MS)
      return;
    this.#keeper?.rebuffered(now / 1000);
  }

  #onVisibility(): void {
    if (document.hidden || !this.#run) return;
    if (this.#pausedByBrowser) void this.#play();
    this.#pausedByBrowser = false;
    const delay = this.#delay();
    if (!this.#held && !this.#video.paused && delay !== undefined && delay > this.#target() + 0.5)
      this.toEdge();
  }

  #event(event: SessionEvent): void {
    this.#take(step(this.#session, event, Math.random()));
  }

  #take({ session, commands }: Step): void {
    if (session.situation !== this.#session.situation) this.#situationSince = performance.now();
    this.#session = session;
    for (const command of commands) this.#carryOut(command);
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
        this.#stopEngine();
        return;
      case 'jump':
        this.toEdge();
        return;
      case 'wait':
        clearTimeout(this.#waitTimer);
        this.#waitTimer = setTimeout(() => this.#event({ kind: 'timer' }), command.ms);
    }
  }

  async #lookUp(): Promise<void> {
    const answer = await askStream(this.#options.app, this.#options.stream);
    if (this.#ends.signal.aborted) return;
    if (answer.kind !== 'ok') {
      this.#event({ kind: answer.kind });
      return;
    }
    this.#facts = answer.value;
    this.#event({ kind: 'found', state: answer.value.state });
  }

  async #startEngine(): Promise<void> {
    this.#stopEngine();
    const start = ++this.#start;
    const engine = engineOf(this.#session);
    const stale = (): boolean => start !== this.#start || this.#ends.signal.aborted;
    const tell = (event: SessionEvent): void => {
      if (!stale()) this.#event(event);
    };
    const ends = (event: SessionEvent): void => {
      if (!stale()) this.#engineEnds(event);
    };
    try {
      const begins = await ENGINE_PARTS[engine]();
      if (stale()) return;
      this.#startedWith = tracksOf(this.#facts);
      this.#run = begins({
        video: this.#video,
        url: mediaUrl(engine, this.#options.app, this.#options.stream),
        ...expectedTracks(this.#facts, this.#session.withoutSound),
        ended: () => ends({ kind: 'ended' }),
        failed: (trouble, unsupported) => ends({ kind: 'failed', trouble, unsupported }),
      });
      this.#keeper = new EdgeKeeper(this.#run);
      this.#watchdog = new Watchdog(this.#run.patience, this.#sight());
      await this.#play();
    } catch {
      tell({ kind: 'failed', trouble: 'A part of this player could not be loaded.', unsupported: false });
    }
  }

  /** Before a picture has come it may be that the viewer is refused: some engines call that an end, others a failure. */
  #engineEnds(event: SessionEvent): void {
    if (this.#session.situation.at === 'playing') return this.#event(event);
    this.#stopEngine(); // a pause that it leaves behind in the video element is not the viewer's
    const start = this.#start;
    void refusalOf(this.#options.app, this.#options.stream).then((sentence) => {
      if (start !== this.#start || this.#ends.signal.aborted) return;
      this.#event(sentence === undefined ? event : { kind: 'refused', sentence });
    });
  }

  async #play(): Promise<void> {
    try {
      await this.#video.play();
    } catch (error) {
      // AbortError: another load came in between, and brings its own play().
      if (error instanceof DOMException && error.name === 'NotAllowedError') this.#event({ kind: 'blocked' });
    }
  }

  #stopEngine(): void {
    this.#start++;
    if (!this.#run) return;
    keepStill(this.#video, this.#options.still);
    const run = this.#run;
    this.#run = undefined;
    this.#keeper = undefined;
    this.#watchdog = undefined;
    this.#held = false;
    this.#stuckSince = undefined;
    run.stop();
  }

  #tick(): void {
    const now = performance.now();
    const since = now - this.#situationSince;
    const { at } = this.#session.situation;
    if (at === 'paused' && since > IDLE_MS) this.#event({ kind: 'idle' });
    if (at === 'playing' && since > STEADY_MS && this.#session.attempt > 0) this.#event({ kind: 'steady' });
    if (at === 'playing' && now - this.#factsAt > FACTS_MS && !document.hidden) void this.#refreshFacts(now);
    if (!this.#run) return;
    this.#watch();
    this.#keepEdge(now);
    this.#crossHole(now);
  }

  #watch(): void {
    const run = this.#run;
    switch (this.#watchdog?.look(this.#sight())) {
      case 'picture':
        if (!this.#video.paused) this.#event({ kind: 'picture' });
        return;
      case 'stalled':
        // Sound that was promised and never comes holds up the pictures: MSE plays where both are buffered.
        this.#event({
          kind: 'stalled',
          soundMayBeMissing: run?.receiving() === true && this.#facts?.audio !== null,
        });
        return;
      case 'waiting':
      case undefined:
    }
  }

  #sight(): Sight {
    const video = this.#video;
    return {
      now: performance.now(),
      decoded: video.getVideoPlaybackQuality().totalVideoFrames,
      currentTime: video.currentTime,
      bufferEnd: bufferEnd(video) ?? 0,
      paused: video.paused,
      hidden: document.hidden,
      pictures: !(this.#facts && this.#facts.video === null && this.#facts.audio !== null),
    };
  }

  #keepEdge(now: number): void {
    const delay = this.#delay();
    const video = this.#video;
    if (delay === undefined || video.seeking || !this.#keeper) return;
    if (this.#held && delay <= this.#target() + 0.3) this.#held = false;
    const move = this.#keeper.decide({
      now: now / 1000,
      delay,
      shown: this.#session.situation.at === 'playing',
      paused: video.paused,
      held: this.#held,
      rate: video.playbackRate,
    });
    const edge = this.#run?.edge();
    if (move.kind === 'jump' && edge !== undefined) this.#seek(edge - move.behind);
    if (move.kind === 'rate' && video.playbackRate !== move.rate) video.playbackRate = move.rate;
  }

  /** The publisher's clock jumped, or frames were lost: the picture stands before a hole, with media behind it. */
  #crossHole(now: number): void {
    const { buffered, currentTime, readyState, paused, seeking } = this.#video;
    const stuck = !paused && !seeking && readyState <= HTMLMediaElement.HAVE_CURRENT_DATA;
    const beyond = stuck ? rangeAfter(buffered, currentTime) : undefined;
    if (beyond === undefined) {
      this.#stuckSince = undefined;
      return;
    }
    this.#stuckSince ??= now;
    if (now - this.#stuckSince < HOLE_MS) return;
    this.#stuckSince = undefined;
    this.#seek(beyond + 0.01);
  }

  async #refreshFacts(now: number): Promise<void> {
    this.#factsAt = now;
    const answer = await askStream(this.#options.app, this.#options.stream);
    if (answer.kind !== 'ok' || this.#ends.signal.aborted) return;
    this.#facts = answer.value;
    // A track that came late, or that the engine was told to expect and is gone: only a new start can take it in.
    const tracks = tracksOf(answer.value);
    if (this.#run && tracks !== '' && tracks !== this.#startedWith) {
      this.#startedWith = tracks;
      if (isFlv(engineOf(this.#session))) this.#event({ kind: 'tracks changed' });
    }
    this.#changed();
  }

  #delay(): number | undefined {
    const edge = this.#run?.edge();
    return edge === undefined ? undefined : Math.max(0, edge - this.#video.currentTime);
  }

  #target(): number {
    return this.#keeper?.target ?? this.#run?.band.target ?? 0;
  }

  #seek(to: number): void {
    this.#jumpedAt = performance.now();
    this.#video.currentTime = Math.max(0, to);
  }

  #changed(): void {
    this.#options.onChange(this.view);
  }
}
