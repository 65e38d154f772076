/**
 * A track is immutable: a new codec configuration makes a new track object. Outputs notice a change by comparing
 * a frame's track with the one before it, so a change can be neither missed nor seen too early.
 */
export type Track = VideoTrack | AudioTrack;

/** Which of a stream's tracks: outputs keep one slot per id. Room is left for several of a kind. */
export type TrackId = 'video' | 'audio';

export type VideoCodec = 'avc';
export type AudioCodec = 'aac';

export interface VideoTrack {
  readonly id: TrackId;
  readonly kind: 'video';
  readonly codec: VideoCodec;
  /** The decoder configuration record as FLV and MP4 carry it; for AVC: ISO/IEC 14496-15 §5.3.3.1 (avcC). */
  readonly config: Uint8Array;
  /** RFC 6381, e.g. `avc1.64001F`. */
  readonly codecString: string;
  /** Displayed size in pixels, cropping applied; from the sequence parameter set. */
  readonly width: number;
  readonly height: number;
  /** Bytes of each NAL unit's length prefix in a frame's payload: 1, 2 or 4. */
  readonly nalLengthSize: 1 | 2 | 4;
}

export interface AudioTrack {
  readonly id: TrackId;
  readonly kind: 'audio';
  readonly codec: AudioCodec;
  /** AudioSpecificConfig: ISO/IEC 14496-3 §1.6.2.1. */
  readonly config: Uint8Array;
  /** RFC 6381, e.g. `mp4a.40.2`. */
  readonly codecString: string;
  /** Output rate in Hz (doubled where SBR is signalled). */
  readonly sampleRate: number;
  readonly channels: number;
  /** Rate in Hz by which a frame's duration is counted: the core rate, which SBR does not change. */
  readonly coreRate: number;
  /** Samples per frame at {@link coreRate}: 1024 or 960. */
  readonly samplesPerFrame: number;
}

/** The tracks a stream really has now: a track is here once a media frame of it has arrived. */
export interface TrackSet {
  readonly video?: VideoTrack;
  readonly audio?: AudioTrack;
}
