import type { MediaFrame } from '../../media/frame.ts';
import { TICKS_PER_MS } from '../../media/time.ts';

/** Each part but a segment's last must have this share of PART-TARGET: RFC 8216bis §4.4.4.9. */
const SHORTEST_SHARE = 0.85;
/** What parts should have of it: as far from too short as from too long, since no publisher's clock is even. */
const USUAL_SHARE = (1 + SHORTEST_SHARE) / 2;
/** How far frames may be from where they should be, of a part's usual length. */
const PLAY = (1 - SHORTEST_SHARE) / 2 / USUAL_SHARE;
/** A publisher so uneven that the configured length would break the rule gets parts of at most so many times that length. */
const MAX_STRETCH = 2;

/** How parts are made; the same for the life of a playlist. */
export interface PartTarget {
  /** Ticks, whole milliseconds: the longest a part may be, and the shortest but for a segment's last. */
  readonly longest: number;
  readonly shortest: number;
  /** Ticks between the frames that parts are cut at. */
  readonly interval: number;
  /** Ticks by which one track comes behind the other. */
  readonly lag: number;
}

/**
 * The part target for a stream that began like this: so many whole frames as fit into `longest`, in the middle of what the
 * rules allow. Slow pictures with sound are cut by the sound.
 *
 * @param frames a segment's, as they came
 * @param duration of the segment, in ticks
 * @param longest wanted, in ticks
 */
export function choosePartTarget(
  frames: readonly MediaFrame[],
  duration: number,
  longest: number,
): PartTarget {
  const video = pulseOf(
    frames.filter(({ kind }) => kind === 'video'),
    duration,
  );
  const audio = pulseOf(
    frames.filter(({ kind }) => kind === 'audio'),
    duration,
  );
  const usual = longest * USUAL_SHARE;
  const isByVideo = video !== undefined && (audio === undefined || video.interval <= usual);
  const pulse = isByVideo ? video : audio;
  const lag = lagOf(frames);
  if (!pulse) return targetOf(longest, 0, lag);
  const { interval, jitter } = pulse;
  const fitting = Math.max(1, Math.floor(usual / interval));
  // Sound offers other places to cut at; without it, longer parts make little of the same unevenness.
  const steady = isByVideo && audio ? 1 : Math.ceil(jitter / (PLAY * interval));
  const most = Math.max(fitting, Math.floor((MAX_STRETCH * usual) / interval));
  const count = Math.min(most, Math.max(fitting, steady));
  return targetOf((count * interval) / USUAL_SHARE, interval, lag);
}

/** Parts of this length, whatever the frames are. */
export function targetOf(ticks: number, interval: number, lag: number): PartTarget {
  const longest = Math.max(1, Math.ceil(ticks / TICKS_PER_MS)) * TICKS_PER_MS;
  return { longest, shortest: longest * SHORTEST_SHARE, interval, lag };
}

interface Pulse {
  /** Ticks between two frames, on average. */
  readonly interval: number;
  /** How far a frame is from where an even clock has it, in ticks. */
  readonly jitter: number;
}

/** One frame alone lasts as long as the segment. */
function pulseOf(frames: readonly MediaFrame[], duration: number): Pulse | undefined {
  const [first, last] = [frames[0], frames.at(-1)];
  if (!first || !last) return undefined;
  if (frames.length === 1) return { interval: duration, jitter: 0 };
  if (last.dts <= first.dts) return undefined;
  const interval = (last.dts - first.dts) / (frames.length - 1);
  let [early, late] = [0, 0];
  for (let index = 1; index < frames.length; index++) {
    const off = frames[index]!.dts - first.dts - index * interval;
    early = Math.min(early, off);
    late = Math.max(late, off);
  }
  return { interval, jitter: late - early };
}

function lagOf(frames: readonly MediaFrame[]): number {
  const newest = { video: -Infinity, audio: -Infinity };
  let lag = 0;
  for (const { kind, dts } of frames) {
    newest[kind] = dts;
    const apart = Math.abs(newest.video - newest.audio);
    if (Number.isFinite(apart)) lag = Math.max(lag, apart);
  }
  return lag;
}
