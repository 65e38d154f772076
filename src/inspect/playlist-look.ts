import { setTimeout as sleep } from 'node:timers/promises';
import { InspectError } from './errors.ts';
import type { Findings } from './findings.ts';
import { MAX_PLAYLIST_BYTES, MAX_SEGMENTS, MAX_SEGMENTS_AT_START } from './limits.ts';
import { findInMedia } from './media-findings.ts';
import { MediaLook } from './media-look.ts';
import { rounded, seconds } from './numbers.ts';
import { readPlaylist, type MediaPlaylist, type PlaylistSegment } from './playlist.ts';
import { readWhole } from './reading.ts';
import { ReloadWatch } from './reload-watch.ts';
import type { EndReason, PlaylistReport, SegmentReport } from './report.ts';
import { lookAtSegment, type SegmentLooked } from './segment-look.ts';
import { TransportClock } from './ts-packets.ts';

/** EXTINF may be off by this much before it is called odd: less than a frame at 60 per second. */
const EXTINF_TOLERANCE_SECONDS = 0.015;
/** Never ask for a playlist more often, whatever its target duration says. */
const MIN_RELOAD_MS = 250;

export interface PlaylistLookOptions {
  /** `Date.now()` at which a live playlist is no longer followed. */
  readonly deadline: number;
  readonly signal?: AbortSignal | undefined;
  readonly findings: Findings;
}

/** Follows one media playlist, and fetches each of its segments once. */
export class PlaylistLook {
  readonly #url: URL;
  readonly #uri: string;
  readonly #options: PlaylistLookOptions;
  readonly #media = new MediaLook();
  readonly #clock = new TransportClock();
  readonly #reloads: ReloadWatch;
  readonly #looked: SegmentLooked[] = [];
  #next: number | undefined;
  #bytes = 0;

  /** `uri`: as named in the multivariant playlist, for the findings. */
  constructor(url: URL, uri: string, options: PlaylistLookOptions) {
    this.#url = url;
    this.#uri = uri;
    this.#options = options;
    this.#reloads = new ReloadWatch(uri, options.findings);
  }

  /** Throws {@link InspectError} if the playlist cannot be read even once. */
  async run(first?: MediaPlaylist): Promise<PlaylistReport> {
    let playlist = first ?? (await this.#load());
    const opening = playlist;
    for (const warning of playlist.warnings)
      this.#options.findings.add('playlist-parser', warning, this.#uri);
    let ended: EndReason | undefined;
    for (;;) {
      const changed = this.#reloads.see(playlist, Date.now());
      ended = await this.#lookAtNew(playlist);
      if (ended !== undefined) break;
      if (!(await this.#wait(playlist, changed))) {
        ended = this.#options.signal?.aborted ? 'stopped' : 'time';
        break;
      }
      try {
        playlist = await this.#load();
      } catch (error) {
        if (!(error instanceof InspectError)) throw error;
        if (this.#options.signal?.aborted) ended = 'stopped';
        else {
          ended = 'broken';
          this.#options.findings.add('playlist-unreachable', error.message, this.#uri);
        }
        break;
      }
    }
    return this.#report(opening, playlist, ended);
  }

  async #load(): Promise<MediaPlaylist> {
    const { signal } = this.#options;
    const { url, bytes } = await readWhole(this.#url, 'the playlist', MAX_PLAYLIST_BYTES, { signal });
    const playlist = readPlaylist(bytes.toString('utf8'), url);
    if (playlist.kind === 'media') return playlist;
    throw new InspectError('BROKEN', `${url.href} is a multivariant playlist where a media playlist belongs`);
  }

  /** A file does not grow while we look; everything else without an end is followed. */
  #isLive(playlist: MediaPlaylist): boolean {
    return !playlist.endList && this.#url.protocol !== 'file:';
  }

  /** Returns why that was all, or undefined if more may come. */
  async #lookAtNew(playlist: MediaPlaylist): Promise<EndReason | undefined> {
    const { deadline, signal, findings } = this.#options;
    const live = this.#isLive(playlist);
    if (this.#next === undefined && live && playlist.segments.length > MAX_SEGMENTS_AT_START) {
      this.#next = playlist.segments.at(-MAX_SEGMENTS_AT_START)!.sequence;
    }
    if (this.#next !== undefined && playlist.mediaSequence > this.#next) {
      const missed = playlist.mediaSequence - this.#next;
      findings.add(
        'playlist-segments-missed',
        `${missed} segments left the playlist before they were read`,
        this.#uri,
      );
      this.#breakClock();
    }
    for (const segment of playlist.segments) {
      if (this.#next !== undefined && segment.sequence < this.#next) continue;
      if (signal?.aborted) return 'stopped';
      if (live && Date.now() >= deadline && this.#looked.length > 0) return 'time';
      if (this.#looked.length >= MAX_SEGMENTS) {
        findings.add('stopped-at-limit', `only the first ${MAX_SEGMENTS} segments were read`, this.#uri);
        return 'limit';
      }
      await this.#lookAt(segment, playlist);
      this.#next = segment.sequence + 1;
    }
    return live ? undefined : 'end';
  }

  async #lookAt(segment: PlaylistSegment, { targetDuration }: MediaPlaylist): Promise<void> {
    const { findings, signal } = this.#options;
    const where = `${this.#uri} #${segment.sequence}`;
    if (segment.discontinuity) this.#breakClock();
    const looked = await lookAtSegment(segment, {
      media: this.#media,
      clock: this.#clock,
      findings,
      where,
      signal,
    });
    if (signal?.aborted && looked.report.error !== undefined) return;
    if (looked.report.error !== undefined) this.#breakClock();
    this.#looked.push(looked);
    this.#bytes += looked.report.bytes;
    if (targetDuration !== undefined && Math.round(segment.extinfSeconds) > targetDuration) {
      const message = `EXTINF ${segment.extinfSeconds} is over the target duration of ${targetDuration} s`;
      findings.add('segment-over-target-duration', message, where);
    }
  }

  #breakClock(): void {
    this.#media.breakClock();
    this.#clock.breakClock();
  }

  /** RFC 8216 §6.3.4: a target duration after a change, half of it otherwise. False once the time is up. */
  async #wait(playlist: MediaPlaylist, changed: boolean): Promise<boolean> {
    const { deadline, signal } = this.#options;
    const period = (playlist.targetDuration ?? 2) * 1000 * (changed ? 1 : 0.5);
    const left = deadline - Date.now();
    if (left <= 0) return false;
    const wait = Math.max(MIN_RELOAD_MS, period);
    await sleep(Math.min(wait, left), undefined, { signal }).catch(() => undefined);
    return wait < left && signal?.aborted !== true;
  }

  #report(opening: MediaPlaylist, last: MediaPlaylist, ended: EndReason): PlaylistReport {
    const { findings } = this.#options;
    const media = this.#media.report(this.#bytes);
    const segments = this.#looked.map((looked, index) => this.#measure(looked, this.#looked[index + 1]));
    if (segments.some((segment) => segment.error === undefined)) findInMedia(media, findings, this.#uri);
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
      loads: this.#reloads.loads,
      extinfSumSeconds: sum((segment) => segment.extinfSeconds),
      mediaSumSeconds: sum((segment) => segment.mediaSeconds ?? 0),
      peakSegmentBitsPerSecond: rates.length > 0 ? Math.max(...rates) : undefined,
      segments,
      ...media,
    };
  }

  /** How long the segment's media really is: known only once the next one has begun. */
  #measure({ report, reference }: SegmentLooked, next: SegmentLooked | undefined): SegmentReport {
    if (!reference) return report;
    const goesOn =
      next?.reference && next.report.sequence === report.sequence + 1 && !next.report.discontinuity;
    const step = reference.frames > 1 ? (reference.lastDts - reference.firstDts) / (reference.frames - 1) : 0;
    const end = goesOn ? next.reference.firstDts : reference.lastDts + step;
    const mediaSeconds = seconds(end - reference.firstDts);
    const differenceSeconds = rounded(report.extinfSeconds - mediaSeconds, 6);
    if (Math.abs(differenceSeconds) > EXTINF_TOLERANCE_SECONDS) {
      const message = `EXTINF says ${report.extinfSeconds} s, the media lasts ${mediaSeconds} s`;
      this.#options.findings.add('extinf-off', message, `${this.#uri} #${report.sequence}`);
    }
    return { ...report, mediaSeconds, measuredTo: goesOn ? 'next' : 'last', differenceSeconds };
  }
}
