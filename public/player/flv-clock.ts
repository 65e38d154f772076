/** Marks that are remembered. The middle one counts: one that came while a buffer was being filled is off. */
const REMEMBERED = 5;

/**
 * When the picture shown came in at the server. FLV brings a mark with the server's time in front of each key frame
 * (`?clock=1`). mpegts.js does not tell the mark's place in the video's time: there it is the end of the buffer, since all frames
 * before it have been handed on, and the very beginning for the first one.
 */
export class FlvClock {
  #zeros: number[] = [];

  /**
   * @param wallClock ms since 1970, when the frame after the mark came in
   * @param time of the video at that frame, seconds
   */
  heard(wallClock: number, time: number): void {
    if (!Number.isFinite(wallClock) || !Number.isFinite(time)) return;
    this.#zeros = [...this.#zeros, wallClock - time * 1000].slice(-REMEMBERED);
  }

  /** ms since 1970 for a moment of the video; undefined before the first mark. */
  at(time: number): number | undefined {
    const sorted = [...this.#zeros].sort((one, other) => one - other);
    const middle = sorted[Math.floor((sorted.length - 1) / 2)];
    return middle === undefined ? undefined : middle + time * 1000;
  }
}

/** `onClock { wallClock }` out of what mpegts.js hands over of a script tag. */
export function wallClockOf(scriptData: unknown): number | undefined {
  const { onClock } = Object(scriptData) as { onClock?: unknown };
  const { wallClock } = Object(onClock) as { wallClock?: unknown };
  return typeof wallClock === 'number' && wallClock > 0 ? wallClock : undefined;
}
