import { InspectError } from '../errors.ts';
import { ANSWER_TIMEOUT_MS, MAX_SEGMENT_BYTES, MAX_SEGMENTS } from '../limits.ts';
import type { PlaylistReport } from '../report-playlist.ts';
import type { PlaylistFollowed, SegmentsLook } from '../segments-look.ts';
import { fetchWhole, type Fetched } from './asking.ts';
import type { CheckedMedia, CheckedSegment } from './checked-playlist.ts';
import { segmentHeaderBreaches } from './headers.ts';
import type { Found } from './promises.ts';
import type { Breach } from './rules.ts';
import { nameOf, SegmentNames } from './segment-names.ts';
import { abilityBreaches, isMp4, Needs, otherMedia, SYNC_BYTE } from './segment-answer.ts';
import { SegmentExaminer, type Circumstances } from './segment-examiner.ts';
import { mapFor } from './segment-map.ts';

export interface SegmentReaderOptions {
  readonly look: SegmentsLook;
  readonly tell: (breaches: readonly Breach[]) => void;
  /** Says once what is not looked into. */
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
  /** A segment has been fetched. */
  readonly came: (segment: CheckedSegment, bytes: Buffer) => void;
  /** Until when a segment that has left must be there, by `performance.now()`; undefined while it is listed. */
  readonly untilOf: (sequence: number) => number | undefined;
}

interface Queued extends Circumstances {
  readonly segment: CheckedSegment;
  /** It does not follow what was asked for before it. */
  readonly breaks: boolean;
}

/** Reads the segments of one playlist in their order, each once, beside the reloads. */
export class SegmentReader {
  readonly #options: SegmentReaderOptions;
  readonly #examiner: SegmentExaminer;
  readonly #names = new SegmentNames();
  readonly #missing = new Set<string>();
  readonly #needs = new Needs();
  #askedAbilities = false;
  #queue: Queued[] = [];
  #working: Promise<void> = Promise.resolve();
  #isWorking = false;
  #onItsWay: { readonly segment: CheckedSegment; readonly since: number } | undefined;
  #count = 0;
  #breaksNext = false;
  #lastSequence: number | undefined;

  constructor(options: SegmentReaderOptions) {
    this.#options = options;
    this.#examiner = new SegmentExaminer(options.look, options.tell);
  }

  /** Segments that were tried. */
  get count(): number {
    return this.#count;
  }

  enqueue(segments: readonly CheckedSegment[], playlist: CheckedMedia): void {
    const independent = playlist.independentSegments;
    const exact = (playlist.version ?? 1) >= 3;
    for (const segment of segments) {
      this.#queue.push({ segment, independent, exact, breaks: this.#breaksNext });
      this.#breaksNext = false;
    }
    if (this.#isWorking) return;
    this.#isWorking = true;
    this.#working = this.#work();
  }

  /** The numbers count no more; with `forgetsNames`, the names neither. */
  startOver(forgetsNames: boolean): void {
    this.#queue = [];
    this.#breaksNext = true;
    if (forgetsNames) this.#names.forget();
  }

  /** A segment of that name has been asked for. */
  knows(segment: CheckedSegment): boolean {
    return this.#names.has(segment) || this.#queue.some((one) => one.segment.url.href === segment.url.href);
  }

  /** It could not be fetched while it was listed. */
  wasMissing(segment: CheckedSegment): boolean {
    return this.#missing.has(nameOf(segment));
  }

  /** Resolves when all that was asked for has been read. */
  whenIdle(): Promise<void> {
    return this.#working;
  }

  /** The time is up: what has not come is told, for what nobody has read is not known to be right. */
  tellLate(): void {
    const { tell, note } = this.#options;
    const late = this.#onItsWay;
    const waited = late ? (performance.now() - late.since) / 1000 : 0;
    if (late && waited * 1000 >= ANSWER_TIMEOUT_MS) {
      const message = `segment ${late.segment.sequence} has been on its way for ${waited.toFixed(1)} s and is not there as a whole`;
      tell([{ code: 'segment-unreachable', message, segment: late.segment.sequence }]);
    }
    const unread = this.#queue.length + (late ? 1 : 0);
    if (unread > 0) note(`the time was up before the last ${unread} segments could be read`);
  }

  /** No more is coming. */
  end(): void {
    this.#examiner.end();
  }

  report(followed: PlaylistFollowed): PlaylistReport {
    return this.#options.look.report(followed);
  }

  found(playlist: CheckedMedia, fps: number | undefined): Found {
    return this.#examiner.found(playlist, fps);
  }

  async #work(): Promise<void> {
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
        if (this.#options.signal.aborted) return;
        if (this.#count >= MAX_SEGMENTS) {
          this.#options.note(`only the first ${MAX_SEGMENTS} segments were read`);
          return;
        }
        await this.#read(next);
      }
    } finally {
      this.#isWorking = false;
    }
  }

  async #read(queued: Queued): Promise<void> {
    const { segment, breaks } = queued;
    if (breaks || segment.sequence - 1 !== this.#lastSequence) this.#examiner.breakOff();
    this.#lastSequence = segment.sequence;
    if (segment.gap) {
      this.#examiner.breakOff();
      return;
    }
    const fetched = await this.#fetch(segment);
    if (!fetched) return;
    const { tell, note, came, look } = this.#options;
    tell(this.#names.see(segment, fetched.bytes));
    await this.#checkAnswer(segment, fetched);
    tell(await this.#needs.see(segment));
    this.#examiner.weigh(segment, fetched.bytes);
    came(segment, fetched.bytes);
    const other = segment.sealed ?? otherMedia(fetched.bytes);
    if (other !== undefined) {
      note(`the media is ${other} and is not looked into; all else is checked`);
      this.#examiner.skip(segment, other);
      return;
    }
    const map = await mapFor(segment, fetched.bytes, { ...this.#options, maps: look.maps });
    if (map === 'unusable')
      this.#examiner.skip(segment, 'there is no initialization section to read it with');
    else this.#examiner.examine(segment, fetched.bytes, { ...queued, map });
  }

  /** Undefined: it could not be fetched, and that is told. */
  async #fetch(segment: CheckedSegment): Promise<Fetched | undefined> {
    const { signal } = this.#options;
    const { url, range } = segment;
    this.#onItsWay = { segment, since: performance.now() };
    try {
      const fetched = await fetchWhole(url, 'the segment', MAX_SEGMENT_BYTES, { signal, range });
      this.#count++;
      return fetched;
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      if (signal.aborted) return undefined;
      this.#count++;
      this.#tellMissing(segment, error.message);
      this.#missing.add(nameOf(segment));
      this.#examiner.skip(segment, error.message);
      return undefined;
    } finally {
      this.#onItsWay = undefined;
    }
  }

  /** What has left the playlist meanwhile has another clause, and what was read too late is nobody's fault but ours. */
  #tellMissing({ sequence }: CheckedSegment, message: string): void {
    const until = this.#options.untilOf(sequence);
    if (until !== undefined && performance.now() > until) {
      return this.#options.note(
        'segments that were read too late were gone: this machine or its network is slow',
      );
    }
    const code = until === undefined ? 'segment-unreachable' : 'segment-gone-too-soon';
    this.#options.tell([{ code, message, segment: sequence }]);
  }

  async #checkAnswer(segment: CheckedSegment, { headers, bytes }: Fetched): Promise<void> {
    if (!headers) return;
    const { tell } = this.#options;
    const container = bytes[0] === SYNC_BYTE ? 'MPEG-TS' : isMp4(bytes) ? 'MP4' : undefined;
    if (segment.sealed === undefined && container !== undefined)
      tell(segmentHeaderBreaches(headers, segment.sequence, container));
    if (this.#askedAbilities) return;
    this.#askedAbilities = true;
    tell(await abilityBreaches(segment, headers));
  }
}
