/** What a report says of how a stream was brought. */
export type Protocol = 'ws-flv' | 'http-flv' | 'hls' | 'll-hls' | 'native-hls';
export type Trouble = 'network' | 'codec' | 'no-picture' | 'stopped' | 'other';

/** What the server is told; see `POST /api/v1/playback`. */
export interface Report {
  readonly protocol: Protocol;
  readonly startSeconds?: number;
  readonly watchedSeconds: number;
  readonly stalls: number;
  readonly stalledSeconds: number;
  readonly delaySeconds?: number;
  readonly lines?: number;
  readonly troubles: readonly Trouble[];
}

/** How it stands, a few times a second. */
export interface Moment {
  /** Any steady clock, in ms. */
  readonly now: number;
  readonly protocol: Protocol;
  /** `moving`: the picture plays; `stuck`: it should, and data is wanting; `idle`: none is due, or the encoder has none. */
  readonly state: 'moving' | 'stuck' | 'idle';
  readonly delaySeconds: number | undefined;
  readonly lines: number | undefined;
}

/** Troubles of one report; more of them say nothing more. */
const MOST_TROUBLES = 16;
/** A page that was asleep wakes up to a long step that nobody watched, ms. */
const LONGEST_STEP_MS = 2000;
/** Bounds of the server's, seconds. */
const LONGEST_START = 600;
const LONGEST_DELAY = 7 * 86_400;

/** Collects what a viewing was like. Owns no clock. */
export class ViewingLog {
  #wishedAt: number | undefined;
  #startSeconds: number | undefined;
  #last: Moment | undefined;
  #watchedMs = 0;
  #stalledMs = 0;
  #stalls = 0;
  #troubles: Trouble[] = [];

  /** The viewer wants to watch a stream that is there: the wait for its picture begins. */
  wished(now: number): void {
    this.#wishedAt ??= now;
  }

  /** Nothing is waited for any more, though no picture has come: the stream is gone, or the viewer paused. */
  gaveUp(): void {
    this.#wishedAt = undefined;
  }

  /** A first picture. */
  shown(now: number): void {
    if (this.#wishedAt === undefined || this.#startSeconds !== undefined) return;
    this.#startSeconds = Math.min(LONGEST_START, (now - this.#wishedAt) / 1000);
  }

  trouble(kind: Trouble): void {
    if (this.#troubles.length < MOST_TROUBLES) this.#troubles.push(kind);
  }

  /** @returns what was collected for another protocol, which a report must not be mixed with */
  look(moment: Moment): Report | undefined {
    const last = this.#last;
    const isOther = last !== undefined && last.protocol !== moment.protocol;
    const former = isOther ? this.take() : undefined;
    this.#last = moment;
    if (!last || isOther || last.state === 'idle' || moment.state === 'idle') return former;
    const step = Math.min(LONGEST_STEP_MS, Math.max(0, moment.now - last.now));
    this.#watchedMs += step;
    if (moment.state === 'stuck') {
      this.#stalledMs += step;
      if (last.state === 'moving') this.#stalls++;
    }
    return former;
  }

  /** What was collected since the last time, which begins anew; undefined: nothing worth telling. */
  take(): Report | undefined {
    const last = this.#last;
    const isEmpty = this.#watchedMs === 0 && this.#troubles.length === 0 && this.#startSeconds === undefined;
    if (!last || isEmpty) return undefined;
    const report: Report = {
      protocol: last.protocol,
      ...(this.#startSeconds !== undefined && { startSeconds: rounded(this.#startSeconds) }),
      watchedSeconds: rounded(this.#watchedMs / 1000),
      stalls: this.#stalls,
      stalledSeconds: rounded(this.#stalledMs / 1000),
      ...(last.delaySeconds !== undefined && {
        delaySeconds: rounded(Math.min(LONGEST_DELAY, Math.max(0, last.delaySeconds))),
      }),
      ...(last.lines !== undefined && { lines: last.lines }),
      troubles: this.#troubles,
    };
    if (this.#startSeconds !== undefined) this.#wishedAt = undefined;
    this.#startSeconds = undefined;
    this.#watchedMs = 0;
    this.#stalledMs = 0;
    this.#stalls = 0;
    this.#troubles = [];
    return report;
  }
}

const rounded = (value: number): number => Math.round(value * 1000) / 1000;
