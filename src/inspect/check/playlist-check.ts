import { setTimeout as sleep } from 'node:timers/promises';
import { InspectError } from '../errors.ts';
import type { Findings } from '../findings.ts';
import { MAX_PLAYLIST_BYTES, MAX_SEGMENTS_AT_START } from '../limits.ts';
import type { EndReason } from '../report-media.ts';
import type { PlaylistReport } from '../report-playlist.ts';
import { SegmentsLook } from '../segments-look.ts';
import { Maps } from '../maps.ts';
import { fetchWhole, type Fetched } from './asking.ts';
import type { Reload } from './blocking-reload.ts';
import { readMedia, type CheckedMedia } from './checked-playlist.ts';
import { withSkipped } from './delta.ts';
import { Freshness } from './freshness.ts';
import { goneBreaches } from './gone.ts';
import { playlistHeaderBreaches } from './headers.ts';
import { PlaylistHistory } from './history.ts';
import { LoadPace } from './load-pace.ts';
import { Leavers, type Waiting } from './leavers.ts';
import { isMultivariant } from './lines.ts';
import { LowLatencyFollow } from './low-latency-follow.ts';
import type { Found } from './promises.ts';
import { readText, type PlaylistText } from './playlist-text.ts';
import type { Breach } from './rules.ts';
import { dateBreaches } from './seams.ts';
import { SegmentReader } from './segment-reader.ts';
import type { Standings } from './standings.ts';
import { textBreaches } from './text-rules.ts';

/** How long segments that are on their way are waited for when the time is up, ms. */
const LAST_SEGMENTS_MS = 5_000;

export interface PlaylistCheckOptions {
  /** By `performance.now()`: when to stop. */
  readonly deadline: number;
  readonly findings: Findings;
  /** Where the playlists of a multivariant one are compared as they come. */
  readonly standings: Standings;
  /** For what is in this playlist. */
  readonly tell: (breaches: readonly Breach[]) => void;
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
}

export interface PlaylistChecked {
  readonly report: PlaylistReport;
  readonly found: Found;
}

/** Follows one media playlist as a player does: RFC 8216 §6.3.4. */
export class PlaylistCheck {
  readonly #url: URL;
  readonly #options: PlaylistCheckOptions;
  readonly #pace = new LoadPace();
  readonly #history = new PlaylistHistory();
  readonly #freshness = new Freshness();
  readonly #leavers = new Leavers();
  readonly #reader: SegmentReader;
  readonly #lowLatency: LowLatencyFollow;
  readonly #asked: Promise<void>[] = [];
  /** The time is up: segments that are still on their way are given up. */
  readonly #givenUp = new AbortController();
  #opening: CheckedMedia | undefined;
  #last: CheckedMedia | undefined;
  #lastText = '';
  #lastListedAt = 0;
  #nextSequence: number | undefined;
  #loads = 0;

  /** `uri`: as named in the multivariant playlist. */
  constructor(url: URL, uri: string, options: PlaylistCheckOptions) {
    this.#url = url;
    this.#options = options;
    const signal = AbortSignal.any([options.signal, this.#givenUp.signal]);
    const maps = new Maps(fetchWhole);
    const look = new SegmentsLook(uri, options.findings, maps);
    this.#lowLatency = new LowLatencyFollow({ ...options, url, maps, latency: look.latency, signal });
    this.#reader = new SegmentReader({
      ...options,
      signal,
      look,
      came: ({ sequence }, bytes) => this.#lowLatency.segmentCame(sequence, bytes),
      untilOf: (sequence) => this.#leavers.untilOf(sequence),
    });
  }

  /** Throws {@link InspectError} if the playlist cannot be read even once. */
  async run(first?: Fetched): Promise<PlaylistChecked> {
    const fetched = first ?? (await this.#fetch());
    this.#see(fetched);
    if (!this.#last) throw new InspectError('NOT_MEDIA', `${fetched.url.href} is no media playlist`);
    let ended: EndReason | undefined;
    let askedAt = fetched.requestedAt;
    while ((ended = this.#whyEnded()) === undefined) {
      const blocking = this.#lowLatency.next(this.#last);
      if (!(await this.#waitUntil(askedAt + (blocking?.pause ?? this.#pace.pause) * 1000))) continue;
      askedAt = performance.now();
      const next = await this.#tryFetch(blocking?.reload);
      if (next) this.#see(next, blocking?.reload);
    }
    return this.#finish(ended);
  }

  #whyEnded(): EndReason | undefined {
    const { signal, deadline } = this.#options;
    if (signal.aborted) return 'stopped';
    if (this.#url.protocol === 'file:') return 'end'; // a file does not grow while we look
    const now = performance.now();
    return this.#pace.whyOver(now) ?? (now >= deadline ? 'time' : undefined);
  }

  /** Asks for segments that have left meanwhile. True if the time has come, false if it is up. */
  async #waitUntil(at: number): Promise<boolean> {
    const { deadline, signal } = this.#options;
    for (;;) {
      const now = performance.now();
      this.#askFor(this.#leavers.take(now));
      if (signal.aborted || now >= deadline) return false;
      if (now >= at) return true;
      const until = Math.min(at, deadline, this.#leavers.nextAt ?? Infinity);
      await sleep(Math.max(1, until - now), undefined, { signal }).catch(() => undefined);
    }
  }

  #fetch(): Promise<Fetched> {
    return fetchWhole(this.#url, 'the playlist', MAX_PLAYLIST_BYTES, { signal: this.#options.signal });
  }

  async #tryFetch(reload: Reload | undefined): Promise<Fetched | undefined> {
    const { signal, deadline } = this.#options;
    const askedAt = performance.now();
    const over = reload && AbortSignal.timeout(Math.max(1, Math.ceil(deadline - askedAt)));
    try {
      if (!reload || !over) return await this.#fetch();
      const inTime = AbortSignal.any([signal, over]);
      return await fetchWhole(reload.url, 'the playlist', MAX_PLAYLIST_BYTES, { signal: inTime });
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      // Asked of the signal: a timer may be a little early by the clock.
      if (signal.aborted || over?.aborted === true) return undefined;
      const waited = {
        seconds: (performance.now() - askedAt) / 1000,
        target: this.#last?.targetDuration ?? 0,
      };
      if (this.#lowLatency.refused(reload, error, waited)) return undefined;
      this.#fail(`${error.message}, though it has not ended (no EXT-X-ENDLIST)`);
      return undefined;
    }
  }

  #fail(message: string): void {
    if (this.#pace.failed(performance.now())) return; // it may go, once it has ended
    this.#options.tell([{ code: 'playlist-gone', message }]);
  }

  #see(fetched: Fetched, reload?: Reload): void {
    this.#loads++;
    const { tell } = this.#options;
    const playlist = readText(fetched.bytes);
    if (playlist.text !== this.#lastText) tell(textBreaches(playlist.text, playlist.lines, playlist.isUtf8));
    this.#lastText = playlist.text;
    if (!playlist.lines.some((line) => line.kind === 'tag') || isMultivariant(playlist.lines)) {
      if (this.#last) this.#fail('the answer is no media playlist any more');
      return;
    }
    this.#pace.answered();
    try {
      this.#seePlaylist(fetched, playlist, reload);
    } catch (error) {
      // It names what cannot be a URI; the first time, there is nothing to go on with.
      if (!(error instanceof InspectError) || !this.#last) throw error;
      tell([{ code: 'bad-value', message: error.message }]);
    }
  }

  #seePlaylist(fetched: Fetched, { lines }: PlaylistText, reload: Reload | undefined): void {
    const { tell } = this.#options;
    const last = this.#last;
    const whole = withSkipped(last, readMedia(lines, fetched.url));
    tell(whole.breaches);
    if (whole.lost) return this.#lowLatency.disappoint();
    const playlist = whole.media;
    const change = this.#history.see(playlist);
    const targetSeconds = playlist.targetDuration;
    tell(change.breaches);
    if (fetched.headers) {
      const live = !playlist.endList && reload?.place === undefined; // what was waited for may be kept
      tell(playlistHeaderBreaches(fetched.headers, fetched.url, { live, targetSeconds }));
    }
    this.#lowLatency.see({ media: playlist, last, fetched, reload, isLost: change.lost !== undefined });
    this.#pace.loaded(playlist, change.isNew);
    if (!playlist.endList && targetSeconds !== undefined)
      tell(this.#freshness.see(fetched, change.isNew, targetSeconds));
    if (change.lost !== undefined) {
      this.#reader.startOver(change.lost === 'back');
      this.#leavers.clear();
      this.#nextSequence = playlist.mediaSequence;
    } else this.#leavers.add(change.left, this.#lastListedAt, performance.now());
    this.#lastListedAt = fetched.requestedAt - fetched.ageMs;
    this.#takeNew(playlist, change.lost === 'misfit');
    this.#opening ??= playlist;
    this.#last = playlist;
  }

  #takeNew(playlist: CheckedMedia, isLost: boolean): void {
    const { segments, endList } = playlist;
    const enterAt = endList ? undefined : segments.at(-MAX_SEGMENTS_AT_START)?.sequence;
    const from = this.#nextSequence ?? enterAt ?? playlist.mediaSequence;
    if (this.#nextSequence !== undefined && playlist.mediaSequence > this.#nextSequence) {
      this.#options.note(
        `EXT-X-MEDIA-SEQUENCE went ${playlist.mediaSequence - this.#nextSequence} past the last segment that was listed: what was between was not read`,
      );
    }
    const fresh = segments.filter(
      (segment) => segment.sequence >= from && !(isLost && this.#reader.knows(segment)),
    );
    this.#options.tell(dateBreaches(segments, from));
    this.#nextSequence = playlist.mediaSequence + segments.length;
    this.#reader.enqueue(fresh, playlist);
  }

  #askFor(waiting: readonly Waiting[]): void {
    for (const one of waiting) {
      if (this.#reader.wasMissing(one.segment)) continue;
      this.#asked.push(goneBreaches(one).then(this.#options.tell));
    }
  }

  async #finish(ended: EndReason): Promise<PlaylistChecked> {
    const { signal } = this.#options;
    this.#askFor(this.#leavers.takeAll(performance.now()));
    const enough = new AbortController();
    const idle = Promise.all([this.#reader.whenIdle(), this.#lowLatency.whenIdle()]);
    await Promise.race([idle, this.#enough(enough.signal)]);
    enough.abort();
    if (!signal.aborted) this.#reader.tellLate();
    this.#givenUp.abort();
    if (!signal.aborted) await Promise.all(this.#asked);
    this.#reader.end();
    const last = this.#last!;
    const report = this.#reader.report({ opening: this.#opening!, last, ended, loads: this.#loads });
    const fps = report.tracks.find(({ kind, frames }) => kind === 'video' && frames > 0)?.fps;
    return { report, found: this.#reader.found(last, fps) };
  }

  /** What has ended may be long, and has the whole time to be read. */
  async #enough(done: AbortSignal): Promise<void> {
    const signal = AbortSignal.any([done, this.#options.signal]);
    const left = Math.max(0, this.#options.deadline - performance.now());
    await sleep(left + LAST_SEGMENTS_MS, undefined, { signal }).catch(() => undefined);
  }
}
