import { createHash } from 'node:crypto';
import { InspectError } from '../errors.ts';
import { MAX_SEGMENT_BYTES, MAX_SEGMENTS } from '../limits.ts';
import type { PlaylistReport } from '../report.ts';
import type { PlaylistFollowed, SegmentsLook } from '../segments-look.ts';
import type { TrackFacts } from '../track-look.ts';
import { fetchWhole, type Fetched } from './asking.ts';
import type { CheckedMedia, CheckedSegment } from './checked-playlist.ts';
import { DeclaredTracks } from './declared-tracks.ts';
import { segmentHeaderBreaches } from './headers.ts';
import { scanPackets } from './packet-scan.ts';
import type { Found } from './promises.ts';
import type { Breach } from './rules.ts';
import { abilityBreaches, otherMedia, SYNC_BYTE } from './segment-answer.ts';
import { extinfBreaches, seamBreaches } from './seams.ts';
import { segmentBreaches, type SegmentFacts } from './segment-rules.ts';

/** Fingerprints of segments that are remembered, to notice a name that comes back with other bytes. */
const MAX_NAMES = 4 * MAX_SEGMENTS;
export interface SegmentReaderOptions {
  readonly look: SegmentsLook;
  readonly tell: (breaches: readonly Breach[]) => void;
  /** Says once what is not looked into. */
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
  /** Until when a segment that has left must be there, by `performance.now()`; undefined while it is listed. */
  readonly untilOf: (sequence: number) => number | undefined;
}

interface Queued {
  readonly segment: CheckedSegment;
  readonly independent: boolean;
  /** It does not follow what was asked for before it. */
  readonly breaks: boolean;
}

/** Reads the segments of one playlist in their order, each once, beside the reloads. */
export class SegmentReader {
  readonly #options: SegmentReaderOptions;
  readonly #declared = new DeclaredTracks();
  readonly #bodies = new Map<string, { readonly sequence: number; readonly hash: string }>();
  readonly #sizes: { bytes: number; seconds: number }[] = [];
  readonly #shapes = { video: new Map<string, TrackFacts>(), audio: new Map<string, TrackFacts>() };
  readonly #missing = new Set<string>();
  #before: SegmentFacts | undefined;
  #askedAbilities = false;
  #queue: Queued[] = [];
  #working: Promise<void> = Promise.resolve();
  #isWorking = false;
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
    for (const segment of segments) {
      this.#queue.push({ segment, independent, breaks: this.#breaksNext });
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
    if (forgetsNames) this.#bodies.clear();
  }

  /** A segment of that name has been asked for. */
  knows(segment: CheckedSegment): boolean {
    return (
      this.#bodies.has(nameOf(segment)) ||
      this.#queue.some((one) => one.segment.url.href === segment.url.href)
    );
  }

  /** It could not be fetched while it was listed. */
  wasMissing(segment: CheckedSegment): boolean {
    return this.#missing.has(nameOf(segment));
  }

  /** Nothing is compared over the place where the reading is now. */
  #breakOff(): void {
    if (this.#before) this.#options.tell(extinfBreaches(this.#before, undefined));
    this.#before = undefined;
    this.#options.look.breakClock();
  }

  /** Resolves when all that was asked for has been read. */
  whenIdle(): Promise<void> {
    return this.#working;
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

  async #read({ segment, independent, breaks }: Queued): Promise<void> {
    if (breaks || segment.sequence - 1 !== this.#lastSequence) this.#breakOff();
    this.#lastSequence = segment.sequence;
    if (segment.gap) {
      this.#breakOff();
      return;
    }
    const { tell, note, signal, look } = this.#options;
    let fetched: Fetched;
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
    }
    this.#count++;
    tell(this.#reused(segment, fetched.bytes));
    await this.#checkAnswer(segment, fetched);
    this.#sizes.push({ bytes: fetched.bytes.length, seconds: segment.extinfSeconds });
    const other = segment.sealed ?? otherMedia(fetched.bytes);
    if (other !== undefined) {
      note(`the media is ${other} and is not looked into; all else is checked`);
      this.#breakOff();
      look.take(segment, other);
      return;
    }
    this.#takeApart(segment, fetched.bytes, independent);
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

  #takeApart(segment: CheckedSegment, bytes: Buffer, independent: boolean): void {
    const { tell, look } = this.#options;
    const scan = scanPackets(bytes);
    if (segment.discontinuity) {
      this.#breakOff();
      this.#declared.startOver();
    }
    const looked = look.take(segment, bytes);
    if (!looked.look) {
      const why = scan.framing ?? looked.report.error ?? 'it cannot be read';
      tell([
        {
          code: 'not-ts-packets',
          message: `the segment is no clean MPEG-TS: ${why}`,
          segment: segment.sequence,
        },
      ]);
      this.#before = undefined;
      return;
    }
    const facts: SegmentFacts = { segment, bytes: bytes.length, scan, look: looked.look, independent };
    tell(segmentBreaches(facts));
    tell(this.#declared.see(facts));
    const before = this.#before;
    if (before && before.segment.sequence + 1 === segment.sequence) {
      tell(seamBreaches(before, facts));
      tell(extinfBreaches(before, facts));
    } else if (before) tell(extinfBreaches(before, undefined));
    this.#before = facts;
    for (const track of looked.look.tracks.values()) {
      for (const shape of track.shapes) this.#shapes[track.kind].set(JSON.stringify(shape), shape);
    }
  }

  /** A name that was another segment's: RFC 8216 §6.2.1 lets nothing change that is listed, and caches hold to it. */
  #reused(segment: CheckedSegment, bytes: Buffer): Breach[] {
    const { uri, sequence } = segment;
    const name = nameOf(segment);
    const hash = createHash('sha1').update(bytes).digest('base64');
    const known = this.#bodies.get(name);
    if (this.#bodies.size < MAX_NAMES) this.#bodies.set(name, { sequence, hash });
    // The same bytes again (a slate between programmes) do no harm.
    if (!known || known.sequence === sequence || known.hash === hash) return [];
    const message = `${uri} was segment ${known.sequence}, and now names segment ${sequence} with other bytes`;
    return [{ code: 'uri-reused', message, segment: sequence }];
  }

  async #checkAnswer(segment: CheckedSegment, { headers, bytes }: Fetched): Promise<void> {
    if (!headers) return;
    const { tell } = this.#options;
    if (segment.sealed === undefined && bytes[0] === SYNC_BYTE)
      tell(segmentHeaderBreaches(headers, segment.sequence));
    if (this.#askedAbilities) return;
    this.#askedAbilities = true;
    tell(await abilityBreaches(segment, headers));
  }
}

const nameOf = ({ url, range }: CheckedSegment): string => `${url.href} ${range?.offset ?? ''}`;
