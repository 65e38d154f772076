import type { InspectError } from '../errors.ts';
import { ask, type Fetched } from './asking.ts';
import type { CheckedMedia } from './checked-playlist.ts';
import type { Breach } from './rules.ts';

/** A place in a playlist: a segment, or one of its parts; from 0. */
export interface Place {
  readonly msn: number;
  readonly part: number | undefined;
}

/** One load of a playlist that can be waited for. */
export interface Reload {
  readonly url: URL;
  /** What must be in the answer; undefined: whatever there is. */
  readonly place: Place | undefined;
  /** A delta update will do. */
  readonly skips: boolean;
  /** Whole and at once, to be compared with what delta updates have made. */
  readonly compares: boolean;
}

/** Every so many loads one is a plain one, as of a player that has just come. */
const PLAIN_EVERY = 7;
/** Every so many loads one asks for a delta update. */
const SKIP_EVERY = 2;
/** Which load asks for a whole segment, without a part. */
const SEGMENT_ALONE = 5;
/** After which load it is asked for what is far in the future, and how far. */
const FAR_AFTER = 3;
const FAR_AHEAD = 50;
/** An answer to that which takes longer than this was held, s. */
const AT_ONCE_SECONDS = 1;
/** The longest that a server should hold a request, in target durations: RFC 8216bis §6.2.5.2. */
const LONGEST_HOLD_TARGETS = 3;
/** What the network may add, s. */
const NETWORK_SECONDS = 0.5;

/** Follows a playlist as a player of Low-Latency HLS does, and judges how its server answers: RFC 8216bis §6.2.5. */
export class BlockingReload {
  readonly #url: URL;
  #count = 0;
  #hasAskedFar = false;
  /** The last answer was not what was asked for: it is no use to go on at that pace. */
  #disappointed = false;
  #hasty = true;

  constructor(url: URL) {
    this.#url = url;
  }

  /** The next load, behind `last`. */
  next(last: CheckedMedia): Reload {
    const count = this.#count++;
    const disappointed = this.#disappointed;
    this.#disappointed = false;
    this.#hasty = !disappointed;
    if (disappointed || count % PLAIN_EVERY === PLAIN_EVERY - 1)
      return { url: this.#url, place: undefined, skips: false, compares: true };
    const place = nextPlace(last, count === SEGMENT_ALONE);
    const skips = count % SKIP_EVERY === 1 && last.lowLatency?.canSkipUntil !== undefined;
    return { url: withDirectives(this.#url, place, skips), place, skips, compares: false };
  }

  /** The next load needs no pause: it waits at the server. */
  get isHasty(): boolean {
    return this.#hasty;
  }

  /** The answer was of no use: the next load is a plain one. */
  disappoint(): void {
    this.#disappointed = true;
  }

  /** `media`: what the answer has made of the playlist. `last`: what was there before. */
  judge(
    reload: Reload,
    fetched: Fetched,
    { media, last }: { media: CheckedMedia; last: CheckedMedia },
  ): Breach[] {
    const { place } = reload;
    if (!place || media.endList) return [];
    const held = (fetched.arrivedAt - fetched.requestedAt) / 1000;
    const breaches = this.#holdBreaches(held, media.targetDuration, place);
    if (hasPlace(media, place)) return breaches;
    this.#disappointed = true;
    const what = isUnchanged(last, media)
      ? 'the answer was the playlist as it was before'
      : `it went to ${edgeText(media)}`;
    const message = `asked for ${placeText(place)}, ${what}, after ${held.toFixed(2)} s`;
    return [...breaches, { code: 'blocking-reload', message, segment: place.msn }];
  }

  /** An answer that was an error. True: it says that there was nothing to come, which is right. */
  judgeError(
    reload: Reload,
    error: InspectError,
    waited: { seconds: number; target: number },
  ): Breach[] | undefined {
    if (!reload.place) return undefined;
    this.#disappointed = true;
    if (error.status === 503 || error.code === 'TIMEOUT')
      return this.#holdBreaches(waited.seconds, waited.target, reload.place);
    if (error.status !== 400) return undefined;
    const message = `asked for ${placeText(reload.place)}, which comes next, the server answered ${error.status}`;
    return [{ code: 'blocking-reload', message, segment: reload.place.msn }];
  }

  #holdBreaches(held: number, target: number | undefined, place: Place): Breach[] {
    const longest = LONGEST_HOLD_TARGETS * (target ?? Infinity);
    if (held <= longest + NETWORK_SECONDS) return [];
    const message =
      `the answer to a request for ${placeText(place)} took ${held.toFixed(1)} s, ` +
      `more than three target durations (${longest} s)`;
    return [{ code: 'blocking-held', message, segment: place.msn }];
  }

  /** True once: it is time for {@link askFar}. */
  get wantsFar(): boolean {
    return !this.#hasAskedFar && this.#count >= FAR_AFTER;
  }

  /** Asks once for what is far in the future, beside all other requests. */
  async askFar(last: CheckedMedia): Promise<Breach[]> {
    this.#hasAskedFar = true;
    const far = { msn: endOf(last) + FAR_AHEAD, part: undefined };
    const askedAt = performance.now();
    const url = withDirectives(this.#url, far, false);
    const answer = await ask(url, {
      method: 'GET',
      timeoutMs: AT_ONCE_SECONDS * 1000 + NETWORK_SECONDS * 1000,
    });
    const seconds = (performance.now() - askedAt) / 1000;
    if (answer?.status === 400) return [];
    if (answer && answer.status >= 500) return []; // it may be overloaded, and says so
    const how = answer ? `answered ${answer.status}` : `was still holding it after ${seconds.toFixed(1)} s`;
    const message = `asked for segment ${far.msn}, ${FAR_AHEAD} after the last one, the server ${how}; it should answer 400 at once`;
    return [{ code: 'blocking-far-future', message }];
  }
}

const endOf = ({ segments, mediaSequence }: CheckedMedia): number =>
  (segments.at(-1)?.sequence ?? mediaSequence - 1) + 1;

/** What comes next: the part behind the last one. Whether its segment has another one, nobody knows. */
function nextPlace(last: CheckedMedia, segmentAlone: boolean): Place {
  const { running, lowLatency } = last;
  const msn = endOf(last);
  if (segmentAlone || !lowLatency || lowLatency.parts.length === 0) return { msn, part: undefined };
  return { msn, part: running?.parts.length ?? 0 };
}

/**
 * RFC 8216bis §6.2.5.2: a part behind the last one of a segment that is whole stands for the first one of the next.
 */
export function hasPlace(media: CheckedMedia, { msn, part }: Place): boolean {
  const end = endOf(media);
  const runningParts = media.running?.parts.length ?? 0;
  if (msn > end) return false;
  if (msn === end) return part !== undefined && runningParts > part;
  if (msn < end - 1 || part === undefined) return true;
  const whole = media.segments.at(-1)!;
  return part < whole.parts.length || runningParts > 0;
}

function isUnchanged(last: CheckedMedia, media: CheckedMedia): boolean {
  return (
    endOf(last) === endOf(media) && (last.running?.parts.length ?? 0) === (media.running?.parts.length ?? 0)
  );
}

const placeText = ({ msn, part }: Place): string =>
  part === undefined ? `segment ${msn}` : `part ${part} of segment ${msn}`;

function edgeText(media: CheckedMedia): string {
  const { running } = media;
  const last = `segment ${endOf(media) - 1}`;
  return running ? `${last} and ${running.parts.length} parts of the next` : last;
}

/** RFC 8216bis §6.2.5: directives stand in the order of their names behind what is there. */
function withDirectives(base: URL, { msn, part }: Place, skips: boolean): URL {
  const url = new URL(base);
  url.searchParams.set('_HLS_msn', String(msn));
  if (part !== undefined) url.searchParams.set('_HLS_part', String(part));
  if (skips) url.searchParams.set('_HLS_skip', 'YES');
  return url;
}
