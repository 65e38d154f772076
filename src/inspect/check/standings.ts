import type { RenditionReport } from './checked-parts.ts';
import type { CheckedMedia } from './checked-playlist.ts';
import type { LoadTimes } from './freshness.ts';
import type { Breach } from './rules.ts';

/** How far a playlist is: its last part, or where there are no parts its last segment. */
interface Standing {
  readonly msn: number;
  readonly part: number;
  readonly arrivedAt: number;
  readonly requestedAt: number;
}

interface Claim {
  readonly report: RenditionReport;
  readonly arrivedAt: number;
  readonly tell: (breaches: readonly Breach[]) => void;
}

/** Standings of one playlist that are remembered, and claims about it that wait for the next. */
const MAX_REMEMBERED = 16;
const MAX_CLAIMS = 64;
/** Letters of a playlist's name in a sentence. */
const MAX_NAME = 80;

/** Compares what playlists say of each other (EXT-X-RENDITION-REPORT) with how far these are: RFC 8216bis §4.4.5.4. */
export class Standings {
  readonly #known = new Map<string, Standing[]>();
  readonly #claims = new Map<string, Claim[]>();
  readonly #toldMissing = new Set<string>();

  /** A load of one of the playlists. */
  see(url: URL, { media, times }: { media: CheckedMedia; times: LoadTimes }, tell: Claim['tell']): void {
    const own = keyOf(url);
    const standing = standingOf(media, times);
    if (!standing || !media.lowLatency || media.endList) {
      this.#known.delete(own);
      return;
    }
    this.#settle(own, standing);
    const list = this.#known.get(own) ?? [];
    this.#known.set(own, [...list, standing].slice(-MAX_REMEMBERED));
    for (const report of media.lowLatency.renditionReports) {
      const other = keyOf(report.url);
      if (other === own) continue;
      const low = this.#tooLow(report, other, times);
      if (low) tell([low]);
      this.#claims.set(
        other,
        [...(this.#claims.get(other) ?? []), { report, arrivedAt: times.arrivedAt, tell }].slice(-MAX_CLAIMS),
      );
    }
    this.#tellMissing(own, media, tell);
  }

  /** What was claimed before this load was asked for must be in it. */
  #settle(key: string, standing: Standing): void {
    const claims = this.#claims.get(key) ?? [];
    this.#claims.set(
      key,
      claims.filter(({ arrivedAt }) => arrivedAt > standing.requestedAt),
    );
    for (const { report, arrivedAt, tell } of claims) {
      const { lastMsn, lastPart } = report;
      if (arrivedAt > standing.requestedAt || lastMsn === undefined) continue;
      const isAhead = lastMsn > standing.msn || (lastMsn === standing.msn && (lastPart ?? 0) > standing.part);
      if (!isAhead) continue;
      tell([breach(report, `which a later load shows to be at ${placeText(standing)}`)]);
    }
  }

  /** More than one part behind what had been seen before the load was asked for. */
  #tooLow(report: RenditionReport, other: string, times: LoadTimes): Breach | undefined {
    const seen = this.#known
      .get(other)
      ?.findLast(({ arrivedAt }) => arrivedAt <= times.requestedAt - times.ageMs);
    if (!seen) return undefined;
    const { lastMsn, lastPart } = report;
    if (lastMsn === undefined) return breach(report, 'LAST-MSN is missing');
    if (lastPart === undefined && seen.part >= 0)
      return breach(report, 'LAST-PART is missing, though it has parts');
    const behind =
      lastMsn === seen.msn
        ? seen.part - (lastPart ?? seen.part)
        : lastMsn > seen.msn
          ? 0
          : lastMsn === seen.msn - 1
            ? seen.part // the last part of the segment before is one behind the first
            : Infinity;
    return behind > 1 ? breach(report, `which had been at ${placeText(seen)} before`) : undefined;
  }

  /** Every playlist should tell of all others that have parts: RFC 8216bis, appendix B.1. */
  #tellMissing(own: string, media: CheckedMedia, tell: Claim['tell']): void {
    const told = new Set(media.lowLatency?.renditionReports.map(({ url }) => keyOf(url)));
    const missing = [...this.#known.keys()].filter((other) => other !== own && !told.has(other));
    if (missing.length === 0 || this.#toldMissing.has(own)) return;
    this.#toldMissing.add(own);
    const names = missing.map((href) => href.slice(href.lastIndexOf('/') + 1).slice(0, MAX_NAME)).join(', ');
    const message = `there is no EXT-X-RENDITION-REPORT for ${names}`;
    tell([{ code: 'rendition-report', level: 'should', message, clause: 'RFC 8216bis appendix B.1' }]);
  }
}

function breach({ url, lastMsn, lastPart }: RenditionReport, why: string): Breach {
  const name = url.pathname.slice(url.pathname.lastIndexOf('/') + 1).slice(0, MAX_NAME);
  const said = `LAST-MSN=${lastMsn ?? 'none'},LAST-PART=${lastPart ?? 'none'}`;
  return { code: 'rendition-report', message: `the report for ${name} says ${said}, ${why}` };
}

const placeText = ({ msn, part }: Standing): string =>
  part < 0 ? `segment ${msn}` : `part ${part} of segment ${msn}`;

/** Queries (sessions) may differ from one mention to the next. */
const keyOf = ({ origin, pathname }: URL): string => `${origin}${pathname}`;

function standingOf(
  { segments, running }: CheckedMedia,
  { arrivedAt, requestedAt }: LoadTimes,
): Standing | undefined {
  const last = segments.at(-1);
  if (running) return { msn: running.sequence, part: running.parts.length - 1, arrivedAt, requestedAt };
  return last && { msn: last.sequence, part: last.parts.length - 1, arrivedAt, requestedAt };
}
