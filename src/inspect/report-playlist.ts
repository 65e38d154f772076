import type { DelayReport, LowLatencyReport, MapReport } from './report-fragments.ts';
import type { EndReason, MediaReport } from './report-media.ts';

/* What the report has of playlists and their segments. Names and units are as stable as those in report.ts. */

/** One EXT-X-STREAM-INF beside what its playlist turned out to be. */
export interface VariantReport {
  readonly uri: string;
  readonly bandwidth?: number | undefined;
  readonly averageBandwidth?: number | undefined;
  readonly codecs?: string | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly frameRate?: number | undefined;
  /** Largest rate of one segment, bits per second over its EXTINF. */
  readonly measuredPeak?: number | undefined;
  /** All bytes over the sum of EXTINF. */
  readonly measuredAverage?: number | undefined;
}

export interface PlaylistReport extends MediaReport {
  readonly uri: string;
  readonly ended: EndReason;
  /** No EXT-X-ENDLIST when last read. */
  readonly live: boolean;
  readonly version?: number | undefined;
  readonly playlistType?: string | undefined;
  readonly targetDuration?: number | undefined;
  readonly independentSegments: boolean;
  readonly discontinuitySequence: number;
  /** When first and when last read. */
  readonly firstMediaSequence: number;
  readonly lastMediaSequence: number;
  /** How often the playlist was read. */
  readonly loads: number;
  /** Of the segments that were read. */
  readonly extinfSumSeconds: number;
  readonly mediaSumSeconds: number;
  /** Over one segment's EXTINF. */
  readonly peakSegmentBitsPerSecond?: number | undefined;
  readonly segments: readonly SegmentReport[];
  /** Of fragmented MP4: the initialization sections that were read. */
  readonly maps?: readonly MapReport[] | undefined;
  readonly lowLatency?: LowLatencyReport | undefined;
  readonly delay?: DelayReport | undefined;
}

export interface SegmentReport {
  readonly sequence: number;
  readonly uri: string;
  readonly extinfSeconds: number;
  readonly discontinuity: boolean;
  /** EXT-X-GAP: the playlist itself says that there is no such segment. */
  readonly gap?: true | undefined;
  /** EXT-X-PROGRAM-DATE-TIME as written. */
  readonly programDateTime?: string | undefined;
  readonly bytes: number;
  readonly bitsPerSecond?: number | undefined;
  /**
   * How long the media is, by DTS of the video (or else the audio): up to the first frame of the next segment where
   * that goes on (`measuredTo: 'next'`), else to its own last frame's end (`'last'`).
   */
  readonly mediaSeconds?: number | undefined;
  readonly measuredTo?: 'next' | 'last' | undefined;
  /** URI of its initialization section (EXT-X-MAP). */
  readonly map?: string | undefined;
  /** EXT-X-PART of it that were seen. */
  readonly parts?: number | undefined;
  /** EXTINF minus {@link mediaSeconds}. */
  readonly differenceSeconds?: number | undefined;
  /** Of MPEG-TS: first packet is the PAT, second the PMT; other tables (DVB's SDT) are passed over. */
  readonly startsWithPat: boolean;
  readonly startsWithPmt: boolean;
  /** Of MP4: moof boxes. */
  readonly fragments?: number | undefined;
  /** The first access unit is a place to start (an IDR picture), and has parameter sets; left out without video. */
  readonly startsWithIdr?: boolean | undefined;
  readonly startsWithParameterSets?: boolean | undefined;
  readonly video?: SegmentTrack | undefined;
  readonly audio?: SegmentTrack | undefined;
  /** Why nothing is known about it. */
  readonly error?: string | undefined;
}

export interface SegmentTrack {
  readonly frames: number;
  readonly firstDtsSeconds: number;
  readonly lastDtsSeconds: number;
  readonly firstPtsSeconds: number;
  readonly lastPtsSeconds: number;
}
