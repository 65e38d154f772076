import type { CheckedMedia, CheckedSegment } from './checked-playlist.ts';
import type { Breach } from './rules.ts';

/** A playlist must not get shorter than this many target durations by losing a segment: RFC 8216 §6.2.2. */
const MIN_TARGET_DURATIONS = 3;
/** Sums of decimals are not exact. */
const ROUNDING_SECONDS = 0.001;

/** A segment that was listed and is not any more. */
export interface Leaver {
  readonly segment: CheckedSegment;
  /** Seconds that the longest playlist lasted in which it was listed. */
  readonly longestSeconds: number;
}

export interface Change {
  readonly breaches: readonly Breach[];
  readonly left: readonly Leaver[];
  /** At least one new segment, or the end. */
  readonly isNew: boolean;
  /** The numbers tell nothing any more: they went back (`back`), or do not go with the names (`misfit`). */
  readonly lost?: 'back' | 'misfit' | undefined;
}

/** Compares each load of a media playlist with the one before: RFC 8216 §6.2.1 and §6.2.2. */
export class PlaylistHistory {
  #last: CheckedMedia | undefined;
  /** By sequence number, of the segments in the last load. */
  #longest = new Map<number, number>();

  see(next: CheckedMedia): Change {
    const last = this.#last;
    this.#last = next;
    const change: Change = last ? this.#compare(last, next) : { breaches: [], left: [], isNew: true };
    this.#measure(next, change.lost !== undefined);
    return change;
  }

  #measure(next: CheckedMedia, isLost: boolean): void {
    const before = isLost ? new Map<number, number>() : this.#longest;
    this.#longest = new Map(
      next.segments.map(({ sequence }) => [sequence, Math.max(before.get(sequence) ?? 0, next.duration)]),
    );
  }

  #compare(last: CheckedMedia, next: CheckedMedia): Change {
    const isNew = hasNew(last, next);
    const target = targetBreaches(last, next);
    if (last.endList) {
      const breaches = [...target, ...afterEnd(last, next)];
      return { breaches, left: [], isNew, ...(breaches.length > 0 && { lost: 'back' as const }) };
    }
    if (next.mediaSequence < last.mediaSequence) {
      const message = `EXT-X-MEDIA-SEQUENCE went back from ${last.mediaSequence} to ${next.mediaSequence}`;
      return {
        breaches: [{ code: 'sequence-back', message }, ...target],
        left: [],
        isNew: true,
        lost: 'back',
      };
    }
    const misfit = misfitOf(last, next);
    if (misfit) return { breaches: [misfit, ...target], left: [], isNew, lost: 'misfit' };
    const left = last.segments
      .filter(({ sequence }) => sequence < next.mediaSequence)
      .map((segment) => ({ segment, longestSeconds: this.#longest.get(segment.sequence) ?? last.duration }));
    const breaches = [
      ...target,
      ...changedSegments(last, next),
      ...growthBreaches(last, next),
      ...removalBreaches(last, next),
    ];
    return { breaches, left, isNew };
  }
}

const endOf = (playlist: CheckedMedia): number => playlist.mediaSequence + playlist.segments.length;

/** A segment at the end that was not there, whatever its number is; or the end itself. */
function hasNew(last: CheckedMedia, next: CheckedMedia): boolean {
  if (next.endList && !last.endList) return true;
  return endOf(next) > endOf(last) || next.segments.at(-1)?.uri !== last.segments.at(-1)?.uri;
}

function targetBreaches(last: CheckedMedia, next: CheckedMedia): Breach[] {
  const [was, is] = [last.targetDuration, next.targetDuration];
  if (was === is || was === undefined || is === undefined) return [];
  return [{ code: 'target-duration-changed', message: `EXT-X-TARGETDURATION was ${was} and is now ${is}` }];
}

function afterEnd(last: CheckedMedia, next: CheckedMedia): Breach[] {
  const what = !next.endList
    ? 'EXT-X-ENDLIST was there and is gone'
    : endOf(next) > endOf(last)
      ? `segments up to ${endOf(next) - 1} were added after EXT-X-ENDLIST`
      : next.mediaSequence < last.mediaSequence
        ? 'the numbers went back after EXT-X-ENDLIST'
        : undefined;
  return what === undefined ? [] : [{ code: 'changed-after-endlist', message: what }];
}

/**
 * By what the segments are known. Where all queries change from one load to the next (tokens do), they do not make
 * other segments; where only some do, they do.
 */
function namesOf(last: CheckedMedia, next: CheckedMedia): readonly [string[], string[]] {
  const common = next.segments.filter(({ sequence }) => segmentOf(last, sequence) !== undefined);
  const changes = common.filter(({ sequence, url }) => segmentOf(last, sequence)!.url.href !== url.href);
  const byPath = changes.length > 0 && changes.length === common.length && pathsTell(last) && pathsTell(next);
  const name = ({ url, range }: CheckedSegment): string =>
    `${byPath ? pathOf(url) : url.href} ${range?.offset ?? ''}`;
  return [last.segments.map(name), next.segments.map(name)];
}

const segmentOf = (playlist: CheckedMedia, sequence: number): CheckedSegment | undefined =>
  playlist.segments[sequence - playlist.mediaSequence];

const pathOf = (url: URL): string => `${url.origin}${url.pathname}`;

const pathsTell = ({ segments }: CheckedMedia): boolean =>
  new Set(segments.map(({ url, range }) => `${pathOf(url)} ${range?.offset ?? ''}`)).size === segments.length;

/** The first segment whose number does not go with its name any more. */
function misfitOf(last: CheckedMedia, next: CheckedMedia): Breach | undefined {
  const [before, now] = namesOf(last, next);
  const removed = next.mediaSequence - last.mediaSequence;
  for (let index = removed; index < before.length; index++) {
    const was = last.segments[index]!;
    const is = next.segments[index - removed];
    if (!is) {
      const message = `segment ${was.sequence} (${was.uri}) was the end's and is gone: the playlist ends at ${endOf(next) - 1}`;
      return { code: 'segment-vanished', message, segment: was.sequence };
    }
    if (before[index] === now[index - removed]) continue;
    const wasAt = before.indexOf(now[index - removed]!);
    if (wasAt > index) return vanished(was, wasAt - index, index === removed, next.mediaSequence);
    const message = `number ${was.sequence} was ${was.uri} and is now ${is.uri}`;
    return { code: 'segment-changed', message, segment: was.sequence };
  }
  return undefined;
}

function vanished(was: CheckedSegment, count: number, atFront: boolean, mediaSequence: number): Breach {
  const what =
    count === 1 ? `segment ${was.sequence} (${was.uri})` : `${count} segments from ${was.sequence} on`;
  const message = atFront
    ? `${what} left the playlist, but EXT-X-MEDIA-SEQUENCE is ${mediaSequence} as if it had not`
    : `${what} left the middle of the playlist`;
  return { code: 'segment-vanished', message, segment: was.sequence };
}

function changedSegments(last: CheckedMedia, next: CheckedMedia): Breach[] {
  const breaches: Breach[] = [];
  let flagChanged = false;
  for (const is of next.segments) {
    const was = last.segments[is.sequence - last.mediaSequence];
    if (!was) continue;
    const segment = is.sequence;
    if (was.extinfSeconds !== is.extinfSeconds) {
      const message = `EXTINF of segment ${segment} was ${was.extinfSeconds} and is now ${is.extinfSeconds}`;
      breaches.push({ code: 'segment-changed', message, segment });
    }
    // The tag of the first segment may go with the segment before it, if it is counted: the numbers tell.
    if (was.discontinuity !== is.discontinuity && is !== next.segments[0]) {
      flagChanged = true;
      const message = `EXT-X-DISCONTINUITY of segment ${segment} ${is.discontinuity ? 'came' : 'went'} after it was listed`;
      breaches.push({ code: 'segment-changed', message, segment });
    }
    if (was.dateTime !== is.dateTime && was.dateTime !== undefined && is.dateTime !== undefined) {
      const message = `EXT-X-PROGRAM-DATE-TIME of segment ${segment} was ${was.programDateTime!} and is now ${is.programDateTime!}`;
      breaches.push({ code: 'program-date-time', message, segment });
    }
  }
  return flagChanged ? breaches : [...breaches, ...discontinuityNumbers(last, next)];
}

/** VOD is a promise that nothing changes any more. */
function growthBreaches(last: CheckedMedia, next: CheckedMedia): Breach[] {
  if (last.playlistType !== 'VOD' || endOf(next) <= endOf(last)) return [];
  const message = 'segments were added although EXT-X-PLAYLIST-TYPE is VOD';
  return [{ code: 'segment-changed', message, segment: endOf(last), clause: 'RFC 8216 §4.3.3.5' }];
}

function discontinuityNumbers(last: CheckedMedia, next: CheckedMedia): Breach[] {
  for (const is of next.segments) {
    const was = last.segments[is.sequence - last.mediaSequence];
    if (!was || was.discontinuitySequence === is.discontinuitySequence) continue;
    const message =
      `segment ${is.sequence} belonged to discontinuity ${was.discontinuitySequence} and now to ${is.discontinuitySequence}: ` +
      `EXT-X-DISCONTINUITY-SEQUENCE went from ${last.discontinuitySequence} to ${next.discontinuitySequence}`;
    return [{ code: 'discontinuity-sequence', message, segment: is.sequence }];
  }
  if (next.discontinuitySequence >= last.discontinuitySequence) return [];
  const message = `EXT-X-DISCONTINUITY-SEQUENCE went back from ${last.discontinuitySequence} to ${next.discontinuitySequence}`;
  return [{ code: 'discontinuity-sequence', message }];
}

function removalBreaches(last: CheckedMedia, next: CheckedMedia): Breach[] {
  if (next.mediaSequence === last.mediaSequence) return [];
  const breaches: Breach[] = [];
  if (last.playlistType !== undefined) {
    const message = `segments were removed although EXT-X-PLAYLIST-TYPE is ${last.playlistType}`;
    breaches.push({ code: 'segment-vanished', message, clause: 'RFC 8216 §4.3.3.5' });
  }
  const least = MIN_TARGET_DURATIONS * (next.targetDuration ?? 0);
  if (!next.endList && next.duration < least - ROUNDING_SECONDS) {
    const message =
      `segments were removed and ${next.duration.toFixed(3)} s are left, ` +
      `less than three target durations (${least} s)`;
    breaches.push({ code: 'playlist-too-short', message });
  }
  return breaches;
}
