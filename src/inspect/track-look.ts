import { TICKS_PER_SECOND } from '../media/time.ts';
import { MAX_LISTED_JUMPS } from './limits.ts';
import { bitsPerSecond, rounded, seconds } from './numbers.ts';
import type { Jump, TrackReport } from './report-media.ts';

/** One frame as it stood in its container. Times in 90 kHz ticks, unwrapped. */
export interface FrameSeen {
  readonly dts: number;
  readonly pts: number;
  /** With its share of the container. */
  readonly bytes: number;
  readonly keyFrame: boolean;
}

/** What a codec configuration says. */
export type TrackFacts = Partial<
  Pick<TrackReport, 'codec' | 'codecString' | 'width' | 'height' | 'color' | 'sampleRate' | 'channels'>
>;

/** A hole is at least this long … */
const MIN_GAP_TICKS = TICKS_PER_SECOND / 10;
/** … and this many frames. */
const GAP_FRAMES = 3;
/** A step this far, or a step back this far, is another clock and no time that passed. */
const NEW_CLOCK_TICKS = 10 * TICKS_PER_SECOND;
const NEW_CLOCK_BACK_TICKS = TICKS_PER_SECOND;
/** Different steps that are counted: jitter in milliseconds makes dozens, only rubbish makes thousands. */
const MAX_STEPS = 4096;

/** Watches one track go by. Keeps sums, not frames. */
export class TrackLook {
  readonly id: string;
  readonly kind: 'video' | 'audio';
  #facts: TrackFacts = {};
  #configured = false;
  #configChanges = 0;
  #frames = 0;
  #bytes = 0;
  #first: FrameSeen | undefined;
  /** What the next frame is compared with: nothing after a break of the clock. */
  #last: FrameSeen | undefined;
  #lastDts = 0;
  /** First frame since the last break of the clock. */
  #stretchStart: number | undefined;
  #closedSpan = 0;
  #minPts = Infinity;
  #maxPts = -Infinity;
  /** Added to a DTS gives media time that passed since the source's first frame, over all breaks. */
  #shift = 0;
  readonly #steps = new Map<number, number>();
  #commonStep: number | undefined;
  readonly #jumpsBack: Jump[] = [];
  readonly #wideSteps: { readonly at: number; readonly step: number }[] = [];
  #repeatedDts = 0;
  #ptsBeforeDts = 0;

  constructor(id: string, kind: 'video' | 'audio') {
    this.id = id;
    this.kind = kind;
  }

  /** The DTS of the source's first frame, whichever track's it was. Called once, before the first frame. */
  setOrigin(dts: number): void {
    this.#shift = -dts;
  }

  get frames(): number {
    return this.#frames;
  }

  get firstPts(): number | undefined {
    return this.#first?.pts;
  }

  /** The container says that there is such a track. */
  announce(codec: string): void {
    if (!this.#configured) this.#facts = { codec };
  }

  /** Called for every configuration; only one that says something else is a change. */
  describe(facts: TrackFacts): void {
    if (this.#configured && JSON.stringify(facts) !== JSON.stringify(this.#facts)) this.#configChanges++;
    this.#configured = true;
    this.#facts = facts;
  }

  /** Returns where the frame lies in media time that passed, in ticks since the source's first frame. */
  add(frame: FrameSeen): number {
    if (this.#last) this.#step(this.#last, frame);
    else this.#startStretch(frame.dts);
    this.#first ??= frame;
    this.#last = frame;
    this.#lastDts = frame.dts;
    this.#frames++;
    this.#bytes += frame.bytes;
    this.#minPts = Math.min(this.#minPts, frame.pts);
    this.#maxPts = Math.max(this.#maxPts, frame.pts);
    if (frame.pts < frame.dts) this.#ptsBeforeDts++;
    return frame.dts + this.#shift;
  }

  /** An announced discontinuity: the next frame's time has nothing to do with the last one's. */
  breakClock(): void {
    if (!this.#last || this.#stretchStart === undefined) return;
    const end = this.#last.dts + (this.#commonStep ?? 0);
    this.#closedSpan += end - this.#stretchStart;
    this.#stretchStart = undefined;
    this.#shift += end; // completed by the next stretch's start
    this.#last = undefined;
  }

  #startStretch(dts: number): void {
    if (this.#first) this.#shift -= dts;
    this.#stretchStart = dts;
  }

  #step(last: FrameSeen, frame: FrameSeen): void {
    const step = frame.dts - last.dts;
    if (step < 0) {
      if (this.#jumpsBack.length < MAX_LISTED_JUMPS) {
        this.#jumpsBack.push({ atSeconds: seconds(last.dts), seconds: seconds(step) });
      }
    } else {
      const wide = step > MIN_GAP_TICKS && step > GAP_FRAMES * (this.#commonStep ?? 0);
      if (wide && this.#wideSteps.length < MAX_LISTED_JUMPS) this.#wideSteps.push({ at: last.dts, step });
      this.#count(step);
    }
    if (step > NEW_CLOCK_TICKS || step < -NEW_CLOCK_BACK_TICKS) {
      this.breakClock();
      this.#startStretch(frame.dts);
    }
  }

  #count(step: number): void {
    if (step === 0) this.#repeatedDts++;
    const count = (this.#steps.get(step) ?? 0) + 1;
    if (count === 1 && this.#steps.size >= MAX_STEPS) return;
    this.#steps.set(step, count);
    if (step === 0) return;
    if (this.#commonStep === undefined || count >= (this.#steps.get(this.#commonStep) ?? 0))
      this.#commonStep = step;
  }

  /** Ticks from one frame to the next, holes left aside: a mean, because milliseconds make 33, 33, 34. */
  #meanStep(): number | undefined {
    const common = this.#commonStep;
    if (common === undefined) return undefined;
    let sum = 0;
    let count = 0;
    for (const [step, times] of this.#steps) {
      if (step > MIN_GAP_TICKS && step > GAP_FRAMES * common) continue;
      sum += step * times;
      count += times;
    }
    return sum / count;
  }

  get spanTicks(): number {
    if (!this.#last || this.#stretchStart === undefined) return this.#closedSpan;
    return this.#closedSpan + this.#last.dts - this.#stretchStart + (this.#meanStep() ?? 0);
  }

  /** How long the last frame lasts, going by those before it. */
  get stepTicks(): number {
    return this.#meanStep() ?? 0;
  }

  report(): TrackReport {
    const span = seconds(this.spanTicks);
    const mean = this.#meanStep();
    const common = this.#commonStep ?? 0;
    const gaps = this.#wideSteps
      .filter(({ step }) => step > GAP_FRAMES * common)
      .map(({ at, step }) => ({ atSeconds: seconds(at), seconds: seconds(step - common) }));
    return {
      id: this.id,
      kind: this.kind,
      codec: this.#facts.codec ?? 'unknown',
      codecString: this.#facts.codecString,
      width: this.#facts.width,
      height: this.#facts.height,
      fps: this.kind === 'video' && mean ? rounded(TICKS_PER_SECOND / mean, 3) : undefined,
      color: this.#facts.color,
      sampleRate: this.#facts.sampleRate,
      channels: this.#facts.channels,
      configChanges: this.#configChanges,
      frames: this.#frames,
      bytes: this.#bytes,
      bitsPerSecond: bitsPerSecond(this.#bytes, span),
      ...this.#times(),
      spanSeconds: span,
      monotonic: this.#jumpsBack.length === 0,
      jumpsBack: this.#jumpsBack,
      gaps,
      repeatedDts: this.#repeatedDts,
      ptsBeforeDts: this.#ptsBeforeDts,
    };
  }

  #times(): Partial<TrackReport> {
    if (!this.#first) return {};
    return {
      firstDtsSeconds: seconds(this.#first.dts),
      lastDtsSeconds: seconds(this.#lastDts),
      firstPtsSeconds: seconds(this.#minPts),
      lastPtsSeconds: seconds(this.#maxPts),
    };
  }
}
