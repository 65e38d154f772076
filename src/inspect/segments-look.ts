import { InspectError } from './errors.ts';
import type { Findings } from './findings.ts';
import { FragmentedLook } from './fmp4-look.ts';
import { LowLatencyLook } from './low-latency-look.ts';
import { Maps, type MapLooked } from './maps.ts';
import { findInMedia } from './media-findings.ts';
import { MediaLook } from './media-look.ts';
import { rounded, seconds } from './numbers.ts';
import type { MediaPlaylist, PlaylistSegment } from './playlist.ts';
import { readWhole } from './reading.ts';
import { referenceEnd } from './fmp4-reference.ts';
import type { EndReason } from './report-media.ts';
import type { PlaylistReport, SegmentReport } from './report-playlist.ts';
import {
  lookAtSegment,
  takeSegmentApart,
  unreadSegment,
  type SegmentLooked,
  type SegmentLookOptions,
} from './segment-look.ts';
import { TransportClock } from './ts-packets.ts';

/** EXTINF may be off by this much before it is called odd: less than a frame at 60 per second. */
const EXTINF_TOLERANCE_SECONDS = 0.015;

export interface PlaylistFollowed {
  readonly opening: MediaPlaylist;
  readonly last: MediaPlaylist;
  readonly ended: EndReason;
  /** How often the playlist was read. */
  readonly loads: number;
}

/** Looks at the segments of one playlist, in their order, and reports on them in the end. */
export class SegmentsLook {
  readonly #uri: string;
  readonly #findings: Findings;
  readonly #media = new MediaLook();
  readonly #clock = new TransportClock();
  readonly #looked: SegmentLooked[] = [];
  readonly maps: Maps;
  /** To be told of each load. */
  readonly latency = new LowLatencyLook();
  #bytes = 0;

  /** `uri`: of the playlist, for the findings. `maps`: fetches initialization sections. */
  constructor(uri: string, findings: Findings, maps = new Maps(readWhole)) {
    this.#uri = uri;
    this.#findings = findings;
    this.maps = maps;
  }

  get count(): number {
    return this.#looked.length;
  }

  /** Fetches it first. */
  async fetch(
    segment: PlaylistSegment,
    targetDuration: number | undefined,
    signal?: AbortSignal,
  ): Promise<void> {
    this.#before(segment);
    const looked = await this.#fetchAndLook(segment, signal);
    if (signal?.aborted && looked.report.error !== undefined) return;
    this.#add(looked);
    if (targetDuration !== undefined && Math.round(segment.extinfSeconds) > targetDuration) {
      const message = `EXTINF ${segment.extinfSeconds} is over the target duration of ${targetDuration} s`;
      this.#findings.add('segment-over-target-duration', message, this.#where(segment));
    }
  }

  async #fetchAndLook(segment: PlaylistSegment, signal: AbortSignal | undefined): Promise<SegmentLooked> {
    if (segment.gap)
      return { report: { ...unreadSegment(segment, 0, 'a gap: there is nothing to fetch'), gap: true } };
    const map =
      segment.map && segment.sealed === undefined ? await this.#mapOf(segment.map, signal) : undefined;
    if (typeof map !== 'string') return lookAtSegment(segment, signal, { ...this.#options(segment), map });
    if (!signal?.aborted) this.#findings.add('segment-not-read', map, this.#where(segment));
    return { report: unreadSegment(segment, 0, map) };
  }

  /** Or why there is none. */
  async #mapOf(
    reference: NonNullable<PlaylistSegment['map']>,
    signal: AbortSignal | undefined,
  ): Promise<Extract<MapLooked, { init: unknown }> | string> {
    try {
      const map = await this.maps.get(reference, signal);
      return 'init' in map ? map : `its initialization section ${reference.uri} cannot be used: ${map.why}`;
    } catch (error) {
      if (error instanceof InspectError) return error.message;
      throw error;
    }
  }

  /** `bytes`: of a segment that has been fetched, or why it could not be. */
  take(
    segment: PlaylistSegment,
    bytes: Buffer | string,
    map?: Extract<MapLooked, { init: unknown }>,
  ): SegmentLooked {
    this.#before(segment);
    const looked =
      typeof bytes === 'string'
        ? { report: unreadSegment(segment, 0, bytes) }
        : takeSegmentApart(segment, bytes, { ...this.#options(segment), map });
    this.#add(looked);
    return looked;
  }

  /** What comes next has another clock. */
  breakClock(): void {
    this.#media.breakClock();
    this.#clock.breakClock();
  }

  #before(segment: PlaylistSegment): void {
    if (segment.discontinuity) this.breakClock();
  }

  #add(looked: SegmentLooked): void {
    if (looked.report.error !== undefined) this.breakClock();
    if (looked.look instanceof FragmentedLook) {
      const end = referenceEnd(looked.look);
      if (end !== undefined) this.latency.seeReference(end, Date.now());
    }
    this.#looked.push(looked);
    this.#bytes += looked.report.bytes;
  }

  #options(segment: PlaylistSegment): SegmentLookOptions {
    return {
      media: this.#media,
      clock: this.#clock,
      findings: this.#findings,
      where: this.#where(segment),
    };
  }

  #where(segment: PlaylistSegment): string {
    return `${this.#uri} #${segment.sequence}`;
  }

  report({ opening, last, ended, loads }: PlaylistFollowed): PlaylistReport {
    const media = this.#media.report(this.#bytes);
    const segments = this.#looked.map((looked, index) => this.#measure(looked, this.#looked[index + 1]));
    if (segments.some((segment) => segment.error === undefined))
      findInMedia(media, this.#findings, this.#uri);
    const rates = segments.map((segment) => segment.bitsPerSecond).filter((rate) => rate !== undefined);
    const sum = (of: (segment: SegmentReport) => number): number =>
      rounded(
        segments.reduce((total, segment) => total + of(segment), 0),
        6,
      );
    return {
      uri: this.#uri,
      ended,
      live: !last.endList,
      version: last.version,
      playlistType: last.playlistType,
      targetDuration: last.targetDuration,
      independentSegments: last.independentSegments,
      discontinuitySequence: last.discontinuitySequence,
      firstMediaSequence: opening.mediaSequence,
      lastMediaSequence: last.mediaSequence,
      loads,
      extinfSumSeconds: sum((segment) => segment.extinfSeconds),
      mediaSumSeconds: sum((segment) => segment.mediaSeconds ?? 0),
      peakSegmentBitsPerSecond: rates.length > 0 ? Math.max(...rates) : undefined,
      segments,
      ...(this.maps.report().length > 0 && { maps: this.maps.report() }),
      ...this.latency.report(),
      ...media,
    };
  }

  /** How long the segment's media really is: known only once the next one has begun. */
  #measure({ report, reference }: SegmentLooked, next: SegmentLooked | undefined): SegmentReport {
    if (!reference) return report;
    const goesOn =
      next?.reference && next.report.sequence === report.sequence + 1 && !next.report.discontinuity;
    const mean = reference.frames > 1 ? (reference.lastDts - reference.firstDts) / (reference.frames - 1) : 0;
    const step = reference.lastFrameTicks ?? mean;
    const end = goesOn ? next.reference.firstDts : reference.lastDts + step;
    const mediaSeconds = seconds(end - reference.firstDts);
    const differenceSeconds = rounded(report.extinfSeconds - mediaSeconds, 6);
    if (Math.abs(differenceSeconds) > EXTINF_TOLERANCE_SECONDS) {
      const message = `EXTINF says ${report.extinfSeconds} s, the media lasts ${mediaSeconds} s`;
      this.#findings.add('extinf-off', message, `${this.#uri} #${report.sequence}`);
    }
    return { ...report, mediaSeconds, measuredTo: goesOn ? 'next' : 'last', differenceSeconds };
  }
}
