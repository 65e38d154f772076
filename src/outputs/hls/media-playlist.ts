import { secondsFromTicks, TICKS_PER_SECOND } from '../../media/time.ts';
import { PastText } from './past-text.ts';
import type { Archive, PastSegment } from './archive.ts';
import type { CutSchedule } from './cut-schedule.ts';
import type { FileNames, HlsContainer } from './file-names.ts';
import type { LiveSegment } from './live-segment.ts';
import {
  mediaPlaylistText,
  type LowLatency,
  type PlaylistSegment,
  type RenditionReport,
} from './playlist.ts';
import { Rendered } from './rendered.ts';
import type { TsPackaging } from './ts-packaging.ts';
import { isIndependent } from './variant-meter.ts';
import { Waiters } from './waiters.ts';
import type { SegmentWindow } from './window.ts';

/** How a rendition stands. */
export interface Standing {
  ended: boolean;
  /** Nobody publishes: no part can be promised. */
  paused: boolean;
  /** It has ended while others of its stream go on: it has no playlists any more. */
  gone: boolean;
}

/** All that the playlists of a rendition show. */
export interface Shown {
  readonly window: SegmentWindow;
  readonly cuts: CutSchedule;
  readonly ts: TsPackaging;
  readonly archive: Archive;
  readonly names: FileNames;
  /** Parts are listed, in CMAF. */
  readonly hasParts: boolean;
  readonly standing: Readonly<Standing>;
  readonly reports: () => readonly RenditionReport[];
}

/** A place in a playlist: a whole segment, or one of its parts. */
export interface PlaylistPlace {
  readonly msn: number;
  readonly part: number | undefined;
}

export interface PlaylistForm {
  readonly skip: boolean;
  readonly dvr: boolean;
}

/** Times the target duration, RFC 8216bis §4.4.3.8: at least so much. */
const HOLD_BACK = 3;
const SKIP_UNTIL = 6;
/** Times the part target: twice is a must, three times what should be. */
const PART_HOLD_BACK = 3;
/** Parts are listed up to so many target durations from the end: §6.2.2. */
const PARTS_LISTED = 3;

/** One media playlist: a rendition in a container. Rendered when it is asked for, once for each change and form. */
export class MediaPlaylist {
  readonly #shown: Shown;
  readonly #container: HlsContainer;
  readonly #rendered = new Map<string, Rendered>();
  readonly #waiters = new Waiters<string, []>();
  readonly #past: PastText;
  readonly #places = new Map<string, PlaylistPlace>();
  #lowLatency: LowLatency | undefined;
  /** Of the past, when it was rendered. */
  #oldest: PastSegment | undefined;

  constructor(shown: Shown, container: HlsContainer) {
    this.#shown = shown;
    this.#past = new PastText(shown.names);
    this.#container = container;
  }

  get ended(): boolean {
    return this.#shown.standing.ended;
  }

  get newest(): { readonly msn: number; readonly parts: number } | undefined {
    const { segments, running } = this.#shown.window;
    const last = segments.at(-1);
    if (!last) return undefined;
    return { msn: last.sequence, parts: this.#listsParts ? (running?.parts.length ?? 0) : 0 };
  }

  get lowLatency(): { readonly targetDuration: number; readonly partTarget: number } | undefined {
    const constants = this.#constants();
    const { targetDuration } = this.#shown.cuts;
    if (!constants || targetDuration === undefined) return undefined;
    return { targetDuration, partTarget: constants.partTarget };
  }

  /** Undefined before the first segment, and when it is gone. */
  rendered(form: PlaylistForm): Rendered | undefined {
    const { window, ts, archive, standing } = this.#shown;
    const first = window.segments[0];
    if (!first || standing.gone) return undefined;
    if (this.#container === 'ts') ts.ask();
    const past = this.#container === 'fmp4' ? archive.past(first.sequence) : [];
    this.#notePast(past);
    const hasPast = form.dvr && past.length > 0;
    const canSkip = form.skip && !this.ended && this.#constants() !== undefined;
    const key = `${canSkip} ${hasPast}`;
    const known = this.#rendered.get(key);
    if (known) return known;
    const rendered = this.#render(canSkip, hasPast) ?? this.rendered({ ...form, skip: false });
    if (rendered) this.#rendered.set(key, rendered);
    return rendered;
  }

  has({ msn, part }: PlaylistPlace): boolean {
    const { newest } = this;
    if (!newest || msn > newest.msn + 1) return false;
    if (msn > newest.msn) return part !== undefined && newest.parts > part;
    if (msn < newest.msn || part === undefined || !this.#listsParts) return true;
    return newest.parts > 0 || part < this.#shown.window.segments.at(-1)!.parts.length;
  }

  when(place: PlaylistPlace, callback: () => void): () => void {
    if (this.ended || this.has(place)) {
      callback();
      return () => undefined;
    }
    const key = `${place.msn} ${place.part ?? ''}`;
    this.#places.set(key, place);
    return this.#waiters.add(key, callback);
  }

  /** What it shows is not what it was. */
  changed(): void {
    this.#rendered.clear();
  }

  /** Calls those who have waited for what is there now. */
  wake(): void {
    for (const [key, place] of [...this.#places]) {
      if (!this.ended && !this.has(place)) continue;
      this.#places.delete(key);
      this.#waiters.release(key);
    }
  }

  get #listsParts(): boolean {
    return this.#container === 'fmp4' && this.#shown.hasParts;
  }

  /** What the archive has lost is not listed, also while nobody publishes. */
  #notePast(past: readonly PastSegment[]): void {
    const oldest = past[0];
    if (oldest !== this.#oldest) this.#rendered.clear();
    this.#oldest = oldest;
  }

  /** Settled with the first segment. */
  #constants(): LowLatency | undefined {
    const { targetDuration, parts } = this.#shown.cuts;
    if (!this.#listsParts || targetDuration === undefined || !parts) return undefined;
    const partTarget = secondsFromTicks(parts.longest);
    const lag = Math.min(targetDuration, Math.ceil((parts.lag * 1000) / TICKS_PER_SECOND) / 1000);
    this.#lowLatency ??= {
      partTarget,
      partHoldBack: PART_HOLD_BACK * partTarget + lag,
      holdBack: HOLD_BACK * targetDuration,
      canSkipUntil: SKIP_UNTIL * targetDuration,
    };
    return this.#lowLatency;
  }

  /** Undefined: nothing can be skipped. */
  #render(canSkip: boolean, hasPast: boolean): Rendered | undefined {
    const { window, cuts, archive, standing, reports } = this.#shown;
    const { ended } = standing;
    const live = window.segments;
    const past = hasPast ? archive.past(live[0]!.sequence) : [];
    const lowLatency = this.#constants();
    const running = lowLatency && hasStarted(window.running) ? window.running : undefined;
    const end = running?.duration ?? 0;
    const until = (lowLatency?.canSkipUntil ?? 0) * TICKS_PER_SECOND;
    const skipped = canSkip ? skippable(past, live, until - end) : 0;
    if (canSkip && skipped === 0) return undefined;
    const { discontinuitySequence } = window;
    const before = this.#past.render(past);
    const text = mediaPlaylistText({
      targetDuration: cuts.targetDuration!,
      mediaSequence: (past[0] ?? live[0]!).sequence,
      discontinuitySequence: hasPast
        ? archive.discontinuitySequence(discontinuitySequence, live[0]!.sequence)
        : discontinuitySequence,
      independent: isIndependent(window, running) && before.independent,
      ended,
      before: skipped === 0 && past.length > 0 ? before : undefined,
      segments: this.#listed(skipped === 0 ? [] : past.slice(skipped), running, skipped - past.length),
      skipped,
      mapBefore: this.#mapOf(skipped - 1, past),
      lowLatency,
      running: running && { ...this.#segment(running, true), uri: undefined },
      hint: lowLatency && this.#hint(),
      reports: lowLatency && !ended ? reports() : [],
    });
    return new Rendered(text);
  }

  /** These of the past, and the whole segments from the one with this index on. */
  #listed(past: readonly PastSegment[], running: LiveSegment | undefined, from: number): PlaylistSegment[] {
    const { window, names } = this.#shown;
    const segments: PlaylistSegment[] = past.map((segment) => ({
      ...segment,
      uri: names.segment('fmp4', segment.sequence),
      map: names.init(segment.init),
    }));
    const withParts = this.#constants() ? this.#firstWithParts(running) : Infinity;
    for (let index = Math.max(0, from); index < window.segments.length; index++)
      segments.push(this.#segment(window.segments[index]!, index >= withParts));
    return segments;
  }

  /** The address of a segment's map; undefined: there is none. */
  #mapOf(index: number, past: readonly PastSegment[]): string | undefined {
    const { window, names } = this.#shown;
    const number = past[index]?.init ?? window.segments[index - past.length]?.init.number;
    return number === undefined ? undefined : names.init(number);
  }

  /** The part that comes next, as far as it can be promised. */
  #hint(): string | undefined {
    const { window, names, standing } = this.#shown;
    if (standing.ended || standing.paused) return undefined;
    const { sequence, parts } = window.running ?? { sequence: window.nextSequence, parts: [] };
    return names.part(sequence, parts.length);
  }

  /** Index of the first segment that is near enough to the end for its parts to be listed. */
  #firstWithParts(running: LiveSegment | undefined): number {
    const { window, cuts } = this.#shown;
    let left = PARTS_LISTED * cuts.targetDuration! * TICKS_PER_SECOND - (running?.duration ?? 0);
    let index = window.segments.length;
    while (index > 0 && (left -= window.segments[index - 1]!.duration) >= 0) index--;
    return index;
  }

  #segment(segment: LiveSegment, withParts: boolean): PlaylistSegment {
    const { names, ts } = this.#shown;
    const { sequence, head, duration, init, parts } = segment;
    const { discontinuity, programDateTime } = head;
    const uri = names.segment(this.#container, sequence);
    const common = { duration, discontinuity, programDateTime };
    if (this.#container === 'ts')
      return ts.find(sequence) ? { ...common, uri } : { ...common, uri: undefined, gap: uri };
    const map = names.init(init.number);
    if (!withParts) return { ...common, uri, map };
    const own = parts.map((part, index) => ({
      uri: names.part(sequence, index),
      duration: part.duration,
      independent: part.independent,
    }));
    return { ...common, uri, map, parts: own };
  }
}

const hasStarted = (segment: LiveSegment | undefined): boolean => (segment?.parts.length ?? 0) > 0;

/** Segments at the front that are at least so many ticks away from the end of the last one. */
function skippable(past: readonly Lasting[], live: readonly Lasting[], ticks: number): number {
  let count = past.length + live.length;
  for (let left = ticks; count > 0 && left > 0; count--)
    left -= (live[count - 1 - past.length] ?? past[count - 1]!).duration;
  return count;
}

interface Lasting {
  readonly duration: number;
}
