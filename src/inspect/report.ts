import type { Color } from '../media/color.ts';
import type { CheckReport } from './check/check-report.ts';
import type { DelayReport, LowLatencyReport, MapReport } from './report-fragments.ts';

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

export type EndReason = 'end' | 'time' | 'silence' | 'stopped' | 'limit' | 'broken';

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

/** What FLV, MPEG-TS and the segments of a playlist have in common. */
export interface MediaReport {
  readonly tracks: readonly TrackReport[];
  /** Left out without video. */
  readonly gops?: GopReport | undefined;
  /** First audio PTS minus first video PTS: positive where the sound begins later. */
  readonly audioStartsLaterSeconds?: number | undefined;
  /** The longest track's. */
  readonly spanSeconds: number;
  readonly bitrate: {
    /** Everything, container included, over {@link spanSeconds}. */
    readonly mean?: number | undefined;
    /** The fullest whole second of media time. */
    readonly peakSecond?: number | undefined;
  };
}

export interface TrackReport {
  /** `video`, `audio`, with multitrack also `video1`; in MPEG-TS `pid 256`, in MP4 `track 1`. */
  readonly id: string;
  readonly kind: 'video' | 'audio';
  /** In words: `H.264`, `AAC`, or what else the container names. */
  readonly codec: string;
  /** RFC 6381. */
  readonly codecString?: string | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  /** Frames per second, measured. */
  readonly fps?: number | undefined;
  /** How the picture's numbers are to be shown, as far as that is told; code points of ISO/IEC 23091-2. */
  readonly color?: Color | undefined;
  readonly sampleRate?: number | undefined;
  readonly channels?: number | undefined;
  /** How often the codec configuration became another one. */
  readonly configChanges: number;
  readonly frames: number;
  readonly bytes: number;
  readonly bitsPerSecond?: number | undefined;
  readonly firstDtsSeconds?: number | undefined;
  readonly lastDtsSeconds?: number | undefined;
  /** Smallest and largest PTS. */
  readonly firstPtsSeconds?: number | undefined;
  readonly lastPtsSeconds?: number | undefined;
  /** Last frame's end minus first frame's start, without jumps and discontinuities. */
  readonly spanSeconds: number;
  /** DTS never went back, other than at a discontinuity that was announced. */
  readonly monotonic: boolean;
  readonly jumpsBack: readonly Jump[];
  readonly gaps: readonly Jump[];
  /** Frames with the DTS of the frame before. */
  readonly repeatedDts: number;
  /** Frames shown before they are decoded. */
  readonly ptsBeforeDts: number;
}

export interface Jump {
  /** DTS of the frame before. */
  readonly atSeconds: number;
  /** A gap: how much is missing. A jump back: how far, negative. */
  readonly seconds: number;
}

export interface GopReport {
  /** Key frames seen. */
  readonly count: number;
  /** Of the GOPs whose next key frame was seen too. */
  readonly shortestSeconds?: number | undefined;
  readonly longestSeconds?: number | undefined;
  readonly meanSeconds?: number | undefined;
  readonly startsWithKeyFrame: boolean;
}

export interface FlvFacts {
  readonly flags: { readonly video: boolean; readonly audio: boolean };
  readonly tags: number;
  /** onMetaData, as far as it is made of numbers, texts and truth values. */
  readonly metadata?: Readonly<Record<string, number | string | boolean>> | undefined;
}

export interface TransportFacts {
  readonly packets: number;
  readonly pmtPid?: number | undefined;
  /** PID → stream_type of the last program map. */
  readonly streamTypes: Readonly<Record<string, number>>;
  readonly continuityErrors: number;
  /** Bytes that are in no packet. */
  readonly lostBytes: number;
  readonly pcrCount: number;
  readonly longestPcrIntervalSeconds?: number | undefined;
}

export interface Finding {
  /** Stable; scripts count these. */
  readonly code: FindingCode;
  /** Which playlist, segment or track. */
  readonly where?: string | undefined;
  /** For people. */
  readonly message: string;
}

export type FindingCode =
  // any media
  | 'no-media'
  | 'cut-short'
  | 'framing-lost'
  | 'silence'
  | 'stopped-at-limit'
  | 'codec-not-read'
  | 'flv-enhanced'
  | 'config-unreadable'
  | 'config-changed'
  | 'track-without-frames'
  | 'starts-without-key-frame'
  | 'no-key-frame'
  | 'long-gop'
  | 'dts-back'
  | 'dts-repeated'
  | 'pts-before-dts'
  | 'gap'
  | 'audio-video-start'
  // FLV
  | 'flv-flags'
  | 'flv-key-frame-label'
  | 'flv-metadata'
  // MPEG-TS
  | 'ts-continuity'
  | 'ts-pcr-interval'
  | 'ts-pes-without-time'
  | 'ts-adts'
  // MP4
  | 'mp4-unreadable'
  | 'mp4-second-opinion'
  | 'mp4-sync-flag'
  // HLS
  | 'playlist-parser'
  | 'playlist-unreachable'
  | 'playlist-not-looked-at'
  | 'playlist-sequence-back'
  | 'playlist-target-duration-changed'
  | 'playlist-segment-changed'
  | 'playlist-segments-missed'
  | 'playlist-stale'
  | 'segment-unreachable'
  | 'segment-not-read'
  | 'segment-without-pat-pmt'
  | 'segment-without-idr'
  | 'segment-over-target-duration'
  | 'extinf-off'
  | 'bandwidth-exceeded'
  | 'codecs-differ'
  | 'resolution-differs'
  | 'frame-rate-differs';
