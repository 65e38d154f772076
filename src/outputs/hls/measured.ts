import { TICKS_PER_SECOND } from '../../media/time.ts';

/** Rates that encoders mean when what is measured, from times in whole milliseconds, comes close. */
const USUAL_FRAME_RATES = [
  24_000 / 1001,
  24,
  25,
  30_000 / 1001,
  30,
  48,
  50,
  60_000 / 1001,
  60,
  120_000 / 1001,
  120,
];
/** Half the distance between 30 and 29.97. */
const FRAME_RATE_TOLERANCE = 0.0005;

/** A segment shorter than this part of the target duration says nothing of the peak: RFC 8216 §4.1. */
const SHORTEST_FOR_PEAK = 0.5;

export interface Bandwidth {
  /** Bits a second, rounded up, at least 1: players refuse a stream that claims to need nothing. */
  readonly peak: number;
  readonly average: number;
}

/** Length in ticks, and bytes. */
interface Sized {
  readonly duration: number;
  readonly bytes: { readonly length: number };
}

/** Bit rates of segments as they are served: RFC 8216 §4.3.4.2. */
export function bandwidth(segments: readonly Sized[], targetDuration: number): Bandwidth {
  const shortest = SHORTEST_FOR_PEAK * targetDuration * TICKS_PER_SECOND;
  const average = bitRate(segments);
  const peak = segments
    .filter((segment) => segment.duration >= shortest)
    .reduce((most, segment) => Math.max(most, bitRate([segment])), average);
  return { peak, average };
}

/** Video frames a second over segments; undefined where there is none. */
export function frameRate(
  segments: readonly { readonly duration: number; readonly videoFrames: number }[],
): number | undefined {
  let frames = 0;
  let duration = 0;
  for (const segment of segments) {
    if (segment.videoFrames === 0) continue;
    frames += segment.videoFrames;
    duration += segment.duration;
  }
  if (frames === 0 || duration === 0) return undefined;
  const measured = (frames * TICKS_PER_SECOND) / duration;
  return USUAL_FRAME_RATES.find((rate) => Math.abs(measured / rate - 1) < FRAME_RATE_TOLERANCE) ?? measured;
}

function bitRate(segments: readonly Sized[]): number {
  let bytes = 0;
  let duration = 0;
  for (const segment of segments) {
    bytes += segment.bytes.length;
    duration += segment.duration;
  }
  return Math.max(1, Math.ceil((bytes * 8 * TICKS_PER_SECOND) / Math.max(1, duration)));
}
