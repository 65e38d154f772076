import { secondsFromTicks, ticks, ticksFromSeconds, type Ticks } from '../../media/time.ts';
import type { KeyPoint } from '../recorder/key-index.ts';
import type { VodIndex } from './vod-index.ts';

/** A piece of a recording that begins with a key frame. */
export interface VodSegment {
  readonly at: Ticks;
  readonly seconds: number;
  /** Bytes of the file, the last one not included. */
  readonly from: number;
  readonly to: number;
}

/** Key frames nearer to each other than this share a segment: few requests, and a player that seeks fetches little in vain. */
const SEGMENT: Ticks = ticksFromSeconds(4);
/** Key frames come a little early or late. */
const EARLY: Ticks = ticksFromSeconds(0.1);

/** Always the same ones of the same file; of one that grows, all but the last stay. */
export function vodSegments({ points, bytes, seconds }: VodIndex): VodSegment[] {
  const starts: KeyPoint[] = [];
  for (const point of points) {
    const last = starts.at(-1);
    if (!last || point.at - last.at >= SEGMENT - EARLY) starts.push(point);
  }
  const end = { at: ticksFromSeconds(seconds), position: bytes };
  return starts.map((start, index) => {
    const next = starts[index + 1] ?? end;
    const span = ticks(Math.max(0, next.at - start.at));
    return { at: start.at, seconds: secondsFromTicks(span), from: start.position, to: next.position };
  });
}

/** The last point whose value is at most `wanted`, or the first point. */
export function pointAt(
  points: readonly KeyPoint[],
  valueOf: (point: KeyPoint) => number,
  wanted: number,
): KeyPoint | undefined {
  let [low, high] = [0, points.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (valueOf(points[middle]!) <= wanted) low = middle + 1;
    else high = middle;
  }
  return points[Math.max(0, low - 1)];
}
