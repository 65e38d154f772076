import { pathToFileURL } from 'node:url';
import { InspectError } from '../errors.ts';
import { Findings } from '../findings.ts';
import { compareVariant, hlsBody } from '../hls-look.ts';
import { MAX_PLAYLIST_BYTES, MAX_PLAYLISTS } from '../limits.ts';
import { rounded } from '../numbers.ts';
import { openSource, targetUrl } from '../open-source.ts';
import type { Variant } from '../playlist.ts';
import { peek, readRest } from '../reading.ts';
import { REPORT_FORMAT, type HlsReport } from '../report.ts';
import { fetchWhole, type Fetched } from './asking.ts';
import type { CheckReport } from './check-report.ts';
import { readMultivariant, type CheckedMultivariant } from './checked-multivariant.ts';
import { ageMs, playlistHeaderBreaches } from './headers.ts';
import { isMultivariant } from './lines.ts';
import { PlaylistCheck, type PlaylistChecked, type PlaylistCheckOptions } from './playlist-check.ts';
import { readText } from './playlist-text.ts';
import { promiseBreaches, withRenditions } from './promises.ts';
import type { Breach } from './rules.ts';
import { textBreaches } from './text-rules.ts';
import { variantBreaches } from './variants.ts';
import { Standings } from './standings.ts';
import { Violations } from './violations.ts';

export interface CheckOptions {
  /** How long to follow a live playlist. */
  readonly seconds: number;
  /** Ends the check early; what was seen so far is told. */
  readonly signal?: AbortSignal | undefined;
}

export type CheckedReport = HlsReport & { readonly check: CheckReport };

/**
 * Follows a playlist (with all its variants) as a strict validator: each rule that is broken, and how often.
 *
 * @throws {InspectError} if it cannot be reached or is no playlist
 */
export async function check(target: string, options: CheckOptions): Promise<CheckedReport> {
  const url = targetUrl(target, pathToFileURL);
  const signal = options.signal ?? new AbortController().signal;
  const first = await fetchFirst(url, target, signal);
  return new Check(target, { ...options, signal }).run(first);
}

async function fetchFirst(url: URL, target: string, signal: AbortSignal): Promise<Fetched> {
  const requestedAt = performance.now();
  const opened = await openSource(url, { signal });
  const { source } = await peek(opened, signal, (head, isAll) => refuseOthers(head, isAll, target));
  const bytes = await readRest(source, 'the playlist', MAX_PLAYLIST_BYTES, signal);
  const { headers } = source;
  if (!readText(bytes).lines.some((line) => line.kind === 'tag')) {
    throw new InspectError('NOT_MEDIA', `${target} is no playlist: there is not one tag of HLS in it`);
  }
  return {
    url: source.url,
    bytes,
    headers,
    requestedAt,
    arrivedAt: performance.now(),
    ageMs: ageMs(headers),
  };
}

/** A stream has no end: it must not be read as if it were a text. */
function refuseOthers(head: Buffer, isAll: boolean, target: string): true | undefined {
  if (head.length < 4 && !isAll) return undefined;
  const what = head.toString('latin1', 0, 3) === 'FLV' ? 'FLV' : head[0] === 0x47 ? 'MPEG-TS' : undefined;
  if (what !== undefined)
    throw new InspectError('FORMAT', `${target} is ${what}; --check is for playlists of HLS`);
  return true;
}

class Check {
  readonly #target: string;
  readonly #options: CheckOptions & { readonly signal: AbortSignal };
  readonly #startedAt = performance.now();
  readonly #violations = new Violations();
  readonly #notes = new Set<string>();
  readonly #findings = new Findings();
  readonly #standings = new Standings();

  constructor(target: string, options: CheckOptions & { readonly signal: AbortSignal }) {
    this.#target = target;
    this.#options = options;
  }

  async run(first: Fetched): Promise<CheckedReport> {
    const { lines } = readText(first.bytes);
    if (isMultivariant(lines)) return this.#checkMultivariant(first);
    const uri = nameOf(first.url);
    const { report } = await new PlaylistCheck(first.url, uri, this.#forPlaylist(uri)).run(first);
    return this.#report(hlsBody('media', [], [report]));
  }

  get #seconds(): number {
    return rounded((performance.now() - this.#startedAt) / 1000, 3);
  }

  #forPlaylist(playlist: string): PlaylistCheckOptions {
    return {
      deadline: this.#startedAt + this.#options.seconds * 1000,
      findings: this.#findings,
      standings: this.#standings,
      signal: this.#options.signal,
      tell: (breaches) => this.#tell(playlist, breaches),
      note: (text) => void this.#notes.add(`${playlist}: ${text}`),
    };
  }

  #tell(playlist: string, breaches: readonly Breach[]): void {
    for (const breach of breaches) this.#violations.add(breach, { playlist, atSeconds: this.#seconds });
  }

  async #checkMultivariant(first: Fetched): Promise<CheckedReport> {
    const name = nameOf(first.url);
    const opening = this.#seeMultivariant(name, first);
    const { playlists } = opening;
    if (playlists.length === 0)
      throw new InspectError('BROKEN', 'the multivariant playlist names no playlist');
    if (playlists.length > MAX_PLAYLISTS) {
      this.#notes.add(`only ${MAX_PLAYLISTS} of ${playlists.length} playlists were checked`);
    }
    const checked = await this.#checkAll(playlists.slice(0, MAX_PLAYLISTS));
    const closing = await this.#loadAgain(name, first.url);
    const targets = new Set(
      [...checked.values()].map(({ found }) => (found.live ? found.targetSeconds : undefined)),
    );
    const targetSeconds = Math.min(...[...targets].filter((one) => one !== undefined));
    const live = Number.isFinite(targetSeconds);
    if (first.headers)
      this.#tell(name, playlistHeaderBreaches(first.headers, first.url, { live, targetSeconds }));
    const reports = [...checked.values()].map(({ report }) => report);
    for (const variant of opening.variants) {
      const found = checked.get(variant.uri)?.found;
      const later = laterOf(variant, opening.variants, closing?.variants ?? []);
      const renditions = variant.renditions.map((uri) => checked.get(uri)?.found);
      if (found)
        this.#tell(variant.uri, promiseBreaches([variant, ...later], withRenditions(found, renditions)));
    }
    const sides = [...checked].map(([uri, { found, report }]) => ({
      uri,
      live: found.live,
      targetDuration: report.targetDuration,
      control: found.control,
      landmarks: found.landmarks,
    }));
    for (const [uri, breaches] of variantBreaches(sides)) this.#tell(uri, breaches);
    const variants = opening.variants.map((variant: Variant) =>
      compareVariant(variant, reports, this.#findings),
    );
    return this.#report(hlsBody('multivariant', variants, reports));
  }

  #seeMultivariant(name: string, { bytes, url }: Fetched): CheckedMultivariant {
    const { text, isUtf8, lines } = readText(bytes);
    this.#tell(name, textBreaches(text, lines, isUtf8));
    return readMultivariant(lines, url);
  }

  /** What is measured and promised goes on changing in a live stream; what it says now is as true as what it said first. */
  async #loadAgain(name: string, url: URL): Promise<CheckedMultivariant | undefined> {
    const { signal } = this.#options;
    if (signal.aborted) return undefined;
    try {
      const fetched = await fetchWhole(url, 'the playlist', MAX_PLAYLIST_BYTES, { signal });
      const { lines } = readText(fetched.bytes);
      return isMultivariant(lines) ? this.#seeMultivariant(name, fetched) : undefined;
    } catch (error) {
      if (error instanceof InspectError) return undefined;
      throw error;
    }
  }

  /** All at once, because a live stream does not wait. One that fails is a violation, unless all do. */
  async #checkAll(
    playlists: readonly { readonly uri: string; readonly url: URL }[],
  ): Promise<Map<string, PlaylistChecked>> {
    const checks = await Promise.allSettled(
      playlists.map(({ uri, url }) => new PlaylistCheck(url, uri, this.#forPlaylist(uri)).run()),
    );
    const checked = new Map<string, PlaylistChecked>();
    checks.forEach((one, index) => {
      if (one.status === 'fulfilled') checked.set(playlists[index]!.uri, one.value);
    });
    checks.forEach((one, index) => {
      if (one.status === 'fulfilled') return;
      if (!(one.reason instanceof InspectError) || checked.size === 0) throw one.reason;
      this.#tell(playlists[index]!.uri, [{ code: 'playlist-gone', message: one.reason.message }]);
    });
    return checked;
  }

  #report(body: ReturnType<typeof hlsBody>): CheckedReport {
    const violations = this.#violations.list();
    return {
      format: REPORT_FORMAT,
      source: this.#target,
      lookedSeconds: this.#seconds,
      ...body,
      findings: this.#findings.list(),
      check: {
        verdict: violations.some(({ level }) => level === 'must') ? 'broken' : 'clean',
        violations,
        notes: [...this.#notes],
        askedSeconds: this.#options.seconds,
        stopped: this.#options.signal.aborted,
        loads: body.playlists.reduce((sum, { loads }) => sum + loads, 0),
        segments: body.playlists.reduce((sum, { segments }) => sum + segments.length, 0),
      },
    };
  }
}

function nameOf(url: URL): string {
  return url.pathname.slice(url.pathname.lastIndexOf('/') + 1) || url.href;
}

/** The same variant in a later playlist: by its address, or, where each answer has parameters of its own, by its place. */
function laterOf<V extends { readonly uri: string }>(
  variant: V,
  opening: readonly V[],
  closing: readonly V[],
): V[] {
  const same = closing.filter(({ uri }) => uri === variant.uri);
  const inPlace = closing[opening.indexOf(variant)];
  if (same.length > 0 || !inPlace || closing.length !== opening.length) return same;
  const path = (uri: string): string => uri.replace(/\?.*$/s, '');
  return path(inPlace.uri) === path(variant.uri) ? [inPlace] : [];
}
