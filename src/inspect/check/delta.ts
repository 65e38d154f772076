import type { CheckedMedia, CheckedSegment } from './checked-playlist.ts';
import type { Breach } from './rules.ts';

/** A delta update put together with the playlist that was there before: RFC 8216bis §6.2.5.1. */
export interface Whole {
  readonly media: CheckedMedia;
  readonly breaches: readonly Breach[];
  /** What was skipped is not known: there is nothing to go on with. */
  readonly lost: boolean;
}

/** Sums of decimals are not exact. */
const ROUNDING_SECONDS = 0.001;
/** Letters of an address in a sentence. */
const MAX_NAME = 80;

/** `update`: as it came, with EXT-X-SKIP. */
export function withSkipped(before: CheckedMedia | undefined, update: CheckedMedia): Whole {
  const { skipped, mediaSequence } = update;
  if (skipped === 0) return { media: update, breaches: [], lost: false };
  const known = new Map((before?.segments ?? []).map((segment) => [segment.sequence, segment]));
  const front: CheckedSegment[] = [];
  // A number from outside: not more of them than there are.
  for (
    let sequence = mediaSequence;
    skipped <= known.size && sequence < mediaSequence + skipped;
    sequence++
  ) {
    const segment = known.get(sequence);
    if (segment) front.push(segment);
  }
  if (front.length < skipped) {
    const message =
      `SKIPPED-SEGMENTS is ${skipped}, from ${mediaSequence} on, of which ` +
      `${skipped - front.length} were never listed: there is nothing to put them together with`;
    return { media: update, breaches: [{ code: 'delta-update', message }], lost: true };
  }
  const misfit = misfitOf(known, update);
  if (misfit) return { media: update, breaches: [misfit], lost: true };
  const media = together(front, update);
  return { media, breaches: boundaryBreaches(front, media), lost: false };
}

/** A segment that was listed under another number: too many are said to be skipped, or too few. */
function misfitOf(known: ReadonlyMap<number, CheckedSegment>, update: CheckedMedia): Breach | undefined {
  for (const { sequence, url, uri } of update.segments) {
    const was = known.get(sequence);
    if (!was || was.url.pathname === url.pathname) continue;
    const message =
      `with SKIPPED-SEGMENTS=${update.skipped} segment ${sequence} would be ${uri.slice(0, MAX_NAME)}, ` +
      `where ${was.uri.slice(0, MAX_NAME)} was listed before`;
    return { code: 'delta-update', message, segment: sequence };
  }
  return undefined;
}

function together(front: readonly CheckedSegment[], update: CheckedMedia): CheckedMedia {
  // Discontinuities among the skipped ones were not seen by the reader of the update.
  const shift =
    (front.at(-1)?.discontinuitySequence ?? update.discontinuitySequence) - update.discontinuitySequence;
  const map = front.at(-1)?.map;
  const moved = update.segments.map((segment) => ({
    ...segment,
    map: segment.map ?? map,
    discontinuitySequence: segment.discontinuitySequence + shift,
  }));
  // Parts of what is skipped are as good as gone: so near to the end nothing may be skipped.
  const segments = [...front.map((segment) => ({ ...segment, parts: [], partCount: undefined })), ...moved];
  const { running } = update;
  return {
    ...update,
    skipped: 0,
    segments,
    running: running && {
      ...running,
      map: running.map ?? moved.at(-1)?.map ?? map,
      discontinuitySequence: running.discontinuitySequence + shift,
    },
    duration: segments.reduce((sum, { extinfSeconds }) => sum + extinfSeconds, 0),
  };
}

/** Only what is farther from the end than the skip boundary may be skipped: §4.4.5.2, §6.2.5.1. */
function boundaryBreaches(front: readonly CheckedSegment[], media: CheckedMedia): Breach[] {
  const until = media.lowLatency?.canSkipUntil;
  if (until === undefined) {
    const message = 'the answer is a delta update, and EXT-X-SERVER-CONTROL has no CAN-SKIP-UNTIL';
    return [{ code: 'delta-update', message }];
  }
  const total = media.duration + (media.runningSeconds ?? 0);
  const end = front.reduce((sum, { extinfSeconds }) => sum + extinfSeconds, 0);
  const away = total - end;
  // What counts is where the last skipped segment is; whether its beginning or its end, the draft leaves open.
  const nearest = away + front.at(-1)!.extinfSeconds;
  if (nearest >= until - ROUNDING_SECONDS) return [];
  const message =
    `segment ${front.at(-1)!.sequence} is skipped, which begins ${nearest.toFixed(3)} s before the end of the playlist; ` +
    `CAN-SKIP-UNTIL is ${until} s`;
  return [{ code: 'delta-update', message, segment: front.at(-1)!.sequence }];
}

/** Where a playlist that was put together differs from one that came whole. */
export function differenceBreaches(together: CheckedMedia, whole: CheckedMedia): Breach[] {
  const known = new Map(together.segments.map((segment) => [segment.sequence, segment]));
  for (const is of whole.segments) {
    const was = known.get(is.sequence);
    if (!was) continue;
    const difference = differenceOf(was, is);
    if (difference === undefined) continue;
    const message = `put together from delta updates, segment ${is.sequence} has ${difference}`;
    return [{ code: 'delta-update', message, segment: is.sequence }];
  }
  return [];
}

function differenceOf(was: CheckedSegment, is: CheckedSegment): string | undefined {
  const say = <Value extends string | number>(
    what: string,
    one: Value | undefined,
    other: Value | undefined,
  ): string | undefined =>
    one === other ? undefined : `${what} ${shown(one)}, in the whole playlist it is ${shown(other)}`;
  return (
    say('the URI', was.url.pathname, is.url.pathname) ??
    say('an EXTINF of', was.extinfSeconds, is.extinfSeconds) ??
    say('the initialization section', was.map?.url.pathname, is.map?.url.pathname) ??
    say('the discontinuity sequence', was.discontinuitySequence, is.discontinuitySequence) ??
    (was.dateTime === undefined || is.dateTime === undefined
      ? undefined
      : say('the date', was.dateTime, is.dateTime))
  );
}

const shown = (value: string | number | undefined): string => String(value ?? 'none').slice(-MAX_NAME);
