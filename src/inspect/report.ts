import type { CheckReport } from './check/check-report.ts';
import type { Finding } from './findings.ts';
import type { EndReason, FlvFacts, MediaReport, TransportFacts } from './report-media.ts';
import type { PlaylistReport, VariantReport } from './report-playlist.ts';

/**
 * What `inspect` tells, and what `--json` prints. Names and units are stable: a change of meaning raises `format`.
 *
 * Times are in seconds on the media's own clock, rounded to microseconds; sizes in bytes; rates in bits per second.
 * What is not known is left out.
 */
export type Report = StreamReport | HlsReport;

/** The number of this shape. */
export const REPORT_FORMAT = 1;

interface ReportHead {
  readonly format: typeof REPORT_FORMAT;
  /** As asked for. */
  readonly source: string;
  /** The source has no end of its own. */
  readonly live: boolean;
  /** By the clock on the wall. */
  readonly lookedSeconds: number;
  readonly bytes: number;
  /** Everything odd, in the order in which it was found. */
  readonly findings: readonly Finding[];
}

/** One FLV or MPEG-TS file or stream. */
export interface StreamReport extends ReportHead, MediaReport {
  readonly kind: 'flv' | 'mpegts';
  /** Why the look ended. `time` is the normal end of a look at a live stream. */
  readonly ended: EndReason;
  readonly flv?: FlvFacts | undefined;
  readonly mpegts?: TransportFacts | undefined;
}

export interface HlsReport extends ReportHead {
  readonly kind: 'hls';
  readonly playlistKind: 'multivariant' | 'media';
  /** Only of a multivariant playlist. */
  readonly variants: readonly VariantReport[];
  /** Every media playlist that was looked at; one of them if the source is a media playlist. */
  readonly playlists: readonly PlaylistReport[];
  /** Only of `inspect --check`. */
  readonly check?: CheckReport | undefined;
}
