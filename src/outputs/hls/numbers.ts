/** The numbers that a playlist's first segment has: EXT-X-MEDIA-SEQUENCE and EXT-X-DISCONTINUITY-SEQUENCE. */
export interface PlaylistNumbers {
  readonly sequence: number;
  readonly discontinuity: number;
}

const SECOND_MS = 1_000;
const HOUR_MS = 3_600_000;
/** Seconds are counted from then: the numbers stay small enough for every player's integers. */
const SEQUENCE_EPOCH_MS = Date.UTC(2020, 0, 1);
/** Hours from then: hls.js keeps an array as long as EXT-X-DISCONTINUITY-SEQUENCE and walks all of it. */
const DISCONTINUITY_EPOCH_MS = Date.UTC(2026, 0, 1);
/** A clock that is later is wrong, and its seconds would soon not fit into 31 bits. */
const LAST_PLAUSIBLE_MS = Date.UTC(2080, 0, 1);

/**
 * Where a stream's numbers start if nothing is known of earlier ones: past those of most earlier lives. Segments go by
 * seconds, as no stream makes more than one a second for long; discontinuities by hours, as they must stay few.
 *
 * @param nowMs wall clock, ms since 1970
 */
export function numbersByClock(nowMs: number): PlaylistNumbers {
  const now = nowMs < LAST_PLAUSIBLE_MS ? nowMs : 0;
  return {
    sequence: Math.max(0, Math.floor((now - SEQUENCE_EPOCH_MS) / SECOND_MS)),
    discontinuity: Math.max(0, Math.floor((now - DISCONTINUITY_EPOCH_MS) / HOUR_MS)),
  };
}

/** The larger of each. */
export function laterNumbers(a: PlaylistNumbers, b: PlaylistNumbers): PlaylistNumbers {
  return {
    sequence: Math.max(a.sequence, b.sequence),
    discontinuity: Math.max(a.discontinuity, b.discontinuity),
  };
}
