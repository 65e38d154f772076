import { TICKS_PER_SECOND } from '../../media/time.ts';
import { InspectError } from '../errors.ts';
import { ANSWER_TIMEOUT_MS, MAX_SEGMENT_BYTES, MAX_SEGMENTS } from '../limits.ts';
import type { PlaylistReport } from '../report.ts';
import type { SegmentMedia } from '../segment-media.ts';
import type { PlaylistFollowed, SegmentsLook } from '../segments-look.ts';
import type { TrackFacts } from '../track-look.ts';
import type { MapInForce } from '../maps.ts';
import { fetchWhole, type Fetched } from './asking.ts';
import type { CheckedMedia, CheckedSegment } from './checked-playlist.ts';
import { DeclaredTracks } from './declared-tracks.ts';
import { segmentHeaderBreaches } from './headers.ts';
import { Drift } from './drift.ts';
import { scanPackets } from './packet-scan.ts';
import type { Found } from './promises.ts';
import type { Landmark } from './variants.ts';
import type { Breach } from './rules.ts';
import { nameOf, SegmentNames } from './segment-names.ts';
import { mapFor } from './segment-map.ts';
import { abilityBreaches, isMp4, Needs, otherMedia, SYNC_BYTE } from './segment-answer.ts';
import { extinfBreaches, seamBreaches } from './seams.ts';
import { segmentBreaches, type SegmentFacts } from './segment-rules.ts';

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

interface Queued {
  readonly segment: CheckedSegment;
  readonly independent: boolean;
  /** EXTINF may have decimals: RFC 8216 §4.3.2.1. */
  readonly exact: boolean;
  /** It does not follow what was asked for before it. */
  readonly breaks: boolean;
}

/** Reads the segments of one playlist in their order, each once, beside the reloads. */
export class SegmentReader {
  readonly #options: SegmentReaderOptions;
  readonly #declared = new DeclaredTracks();
  readonly #names = new SegmentNames();
  readonly #sizes: { bytes: number; seconds: number }[] = [];
  readonly #shapes = { video: new Map<string, TrackFacts>(), audio: new Map<string, TrackFacts>() };
  readonly #missing = new Set<string>();
  readonly #landmarks: Landmark[] = [];
  readonly #needs = new Needs();
  readonly #drift = new Drift();
  #before: SegmentFacts | undefined;
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

  /** Nothing is compared over the place where the reading is now. */
  #breakOff(): void {
    if (this.#before) this.#options.tell(extinfBreaches(this.#before, undefined));
    this.#before = undefined;
    this.#drift.startOver();
    this.#options.look.breakClock();
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
    if (this.#before) this.#options.tell(extinfBreaches(this.#before, undefined));
    this.#before = undefined;
  }

  report(followed: PlaylistFollowed): PlaylistReport {
    return this.#options.look.report(followed);
  }

  found(playlist: CheckedMedia, fps: number | undefined): Found {
    return {
      live: !playlist.endList,
      targetSeconds: playlist.targetDuration ?? 0,
      video: [...this.#shapes.video.values()],
      audio: [...this.#shapes.audio.values()],
      fps,
      sizes: this.#sizes,
      landmarks: this.#landmarks,
    };
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
    if (breaks || segment.sequence - 1 !== this.#lastSequence) this.#breakOff();
    this.#lastSequence = segment.sequence;
    if (segment.gap) {
      this.#breakOff();
      return;
    }
    const { tell, note, signal, look } = this.#options;
    let fetched: Fetched;
    this.#onItsWay = { segment, since: performance.now() };
    try {
      fetched = await fetchWhole(segment.url, 'the segment', MAX_SEGMENT_BYTES, {
        signal,
        range: segment.range,
      });
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      if (signal.aborted) return;
      this.#count++;
      this.#tellMissing(segment, error.message);
      this.#breakOff();
      this.#missing.add(nameOf(segment));
      look.take(segment, error.message);
      return;
    } finally {
      this.#onItsWay = undefined;
    }
    this.#count++;
    tell(this.#names.see(segment, fetched.bytes));
    await this.#checkAnswer(segment, fetched);
    tell(await this.#needs.see(segment));
    this.#sizes.push({ bytes: fetched.bytes.length, seconds: segment.extinfSeconds });
    this.#options.came(segment, fetched.bytes);
    const other = segment.sealed ?? otherMedia(fetched.bytes);
    if (other !== undefined) {
      note(`the media is ${other} and is not looked into; all else is checked`);
      this.#breakOff();
      look.take(segment, other);
      return;
    }
    const map = await mapFor(segment, fetched.bytes, { ...this.#options, maps: look.maps });
    if (map !== 'unusable') {
      this.#takeApart(queued, fetched.bytes, map);
      return;
    }
    this.#breakOff();
    look.take(segment, 'there is no initialization section to read it with');
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

  #takeApart({ segment, independent, exact }: Queued, bytes: Buffer, map: MapInForce | undefined): void {
    const { tell, look } = this.#options;
    const scan = map ? undefined : scanPackets(bytes);
    if (segment.discontinuity) {
      this.#breakOff();
      this.#declared.startOver();
    }
    const looked = look.take(segment, bytes, map);
    if (!looked.look) {
      const why = scan?.framing ?? looked.report.error ?? 'it cannot be read';
      const [code, message] = map
        ? (['bad-fragment', `the segment is no MP4 that can be read: ${why}`] as const)
        : (['not-ts-packets', `the segment is no clean MPEG-TS: ${why}`] as const);
      tell([{ code, message, segment: segment.sequence }]);
      this.#before = undefined;
      return;
    }
    const facts: SegmentFacts = { segment, bytes: bytes.length, scan, look: looked.look, independent };
    tell(segmentBreaches(facts));
    tell(this.#declared.see(facts));
    const before = this.#before;
    if (before && before.segment.sequence + 1 === segment.sequence) {
      const seam = seamBreaches(before, facts);
      const off = extinfBreaches(before, facts);
      tell([...seam, ...off]);
      if (seam.length + off.length > 0) this.#drift.startOver(); // what is told already adds up to nothing new
    } else if (before) tell(extinfBreaches(before, undefined));
    if (exact) tell(this.#drift.see(facts));
    this.#before = facts;
    this.#mark(segment, looked.look);
    for (const track of looked.look.tracks.values()) {
      for (const shape of track.shapes) this.#shapes[track.kind].set(JSON.stringify(shape), shape);
    }
  }

  #mark(
    { sequence, discontinuitySequence, dateTime, extinfSeconds }: CheckedSegment,
    look: SegmentMedia,
  ): void {
    const reference = look.firstTrack('video') ?? look.firstTrack('audio');
    if (!reference) return;
    const begin = reference.minPts / TICKS_PER_SECOND;
    this.#landmarks.push({ sequence, discontinuitySequence, dateTime, begin, seconds: extinfSeconds });
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
