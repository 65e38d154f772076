import { setTimeout as sleep } from 'node:timers/promises';
import { InspectError } from './errors.ts';
import type { Findings } from './findings.ts';
import { MAX_PLAYLIST_BYTES, MAX_SEGMENTS, MAX_SEGMENTS_AT_START, MIN_RELOAD_MS } from './limits.ts';
import { readPlaylist, type MediaPlaylist } from './playlist.ts';
import { readWhole } from './reading.ts';
import { ReloadWatch } from './reload-watch.ts';
import type { EndReason } from './report-media.ts';
import type { PlaylistReport } from './report-playlist.ts';
import { SegmentsLook } from './segments-look.ts';

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
  readonly #segments: SegmentsLook;
  readonly #reloads: ReloadWatch;
  #next: number | undefined;

  /** `uri`: as named in the multivariant playlist, for the findings. */
  constructor(url: URL, uri: string, options: PlaylistLookOptions) {
    this.#url = url;
    this.#uri = uri;
    this.#options = options;
    this.#segments = new SegmentsLook(uri, options.findings);
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
      this.#segments.latency.see(playlist, Date.now());
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
    return this.#segments.report({ opening, last: playlist, ended, loads: this.#reloads.loads });
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
      this.#segments.breakClock();
    }
    for (const segment of playlist.segments) {
      if (this.#next !== undefined && segment.sequence < this.#next) continue;
      if (signal?.aborted) return 'stopped';
      if (live && Date.now() >= deadline && this.#segments.count > 0) return 'time';
      if (this.#segments.count >= MAX_SEGMENTS) {
        findings.add('stopped-at-limit', `only the first ${MAX_SEGMENTS} segments were read`, this.#uri);
        return 'limit';
      }
      await this.#segments.fetch(segment, playlist.targetDuration, signal);
      this.#next = segment.sequence + 1;
    }
    return live ? undefined : 'end';
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
}
