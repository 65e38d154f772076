import type { PlayerStats } from './player-view.ts';
import { protocolOf, stateForLog } from './report-words.ts';
import { linesOf } from './renditions.ts';
import type { Viewing } from './viewing.ts';

/** How often pictures are counted and the edge is measured, in ms. */
export const TICK_MS = 250;
/** Playing this long, in ms, forgives earlier failures. */
const STEADY_MS = 10_000;
/** After this long a pause, in ms, the connection is given up: what it buffers is of no use at the edge. */
const IDLE_MS = 60_000;
/** How often the facts of a stream that plays, or should by now, are asked for, in ms. */
const FACTS_MS = 3000;

/** What is looked at a few times a second. */
export class Rounds {
  readonly #viewing: Viewing;
  readonly #video: HTMLVideoElement;
  readonly #stats: () => PlayerStats;
  #factsAt = 0;

  constructor(viewing: Viewing, video: HTMLVideoElement, stats: () => PlayerStats) {
    this.#viewing = viewing;
    this.#video = video;
    this.#stats = stats;
  }

  /** @param now ms, by the page's steady clock */
  go(now: number): void {
    const viewing = this.#viewing;
    const since = now - viewing.situationSince;
    if (viewing.at === 'paused' && since > IDLE_MS) viewing.event({ kind: 'idle' });
    if (viewing.at === 'playing' && since > STEADY_MS && viewing.session.attempt > 0)
      viewing.event({ kind: 'steady' });
    // A start that takes long may be waiting for a track that has gone.
    const isLong = viewing.at === 'starting' && since > FACTS_MS;
    if ((viewing.at === 'playing' || isLong) && now - this.#factsAt > FACTS_MS && !document.hidden) {
      this.#factsAt = now;
      void viewing.refresh();
    }
    this.#log(now);
    if (!viewing.room.run) return;
    this.#watch();
    viewing.room.pilot?.tick(now, viewing.at === 'playing');
  }

  #log(now: number): void {
    const { session, at, engine, known, room, reports } = this.#viewing;
    const video = this.#video;
    reports.look({
      protocol: protocolOf(engine, room.run?.isLowLatency === true),
      state: stateForLog({
        session,
        isPaused: video.paused,
        isStarved:
          video.readyState <= HTMLMediaElement.HAVE_CURRENT_DATA && room.pilot?.isSettling(now) !== true,
        isOnAir: known.facts?.state === 'live',
      }),
      delaySeconds: at === 'playing' ? this.#stats().latencySeconds : undefined,
      lines: linesOf({ width: video.videoWidth, height: video.videoHeight }) || undefined,
    });
  }

  #watch(): void {
    const viewing = this.#viewing;
    const { facts } = viewing.known;
    switch (viewing.room.watch(facts)) {
      case 'picture':
        if (!this.#video.paused) viewing.event({ kind: 'picture' });
        return;
      case 'stalled':
        viewing.reports.trouble(viewing.at === 'playing' ? 'stopped' : 'no-picture');
        if (viewing.goHome()) return;
        // Sound that was promised and never comes holds up the pictures: MSE plays where both are buffered.
        viewing.event({
          kind: 'stalled',
          soundMayBeMissing: viewing.room.run?.receiving() === true && facts?.audio !== null,
        });
        return;
      case 'waiting':
      case undefined:
    }
  }
}
