/** Above this share of busy time the loop is about to fall behind: writes must become fewer. */
const BUSY = 0.85;
/** Below this there is room for more writes again; the distance to {@link BUSY} keeps the batch from swinging. */
const CALM = 0.6;
/** First step: two frames at 30 or 60 fps instead of one. */
const FIRST_MS = 40;
const GROWTH = 1.5;
/** Slower than the growth: what made the loop busy is mostly still there. */
const DECAY = 0.9;
/** Nobody is made to wait longer than this; SRS merges writes up to the same length by default. */
const LONGEST_MS = 350;

/**
 * How long frames are collected before they are written to viewers. As long as the event loop keeps up that is what the settings
 * say; when it nears its limit the batch grows, since the number of writes and not of bytes is what costs, so that viewers
 * get their frames a little later instead of not at all.
 */
export class Pacing {
  readonly #configuredMs: number;
  #batchMs: number;

  /** `configuredMs`: `delivery.batchMs`; 0 writes with each video frame. */
  constructor(configuredMs: number) {
    this.#configuredMs = configuredMs;
    this.#batchMs = configuredMs;
  }

  /** In force now, in ms. */
  get batchMs(): number {
    return this.#batchMs;
  }

  /** True while the batch is longer than the settings say. */
  get isStretched(): boolean {
    return this.#batchMs > this.#configuredMs;
  }

  /** Takes how busy the event loop has been since the last call, 0 (idle) to 1; to be called a few times a second. */
  note(utilization: number): void {
    if (utilization > BUSY) {
      const longest = Math.max(LONGEST_MS, this.#configuredMs);
      this.#batchMs = Math.min(longest, Math.max(FIRST_MS, this.#batchMs * GROWTH));
    } else if (utilization < CALM && this.isStretched) {
      const shorter = this.#batchMs * DECAY;
      // Less than the first step is no batch at all.
      this.#batchMs = Math.max(this.#configuredMs, shorter < FIRST_MS ? 0 : shorter);
    }
  }
}
