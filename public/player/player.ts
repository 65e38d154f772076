import { noteOf } from './fit.ts';
import { hearPage } from './page-events.ts';
import { inHand } from './pilot.ts';
import type { PastView, PlayerOptions, PlayerStats, PlayerView } from './player-view.ts';
import { Rounds, TICK_MS } from './rounds.ts';
import { behindEncoder, ServerClock } from './server-clock.ts';
import { shownState } from './session.ts';
import { Viewing } from './viewing.ts';

/** What the page shows of a viewing, and what the viewer wishes. */
export class Player {
  readonly #options: PlayerOptions;
  readonly #video: HTMLVideoElement;
  readonly #ends = new AbortController();
  readonly #clock = new ServerClock();
  readonly #viewing: Viewing;
  #stalls = 0;

  constructor(options: PlayerOptions) {
    this.#options = options;
    this.#video = options.video;
    this.#viewing = new Viewing(options, () => this.#changed());
    this.#hear();
    const rounds = new Rounds(this.#viewing, options.video, () => this.stats());
    const ticker = setInterval(() => rounds.go(performance.now()), TICK_MS);
    this.#ends.signal.addEventListener('abort', () => clearInterval(ticker));
    this.#viewing.begin();
  }

  get view(): PlayerView {
    const { session, known, room, plan, selection, hasHls, isSwitching } = this.#viewing;
    const { facts } = known;
    return {
      state: isSwitching ? 'playing' : shownState(session),
      situation: session.situation,
      engine: this.#viewing.engine,
      facts,
      held: room.pilot?.held === true,
      hadPicture: session.hadPicture,
      isSwitching,
      menu: selection.menu({ facts, plan, run: room.run, hasHls }),
      note: plan && facts ? noteOf(plan, facts) : undefined,
    };
  }

  stats(): PlayerStats {
    const { run, pilot } = this.#viewing.room;
    const quality = this.#video.getVideoPlaybackQuality();
    const byClock = behindEncoder(this.#clock.now(), run?.shownAt());
    return {
      engine: this.#viewing.engine,
      state: this.view.state,
      latencySeconds: byClock ?? pilot?.behind,
      isByClock: byClock !== undefined,
      isLowLatency: run?.isLowLatency === true,
      behindSeconds: pilot?.behind,
      bufferSeconds: inHand(this.#video),
      droppedFrames: quality.droppedVideoFrames,
      decodedFrames: quality.totalVideoFrames,
      currentTime: this.#video.currentTime,
      receivedKbps: run?.receivedKbps(),
      rate: this.#video.playbackRate,
      stalls: this.#stalls,
    };
  }

  /** Undefined: there is no past to speak of. */
  past(): PastView | undefined {
    const { pastSeconds, room, place } = this.#viewing;
    if (pastSeconds === undefined) return undefined;
    const { pilot } = room;
    const isInPast = pilot?.held === true || this.#video.paused;
    const behind = pilot ? pilot.behind : place.behind(Date.now());
    return { lengthSeconds: pastSeconds, behindSeconds: isInPast ? (behind ?? 0) : 0 };
  }

  toggle(): void {
    if (this.#video.paused) void this.play();
    else this.#video.pause();
  }

  /** Also the way back in after a refused autoplay or a long pause. */
  async play(): Promise<void> {
    this.#viewing.event({ kind: 'play' });
    if (this.#viewing.room.run) await this.#viewing.play();
  }

  /** Back by `seconds` (forward when negative), as far as there is something. */
  back(seconds: number): void {
    this.goTo((this.#viewing.room.pilot?.behind ?? 0) + seconds);
  }

  /** To so many seconds behind the edge. */
  goTo(behind: number): void {
    this.#viewing.goTo(behind);
  }

  toEdge(): void {
    this.#viewing.toEdge();
  }

  /** Of the menu; undefined: let the page choose. */
  choosePicture(place: number | undefined): void {
    const { selection, known, plan, room } = this.#viewing;
    if (selection.choosePicture(place, { facts: known.facts, plan, run: room.run })) this.#viewing.switch();
    this.#changed();
  }

  chooseSound(place: number): void {
    const { selection, room } = this.#viewing;
    if (selection.chooseSound(place, room.run)) this.#viewing.switch();
    this.#changed();
  }

  retry(): void {
    this.#viewing.event({ kind: 'retry' });
  }

  destroy(): void {
    this.#viewing.end();
    this.#ends.abort();
    this.#clock.stop();
  }

  #hear(): void {
    const isPlaying = (): boolean => this.#viewing.room.run !== undefined;
    const isSettling = (): boolean => this.#viewing.room.pilot?.isSettling(performance.now()) === true;
    hearPage(
      { video: this.#video, signal: this.#ends.signal, isPlaying, isSettling },
      {
        paused: () => this.#viewing.event({ kind: 'pause' }),
        gaveUp: () => {
          this.#viewing.room.pilot?.crossHole();
          void this.#viewing.play();
        },
        played: () => this.#viewing.event({ kind: 'play' }),
        waited: () => {
          if (this.#viewing.at === 'playing' && this.#viewing.room.pilot?.waits(performance.now()))
            this.#stalls++;
        },
        hidden: () => this.#viewing.reports.tell(),
        seenAgain: (wasPaused) => {
          if (wasPaused) void this.#viewing.play();
          this.#viewing.room.pilot?.catchUp();
        },
        online: () => this.#viewing.event({ kind: 'timer' }),
        left: () => {
          this.#viewing.reports.tell();
          this.#viewing.stopEngine();
        },
        returned: () => this.retry(),
      },
    );
  }

  #changed(): void {
    this.#options.onChange(this.view);
  }
}
