import type { CheckedLowLatency, CheckedPart } from './checked-parts.ts';
import { sumOf } from './checked-parts.ts';
import type { CheckedMedia } from './checked-playlist.ts';
import type { Breach } from './rules.ts';

/** Each part but a segment's last, and those that are independent: at least so much of PART-TARGET. RFC 8216bis §4.4.4.9. */
const SHORTEST_SHARE = 0.85;
/** Durations are decimals that were rounded. */
const ROUNDING_SECONDS = 0.0006;
/** Parts are to leave when they are so many target durations from the end: §4.4.4.9. */
const PARTS_LISTED_TARGETS = 3;
/** Segments whose parts are remembered: more than can be listed with parts. */
const MAX_SEGMENTS_REMEMBERED = 64;

interface Known {
  parts: readonly CheckedPart[];
  /** How many of them have been judged by their length. */
  judged: number;
  /** Its first part was seen to come, so that all its parts are known. */
  readonly whole: boolean;
  summed: boolean;
}

/** Watches the parts of a playlist from load to load: RFC 8216bis §4.4.4.9, §6.2.1. */
export class PartWatch {
  readonly #known = new Map<number, Known>();
  #constants: string | undefined;
  #toldOld = false;
  #hint: { readonly href: string; readonly start: number; readonly position: string } | undefined;

  /** `media`: complete, a delta update put together with what was there before. */
  see(media: CheckedMedia): Breach[] {
    const { lowLatency } = media;
    const breaches = this.#constantBreaches(lowLatency);
    if (!lowLatency) return breaches;
    const isFirst = this.#known.size === 0;
    breaches.push(...this.#hintBreaches(media));
    for (const one of listedSegments(media)) breaches.push(...this.#segmentBreaches(one, media, isFirst));
    breaches.push(...this.#oldParts(media));
    this.#hint = hintOf(media);
    return breaches;
  }

  /** The numbers start over. */
  startOver(): void {
    this.#known.clear();
    this.#hint = undefined;
  }

  #constantBreaches(lowLatency: CheckedLowLatency | undefined): Breach[] {
    const text = lowLatency ? constantsOf(lowLatency) : '';
    const before = this.#constants;
    this.#constants = text;
    if (before === undefined || before === text) return [];
    return [
      {
        code: 'low-latency-changed',
        message: `it was "${before || 'nothing'}" and is now "${text || 'nothing'}"`,
      },
    ];
  }

  #segmentBreaches(one: Listed, media: CheckedMedia, isFirst: boolean): Breach[] {
    if (one.parts.length === 0) return [];
    const known = this.#known.get(one.sequence) ?? {
      parts: [],
      judged: 0,
      whole: !isFirst || one.extinf === undefined,
      summed: false,
    };
    this.#known.set(one.sequence, known);
    if (this.#known.size > MAX_SEGMENTS_REMEMBERED) this.#known.delete(this.#known.keys().next().value!);
    const changed = changedPart(known.parts, one);
    if (changed) {
      known.parts = one.parts;
      return [changed];
    }
    known.parts = one.parts;
    return [...lengthBreaches(one, known, media.lowLatency?.partTarget), ...sumBreaches(one, known)];
  }

  #oldParts(media: CheckedMedia): Breach[] {
    const target = media.targetDuration ?? Infinity;
    let end = media.duration + (media.runningSeconds ?? 0);
    for (const { parts, extinfSeconds, sequence } of media.segments) {
      end -= extinfSeconds;
      const allowed = PARTS_LISTED_TARGETS * target + (media.lowLatency?.partTarget ?? 0) + ROUNDING_SECONDS;
      if (parts.length === 0 || end <= allowed || this.#toldOld) continue;
      this.#toldOld = true;
      const message =
        `parts of segment ${sequence} are still listed, which ends ${end.toFixed(3)} s before the end of the playlist; ` +
        `three target durations are ${PARTS_LISTED_TARGETS * target} s`;
      return [{ code: 'old-parts', message, segment: sequence }];
    }
    return [];
  }

  /** The part that was promised is the one that comes. */
  #hintBreaches(media: CheckedMedia): Breach[] {
    const hint = this.#hint;
    if (!hint || media.endList) return [];
    const [sequence, index] = hint.position.split('.').map(Number) as [number, number];
    const listed = listedSegments(media);
    const own = listed.find((one) => one.sequence === sequence);
    // A segment that ended without another part hands the promise on to the next one's first.
    const came = own?.parts[index] ?? (hasEnded(own) ? partAfter(listed, sequence) : undefined);
    if (!came || (came.url.href === hint.href && (came.range?.offset ?? 0) === hint.start)) return [];
    const message = `EXT-X-PRELOAD-HINT promised ${nameOf(hint.href)}, and what came is ${nameOf(came.uri)}`;
    return [{ code: 'preload-hint', message, segment: sequence }];
  }
}

/** It is whole, and its parts are still listed. */
const hasEnded = (one: Listed | undefined): boolean => one?.extinf !== undefined && one.parts.length > 0;

/** Of an address in a sentence. */
const MAX_NAME = 80;
const nameOf = (href: string): string => href.slice(href.lastIndexOf('/') + 1).slice(0, MAX_NAME);

/** A segment with its parts, whole or not. */
interface Listed {
  readonly sequence: number;
  readonly parts: readonly CheckedPart[];
  /** Undefined: it is not whole. */
  readonly extinf: number | undefined;
}

function listedSegments({ segments, running }: CheckedMedia): Listed[] {
  const whole = segments.map(({ sequence, parts, extinfSeconds }) => ({
    sequence,
    parts,
    extinf: extinfSeconds,
  }));
  return running
    ? [...whole, { sequence: running.sequence, parts: running.parts, extinf: undefined }]
    : whole;
}

function partAfter(listed: readonly Listed[], sequence: number): CheckedPart | undefined {
  return listed.find((one) => one.sequence === sequence + 1)?.parts[0];
}

function hintOf({ lowLatency, running, segments, mediaSequence }: CheckedMedia):
  | {
      href: string;
      start: number;
      position: string;
    }
  | undefined {
  const hint = lowLatency?.hint;
  if (!hint) return undefined;
  const next = (segments.at(-1)?.sequence ?? mediaSequence - 1) + 1;
  const position = running ? `${running.sequence}.${running.parts.length}` : `${next}.0`;
  return { href: hint.url.href, start: hint.start, position };
}

function constantsOf({
  partTarget,
  partHoldBack,
  holdBack,
  canSkipUntil,
  canBlockReload,
}: CheckedLowLatency): string {
  const told = (name: string, value: number | undefined): string =>
    value === undefined ? '' : `${name}=${value}`;
  return [
    told('PART-TARGET', partTarget),
    told('PART-HOLD-BACK', partHoldBack),
    told('HOLD-BACK', holdBack),
    told('CAN-SKIP-UNTIL', canSkipUntil),
    canBlockReload ? 'CAN-BLOCK-RELOAD=YES' : '',
  ]
    .filter(Boolean)
    .join(',');
}

function changedPart(before: readonly CheckedPart[], { parts, sequence }: Listed): Breach | undefined {
  for (const [index, was] of before.entries()) {
    const is = parts[index];
    if (is && is.uri === was.uri && is.seconds === was.seconds && is.independent === was.independent)
      continue;
    if (is && is.uri !== was.uri && withoutQuery(is) === withoutQuery(was) && is.seconds === was.seconds)
      continue;
    const now = is ? `${nameOf(is.uri)} of ${is.seconds} s` : 'gone, though others of the segment are listed';
    const message = `part ${index} of segment ${sequence} was ${nameOf(was.uri)} of ${was.seconds} s and is now ${now}`;
    return { code: 'part-changed', message, segment: sequence };
  }
  return undefined;
}

const withoutQuery = ({ url }: CheckedPart): string => `${url.origin}${url.pathname}`;

/** The last one of a segment that is not whole may be its last: it is judged when another has come. */
function lengthBreaches(
  { sequence, parts, extinf }: Listed,
  known: Known,
  target: number | undefined,
): Breach[] {
  if (target === undefined) return [];
  const breaches: Breach[] = [];
  for (const [index, { seconds }] of parts.entries()) {
    const isNew = index >= known.judged;
    if (!isNew || seconds <= target + ROUNDING_SECONDS) continue;
    const message = `part ${index} of segment ${sequence} lasts ${seconds} s, PART-TARGET is ${target} s`;
    breaches.push({ code: 'part-over-target', message, segment: sequence });
  }
  // From where on there are parts of which it was not known whether they are the last.
  for (let index = Math.max(0, known.judged - 1); index < parts.length - 1; index++) {
    const { seconds, independent } = parts[index]!;
    if (independent || seconds >= SHORTEST_SHARE * target - ROUNDING_SECONDS) continue;
    const message =
      `part ${index} of segment ${sequence} lasts ${seconds} s, less than 85 % of PART-TARGET (${target} s), ` +
      `and is not the segment's last`;
    breaches.push({ code: 'part-too-short', message, segment: sequence });
  }
  known.judged = extinf === undefined ? parts.length : Infinity;
  return breaches;
}

function sumBreaches({ sequence, parts, extinf }: Listed, known: Known): Breach[] {
  if (extinf === undefined || known.summed || !known.whole) return [];
  known.summed = true;
  const sum = sumOf(parts);
  if (Math.abs(sum - extinf) <= ROUNDING_SECONDS * (parts.length + 1)) return [];
  const message = `the ${parts.length} parts of segment ${sequence} last ${sum.toFixed(3)} s together, EXTINF says ${extinf} s`;
  return [{ code: 'parts-sum', message, segment: sequence }];
}
