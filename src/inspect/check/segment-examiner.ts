import { TICKS_PER_SECOND } from '../../media/time.ts';
import type { MapInForce } from '../maps.ts';
import type { SegmentMedia } from '../segment-media.ts';
import type { SegmentsLook } from '../segments-look.ts';
import type { TrackFacts } from '../track-look.ts';
import type { CheckedMedia, CheckedSegment } from './checked-playlist.ts';
import { DeclaredTracks } from './declared-tracks.ts';
import { Drift } from './drift.ts';
import { scanPackets } from './packet-scan.ts';
import type { Found } from './promises.ts';
import type { Breach } from './rules.ts';
import { extinfBreaches, seamBreaches } from './seams.ts';
import { segmentBreaches, type SegmentFacts } from './segment-rules.ts';
import type { Landmark } from './variants.ts';

/** What of its playlist counts for a segment. */
export interface Circumstances {
  readonly independent: boolean;
  /** EXTINF may have decimals: RFC 8216 §4.3.2.1. */
  readonly exact: boolean;
}

/** Looks into the segments of one playlist, in their order, and at the places where one goes over into the next. */
export class SegmentExaminer {
  readonly #look: SegmentsLook;
  readonly #tell: (breaches: readonly Breach[]) => void;
  readonly #declared = new DeclaredTracks();
  readonly #drift = new Drift();
  readonly #sizes: { bytes: number; seconds: number }[] = [];
  readonly #shapes = { video: new Map<string, TrackFacts>(), audio: new Map<string, TrackFacts>() };
  readonly #landmarks: Landmark[] = [];
  #before: SegmentFacts | undefined;

  constructor(look: SegmentsLook, tell: (breaches: readonly Breach[]) => void) {
    this.#look = look;
    this.#tell = tell;
  }

  /** Nothing is compared over the place where the reading is now. */
  breakOff(): void {
    this.end();
    this.#drift.startOver();
    this.#look.breakClock();
  }

  /** No more is coming. */
  end(): void {
    if (this.#before) this.#tell(extinfBreaches(this.#before, undefined));
    this.#before = undefined;
  }

  /** A segment has been fetched; whether it can be looked into is another matter. */
  weigh({ extinfSeconds: seconds }: CheckedSegment, bytes: Buffer): void {
    this.#sizes.push({ bytes: bytes.length, seconds });
  }

  /** @param why nothing is known of what is in it */
  skip(segment: CheckedSegment, why: string): void {
    this.breakOff();
    this.#look.take(segment, why);
  }

  examine(
    segment: CheckedSegment,
    bytes: Buffer,
    { independent, exact, map }: Circumstances & { readonly map: MapInForce | undefined },
  ): void {
    const scan = map ? undefined : scanPackets(bytes);
    if (segment.discontinuity) {
      this.breakOff();
      this.#declared.startOver();
    }
    const { look, report } = this.#look.take(segment, bytes, map);
    if (!look) return this.#unreadable(segment, map, scan?.framing ?? report.error ?? 'it cannot be read');
    const facts: SegmentFacts = { segment, bytes: bytes.length, scan, look, independent };
    this.#tell(segmentBreaches(facts));
    this.#tell(this.#declared.see(facts));
    this.#compare(facts);
    if (exact) this.#tell(this.#drift.see(facts));
    this.#before = facts;
    this.#mark(segment, look);
    for (const track of look.tracks.values()) {
      for (const shape of track.shapes) this.#shapes[track.kind].set(JSON.stringify(shape), shape);
    }
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
      control: playlist.lowLatency?.control,
    };
  }

  #unreadable({ sequence }: CheckedSegment, map: MapInForce | undefined, why: string): void {
    const [code, message] = map
      ? (['bad-fragment', `the segment is no MP4 that can be read: ${why}`] as const)
      : (['not-ts-packets', `the segment is no clean MPEG-TS: ${why}`] as const);
    this.#tell([{ code, message, segment: sequence }]);
    this.#before = undefined;
  }

  /** With the one before it. */
  #compare(facts: SegmentFacts): void {
    const before = this.#before;
    if (!before) return;
    if (before.segment.sequence + 1 !== facts.segment.sequence)
      return this.#tell(extinfBreaches(before, undefined));
    const breaches = [...seamBreaches(before, facts), ...extinfBreaches(before, facts)];
    this.#tell(breaches);
    if (breaches.length > 0) this.#drift.startOver(); // what is told already adds up to nothing new
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
}
