import type { AudioCodec, VideoCodec } from '../../media/track.ts';
import type { Damage } from './enhanced.ts';

/** What a message says of one video track. `data` is a view of the body. */
export type VideoPart =
  | {
      readonly kind: 'config';
      readonly codec: VideoCodec;
      /** The publisher's number for the track: 0 where it has only one. */
      readonly track: number;
      readonly data: Uint8Array;
    }
  | {
      readonly kind: 'frame';
      readonly codec: VideoCodec;
      readonly track: number;
      /** FrameType 1; what the encoder claims, not what the NAL units say. */
      readonly keyFrame: boolean;
      /** Milliseconds from decode to presentation, signed 24 bits. */
      readonly compositionMs: number;
      /** To be added to the message's timestamp: 0 to 999,999 ns. */
      readonly nanos: number;
      readonly data: Uint8Array;
    }
  /** Pairs of name and value in AMF0: `colorInfo`. */
  | {
      readonly kind: 'metadata';
      readonly codec: VideoCodec;
      readonly track: number;
      readonly data: Uint8Array;
    }
  /** `codec`: for people. */
  | { readonly kind: 'unsupported'; readonly codec: string; readonly track: number }
  | { readonly kind: 'damaged'; readonly why: Damage }
  /** End of sequence, video info/command frames, empty bodies: nothing to show. */
  | { readonly kind: 'nothing' };

/** A video tag's body, taken apart. */
export type VideoBody = VideoPart | { readonly kind: 'tracks'; readonly parts: readonly VideoPart[] };

/** What a message says of one audio track. `data` is a view of the body. */
export type AudioPart =
  | {
      readonly kind: 'config';
      readonly codec: AudioCodec;
      /** The publisher's number for the track: 0 where it has only one. */
      readonly track: number;
      readonly data: Uint8Array;
    }
  | {
      readonly kind: 'frame';
      readonly codec: AudioCodec;
      readonly track: number;
      /** To be added to the message's timestamp: 0 to 999,999 ns. */
      readonly nanos: number;
      readonly data: Uint8Array;
    }
  /** Enhanced RTMP's MultichannelConfig: which speaker each channel is for. */
  | { readonly kind: 'layout'; readonly codec: AudioCodec; readonly track: number; readonly data: Uint8Array }
  /** `codec`: for people. */
  | { readonly kind: 'unsupported'; readonly codec: string; readonly track: number }
  | { readonly kind: 'damaged'; readonly why: Damage }
  /** Empty bodies: some servers send zero-length audio messages. */
  | { readonly kind: 'nothing' };

/** An audio tag's body, taken apart. */
export type AudioBody = AudioPart | { readonly kind: 'tracks'; readonly parts: readonly AudioPart[] };
