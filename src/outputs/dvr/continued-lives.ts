import type { IndexedSegment } from './dvr-index.ts';
import type { FormerLife } from './former-lives.ts';

/** Renditions that lack no more segments than so at their end were cut off with the main one: the disk took its own first. */
const MAX_BEHIND = 2;
/** Ms: segments of the same number that begin this near are of the same place, though rounded. */
const SAME_PLACE = 100;

export interface ContinuedLives {
  /** The number that the stream's next life begins with, in all its renditions. */
  readonly sequence: number;
  /** By rendition, numbers that end just before it. */
  readonly pasts: ReadonlyMap<string, readonly IndexedSegment[]>;
}

/**
 * What a stream's renditions had, by numbers that none of them has had before. All of them end at the same moment, since the next
 * life begins in all of them with the same number, and players change from one to another by numbers and dates. A rendition that
 * had come to its end before, or that was cut elsewhere than the main one, is left out.
 *
 * @param main the main rendition's name @param first the lowest number that the next life may begin with
 */
export function continuedLives(
  lives: ReadonlyMap<string, FormerLife>,
  main: string,
  first: number,
): ContinuedLives {
  const led = lives.get(main)?.segments ?? [];
  const last = led.at(-1);
  if (!last) return { sequence: first, pasts: new Map() };
  const places = new Map(led.map(({ sequence, programDateTime }) => [sequence, programDateTime]));
  const together = [...lives].filter(([, { segments }]) => {
    const end = segments.at(-1)!.sequence;
    return end >= last.sequence - MAX_BEHIND && meets(segments, places);
  });
  const seam = Math.min(...together.map(([, { segments }]) => segments.at(-1)!.sequence));
  const newest = Math.max(...[...lives.values()].map(({ segments }) => segments.at(-1)!.sequence));
  const longest = Math.max(...together.map(([, { segments }]) => segments.length));
  const sequence = Math.max(first, newest + 1 + longest);
  const by = sequence - 1 - seam;
  const pasts = together.map(
    ([rendition, { segments }]) =>
      [
        rendition,
        segments
          .filter((segment) => segment.sequence <= seam)
          .map((segment) => ({ ...segment, sequence: segment.sequence + by })),
      ] as const,
  );
  return { sequence, pasts: new Map(pasts.filter(([, segments]) => segments.length > 0)) };
}

/** The newest number that both have stands for the same moment. */
function meets(segments: readonly IndexedSegment[], places: ReadonlyMap<number, number>): boolean {
  const common = segments.findLast(({ sequence }) => places.has(sequence));
  if (!common) return false;
  return Math.abs(common.programDateTime - places.get(common.sequence)!) <= SAME_PLACE;
}
