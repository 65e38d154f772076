import type { Color } from '../media/color.ts';

/* What the report has of media, whatever they came in. Names and units are as stable as those in report.ts. */

/** Why a look ended. `time` is the normal end of a look at a live stream. */
export type EndReason = 'end' | 'time' | 'silence' | 'stopped' | 'limit' | 'broken';

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
