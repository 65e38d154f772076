import type { Stream } from '../api/types.ts';
import { loadEngine } from './engine-parts.ts';
import type { EngineOrder, EngineRun } from './engine.ts';
import type { Engine } from './engines.ts';
import { keepStill } from './picture.ts';
import { Pilot } from './pilot.ts';
import type { SessionEvent } from './session.ts';
import { sightOf } from './sight.ts';
import type { Trouble } from './viewing-log.ts';
import { Watchdog, type Verdict } from './watchdog.ts';

export interface EngineRoomOptions {
  readonly video: HTMLVideoElement;
  /** Where the last picture stays. */
  readonly still: HTMLCanvasElement;
  /** The engine has ended or failed. */
  readonly ended: (event: SessionEvent, trouble?: Trouble) => void;
  /** It can switch among other renditions, or shows another one. */
  readonly changed: () => void;
}

export interface Start {
  readonly engine: Engine;
  readonly facts: Stream | undefined;
  readonly order: Omit<EngineOrder, 'video' | 'ended' | 'failed' | 'changed'>;
  /** Seconds behind the edge, for a viewer who wants to begin in the past. */
  readonly beginBehind: number | undefined;
}

/** The engine at work, its pilot and its watchdog. What an engine of an earlier start says is not heard. */
export class EngineRoom {
  readonly #options: EngineRoomOptions;
  #run: EngineRun | undefined;
  #pilot: Pilot | undefined;
  #watchdog: Watchdog | undefined;
  /** Counts starts and stops. */
  #turn = 0;

  constructor(options: EngineRoomOptions) {
    this.#options = options;
  }

  get run(): EngineRun | undefined {
    return this.#run;
  }

  get pilot(): Pilot | undefined {
    return this.#pilot;
  }

  /** @returns whether nothing has been started or stopped since this call */
  mark(): () => boolean {
    const turn = this.#turn;
    return () => turn === this.#turn;
  }

  /** @returns whether the engine is at work: it may have been stopped while it was loaded */
  async start(start: Start): Promise<boolean> {
    this.stop();
    const isCurrent = this.mark();
    try {
      const begins = await loadEngine(start.engine, start.facts);
      if (!isCurrent()) return false;
      this.#begin(begins, start, isCurrent);
      return true;
    } catch {
      const trouble = 'A part of this player could not be loaded.';
      if (isCurrent()) this.#options.ended({ kind: 'failed', trouble, unsupported: false }, 'network');
      return false;
    }
  }

  #begin(begins: (order: EngineOrder) => EngineRun, start: Start, isCurrent: () => boolean): void {
    const { video, ended, changed } = this.#options;
    this.#run = begins({
      ...start.order,
      video,
      ended: () => (isCurrent() ? ended({ kind: 'ended' }) : undefined),
      failed: (sentence, trouble) =>
        isCurrent()
          ? ended({ kind: 'failed', trouble: sentence, unsupported: trouble === 'codec' }, trouble)
          : undefined,
      changed: () => (isCurrent() ? changed() : undefined),
    });
    this.#pilot = new Pilot(video, this.#run, start.beginBehind);
    this.#watchdog = new Watchdog(this.#run.patience, sightOf(video, start.facts));
  }

  stop(): void {
    this.#turn++;
    const run = this.#run;
    if (!run) return;
    keepStill(this.#options.video, this.#options.still);
    this.#run = undefined;
    this.#pilot = undefined;
    this.#watchdog = undefined;
    run.stop();
  }

  /** What the watchdog says of the picture, a few times a second. */
  watch(facts: Stream | undefined): Verdict | undefined {
    return this.#watchdog?.look(sightOf(this.#options.video, facts));
  }
}
