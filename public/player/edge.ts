/** How near to the newest picture an engine may stay. Everything in seconds behind the edge. */
export interface EdgeBand {
  /** Where to come back to. */
  readonly target: number;
  /** When the first picture shows, jump already from here on: the whole GOP cache may lie ahead of it. */
  readonly startFrom: number;
  /** From here on, play a little faster. */
  readonly hurryFrom: number;
  /** From here on, play at the fastest rate that still sounds right. */
  readonly hurryMoreFrom: number;
  /** From here on, hurrying would take too long: jump. */
  readonly jumpFrom: number;
}

export const FLV_BAND: EdgeBand = {
  target: 0.7,
  startFrom: 1.2,
  hurryFrom: 1.2,
  hurryMoreFrom: 2,
  jumpFrom: 4,
};

/** Where a browser that plays HLS itself is brought back to while its own distance is not known, seconds. */
const NATIVE_TARGET_SECONDS = 6;
/** Nearer than this, in seconds, no player of HLS is safe. */
const NATIVE_LEAST_SECONDS = 1;
/** What a stop or a background tab leaves behind is caught up from here on, beyond the browser's own distance, seconds. */
const NATIVE_LEFT_BEHIND_SECONDS = 14;

/**
 * A browser that plays HLS itself keeps its own distance: near the edge where it takes parts, three segments of whatever length
 * where it does not. It is left alone there, and that is where “Go live” leads.
 *
 * @param ownDistance seconds behind the edge at which it began
 */
export function nativeBand(ownDistance = NATIVE_TARGET_SECONDS): EdgeBand {
  const target = Math.max(NATIVE_LEAST_SECONDS, ownDistance);
  return {
    target,
    startFrom: Infinity,
    hurryFrom: Infinity,
    hurryMoreFrom: Infinity,
    jumpFrom: target + NATIVE_LEFT_BEHIND_SECONDS,
  };
}

/**
 * HLS in parts: the server says how far from the edge a player is safe (PART-HOLD-BACK, RFC 8216bis §4.4.3.8). Nearer than that
 * it would ask for what is not there yet.
 */
export function partsBand(holdBack: number): EdgeBand {
  return {
    target: holdBack,
    startFrom: holdBack + 0.8,
    hurryFrom: holdBack + 0.35,
    hurryMoreFrom: holdBack + 0.8,
    jumpFrom: holdBack + 4,
  };
}

/**
 * HLS hands over whole segments: less than two of them in hand means to stop at each one.
 *
 * @param holdBack how far from the edge the server wants players to be (HOLD-BACK), seconds; 0: it does not say
 */
export function hlsBand(segmentSeconds: number, holdBack = 0): EdgeBand {
  const target = holdBack > 0 ? holdBack : 2 * segmentSeconds;
  const over = (segments: number): number => target + segments * segmentSeconds;
  return { target, startFrom: over(2), hurryFrom: over(1), hurryMoreFrom: over(2), jumpFrom: over(4) };
}

const HURRY = 1.05;
const HURRY_MORE = 1.1;
/** Each stop for want of data moves the target back by this, in seconds … */
const CAUTION_STEP = 0.25;
/** … up to this … */
const CAUTION_MOST = 1.5;
/** … and this much calm, in seconds, takes one step back. */
const CALM_SECONDS = 20;

export interface EdgeView {
  /** Any steady clock, in seconds. */
  readonly now: number;
  /** Newest media there is minus the picture shown, in seconds. */
  readonly delay: number;
  /** A first picture has been shown: before it, a seek only prolongs the dark. */
  readonly shown: boolean;
  readonly paused: boolean;
  /** The viewer went back on purpose. */
  readonly held: boolean;
  readonly rate: number;
}

export type EdgeMove = { kind: 'rate'; rate: number } | { kind: 'jump'; behind: number };

/** Keeps the picture near the edge: a gentle rate inside a band, a jump beyond it. Owns no clock and no video. */
export class EdgeKeeper {
  readonly #source: { readonly band: EdgeBand };
  #caution = 0;
  #calmSince: number | undefined;
  #started = false;

  /** The band is read each time: HLS learns the length of its segments on the way. */
  constructor(source: { readonly band: EdgeBand }) {
    this.#source = source;
  }

  get target(): number {
    return this.#source.band.target + this.#caution;
  }

  /** The picture stopped for want of data: the network is not as even as the target supposes. */
  rebuffered(now: number): void {
    this.#caution = Math.min(this.#caution + CAUTION_STEP, CAUTION_MOST);
    this.#calmSince = now;
  }

  decide(view: EdgeView): EdgeMove {
    this.#calmDown(view.now);
    if (!view.shown || view.paused || view.held) return { kind: 'rate', rate: 1 };
    const { band } = this.#source;
    const over = view.delay - this.#caution;
    const first = !this.#started;
    this.#started = true;
    if (over > (first ? band.startFrom : band.jumpFrom)) return { kind: 'jump', behind: this.target };
    if (over > band.hurryMoreFrom) return { kind: 'rate', rate: HURRY_MORE };
    // Once hurrying, go on until the target is reached: a rate that flickers around a threshold can be heard.
    if (over > band.hurryFrom || (view.rate > 1 && over > band.target)) return { kind: 'rate', rate: HURRY };
    return { kind: 'rate', rate: 1 };
  }

  #calmDown(now: number): void {
    this.#calmSince ??= now;
    if (now - this.#calmSince < CALM_SECONDS) return;
    this.#calmSince = now;
    this.#caution = Math.max(0, this.#caution - CAUTION_STEP);
  }
}
