import { EdgeKeeper } from './edge.ts';
import type { EngineRun, Span } from './engine.ts';
import { bufferEnd, rangeAfter } from './picture.ts';

/** Stuck this long before a hole in the buffer, in ms, the picture is taken across. */
const HOLE_MS = 500;
/** A wait right after a seek, in ms, is the seek's. */
const SEEK_SETTLES_MS = 1500;
/** Nearer than this to the oldest media, in seconds, it is gone before it can be loaded. */
const OLDEST_MARGIN_SECONDS = 3;

/** Where in the stream the picture is, and where it should be: the only part that seeks and changes the speed. */
export class Pilot {
  readonly #video: HTMLVideoElement;
  readonly #run: EngineRun;
  readonly #keeper: EdgeKeeper;
  #held = false;
  #jumpedAt = -Infinity;
  #stuckSince: number | undefined;
  /** Seconds behind the edge to begin at, until that is possible. */
  #beginBehind: number | undefined;

  /** @param beginBehind seconds behind the edge, for a viewer who wants to begin in the past */
  constructor(video: HTMLVideoElement, run: EngineRun, beginBehind?: number) {
    this.#video = video;
    this.#run = run;
    this.#keeper = new EdgeKeeper(run);
    this.#beginBehind = beginBehind;
    this.#held = beginBehind !== undefined;
  }

  /** The viewer went back and watches the past. */
  get held(): boolean {
    return this.#held;
  }

  /** Seconds behind the newest media there is. */
  get behind(): number | undefined {
    if (this.#beginBehind !== undefined) return this.#beginBehind;
    const edge = this.#run.edge();
    return edge === undefined ? undefined : Math.max(0, edge - this.#video.currentTime);
  }

  get target(): number {
    return this.#keeper.target;
  }

  /** What can be gone back to: what the server has, or what the browser has kept. */
  get past(): Span | undefined {
    const { buffered } = this.#video;
    const last = buffered.length - 1;
    return (
      this.#run.past() ?? (last < 0 ? undefined : { start: buffered.start(last), end: buffered.end(last) })
    );
  }

  /** To so many seconds behind the edge. False: there is nothing so old here, and nothing was done. */
  goTo(behind: number): boolean {
    if (this.#beginBehind !== undefined && behind > this.target + 0.5) {
      this.#beginBehind = behind;
      return true;
    }
    const past = this.past;
    if (!past) return false;
    if (behind <= this.target + 0.5) {
      this.toEdge();
      return true;
    }
    const to = (this.#run.edge() ?? past.end) - behind;
    const oldest = past.start + (this.#run.past() ? OLDEST_MARGIN_SECONDS : 0.1);
    const isHere = to >= oldest;
    if (!isHere && !this.#run.past()) return false;
    this.#held = true;
    this.#seek(Math.max(oldest, to));
    return true;
  }

  /** As far back as there is something. */
  toOldest(): void {
    const past = this.past;
    if (past) this.goTo((this.#run.edge() ?? past.end) - past.start - OLDEST_MARGIN_SECONDS);
  }

  toEdge(): void {
    this.release();
    const edge = this.#run.edge();
    if (edge !== undefined) this.#seek(edge - this.target);
  }

  /** The viewer does not watch the past any more; it is taken to the edge by other means. */
  release(): void {
    this.#held = false;
    this.#beginBehind = undefined;
  }

  /** Stays where it is. */
  hold(): void {
    this.#held = true;
  }

  /** A tab was looked at again: what it missed is skipped, but nobody is moved who is where the engine wants to be. */
  catchUp(): void {
    const { band } = this.#run;
    const far = Math.max(this.target + 0.5, Math.min(band.startFrom, band.jumpFrom));
    if (!this.#held && !this.#video.paused && (this.behind ?? 0) > far) this.toEdge();
  }

  /** The picture stopped for want of data. False: that was a seek's doing. */
  waits(now: number): boolean {
    if (this.isSettling(now) || this.#held) return false;
    this.#keeper.rebuffered(now / 1000);
    return true;
  }

  /** Takes the picture across the hole that it stands at. */
  crossHole(): void {
    const beyond = this.#beyondHole;
    this.#stuckSince = undefined;
    if (beyond !== undefined) this.#seek(beyond + 0.01);
  }

  isSettling(now: number): boolean {
    return this.#video.seeking || now - this.#jumpedAt < SEEK_SETTLES_MS;
  }

  /** A few times a second. @param isShown a first picture has been shown */
  tick(now: number, isShown: boolean): void {
    this.#begin();
    this.#keepEdge(now, isShown);
    this.#waitAtHole(now);
  }

  #begin(): void {
    const behind = this.#beginBehind;
    if (behind === undefined || this.#video.readyState === 0 || !this.#run.past()) return;
    this.#beginBehind = undefined;
    this.goTo(behind);
  }

  #keepEdge(now: number, isShown: boolean): void {
    const video = this.#video;
    const { behind } = this;
    if (behind === undefined || video.seeking || this.#beginBehind !== undefined) return;
    if (this.#held && behind <= this.target + 0.3) this.#held = false;
    const move = this.#keeper.decide({
      now: now / 1000,
      delay: behind,
      shown: isShown,
      paused: video.paused,
      held: this.#held,
      rate: video.playbackRate,
    });
    const edge = this.#run.edge();
    if (move.kind === 'jump' && edge !== undefined) this.#seek(edge - move.behind);
    // Standing still there is nothing to hurry, and WebKitGTK keeps such a rate behind the next seek, whatever it is set to then.
    if (move.kind === 'rate' && video.playbackRate !== move.rate && !this.#isStarved)
      video.playbackRate = move.rate;
  }

  /** The publisher's clock jumped, or frames were lost: the picture stands before a hole, with media behind it. */
  #waitAtHole(now: number): void {
    const isStuck = !this.#video.paused && !this.#video.seeking && this.#isStarved;
    if (!isStuck || this.#beyondHole === undefined) {
      this.#stuckSince = undefined;
      return;
    }
    this.#stuckSince ??= now;
    if (now - this.#stuckSince >= HOLE_MS) this.crossHole();
  }

  get #isStarved(): boolean {
    return this.#video.readyState <= HTMLMediaElement.HAVE_CURRENT_DATA;
  }

  /** Where media goes on behind the hole that the picture stands at, or is about to. */
  get #beyondHole(): number | undefined {
    return rangeAfter(this.#video.buffered, this.#video.currentTime);
  }

  #seek(to: number): void {
    this.#jumpedAt = performance.now();
    this.#video.currentTime = Math.max(0, to);
  }
}

/** Seconds in hand. */
export function inHand(video: HTMLVideoElement): number | undefined {
  const end = bufferEnd(video);
  return end === undefined ? undefined : Math.max(0, end - video.currentTime);
}
