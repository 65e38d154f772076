import type { Color } from './color.ts';

/**
 * A track is immutable: a new codec configuration makes a new track object. Outputs notice a change by comparing
 * a frame's track with the one before it, so a change can be neither missed nor seen too early.
 */
export type Track = VideoTrack | AudioTrack;

/**
 * Which of a publisher's tracks: its main picture and sound, or one of those beside them, by the number that the publisher
 * gave it (Enhanced RTMP v2, Multitrack: 1 to 255; the main ones are 0).
 */
export type TrackId = TrackKind | `${TrackKind}${number}`;
export type TrackKind = 'video' | 'audio';

export type VideoCodec = 'avc' | 'hevc' | 'av1' | 'vp9' | 'vp8';
export type AudioCodec = 'aac' | 'opus' | 'flac' | 'ac3' | 'eac3' | 'mp3';

interface AnyTrack {
  readonly id: TrackId;
  /**
   * What a decoder must know before the first frame, as MP4 carries it in a box of its own:
   *
   * - avc: AVCDecoderConfigurationRecord, avcC: ISO/IEC 14496-15 §5.3.3.1
   * - hevc: HEVCDecoderConfigurationRecord, hvcC: §8.3.3.1
   * - av1: AV1CodecConfigurationRecord, av1C: AV1 in ISOBMFF §2.3.3
   * - vp9, vp8: VPCodecConfigurationRecord, vpcC without its version and flags: VP Codec ISO Media File Format Binding
   * - aac: AudioSpecificConfig: ISO/IEC 14496-3 §1.6.2.1
   * - opus: the identification header, `OpusHead`: RFC 7845 §5.1
   * - flac: the STREAMINFO metadata block's data, 34 bytes: RFC 9639 §8.2
   * - ac3, eac3: AC3SpecificBox's and EC3SpecificBox's data, dac3 and dec3: ETSI TS 102 366 F.4 and F.6
   * - mp3: empty, each frame tells
   */
  readonly config: Uint8Array;
  /** RFC 6381, as CODECS in HLS has it: `avc1.64001F`, `hvc1.1.6.L93.B0`, `mp4a.40.2`, `Opus`. */
  readonly codecString: string;
}

interface AnyVideoTrack extends AnyTrack {
  readonly kind: 'video';
  /** Displayed size in pixels, cropping applied; from the codec's own headers. */
  readonly width: number;
  readonly height: number;
  /** How the picture's numbers are to be shown, where that is known. */
  readonly color?: Color;
}

/** Codecs whose frames are NAL units. */
export interface NalTrack extends AnyVideoTrack {
  readonly codec: 'avc' | 'hevc';
  /** Bytes of each NAL unit's length prefix in a frame's payload: 1, 2 or 4. */
  readonly nalLengthSize: 1 | 2 | 4;
}

/** AV1: a frame is a temporal unit of OBUs with sizes, without temporal delimiters. VP9, VP8: a frame, or a superframe. */
export interface OtherVideoTrack extends AnyVideoTrack {
  readonly codec: 'av1' | 'vp9' | 'vp8';
}

export type VideoTrack = NalTrack | OtherVideoTrack;

export interface AudioTrack extends AnyTrack {
  readonly kind: 'audio';
  readonly codec: AudioCodec;
  /** Output rate in Hz (doubled where SBR is signalled; 48,000 for Opus, whatever was put in). */
  readonly sampleRate: number;
  readonly channels: number;
  /** Rate in Hz by which a frame's duration is counted: the core rate, which SBR does not change. */
  readonly coreRate: number;
  /** Samples per frame at {@link coreRate}, where a frame does not say otherwise by itself. */
  readonly samplesPerFrame: number;
}

/** The tracks a stream really has now: a track is here once a media frame of it has arrived. */
export interface TrackSet {
  readonly video?: VideoTrack;
  readonly audio?: AudioTrack;
}

/** The last known tracks of a stream, the main ones and those beside them, of whichever publisher. */
export type FormerTracks = TrackSet & {
  readonly [id: `video${number}`]: VideoTrack;
  readonly [id: `audio${number}`]: AudioTrack;
};

/** The publisher's number for a track: 0 for the main ones. */
export function trackNumber(id: TrackId): number {
  return Number(id.replace(/^\D+/, '')); // of an empty text it is 0
}

/** @param number 0 to 255 */
export function trackId(kind: TrackKind, number: number): TrackId {
  return number === 0 ? kind : `${kind}${number}`;
}
