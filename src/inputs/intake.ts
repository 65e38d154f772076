import type { Color } from '../media/color.ts';
import type { AudioTrack, VideoTrack } from '../media/track.ts';

/** A publisher's video message without what the container put around it. */
export interface VideoMessage {
  /** ms, 32 bits. */
  readonly timestamp: number;
  /** The encoder calls it a key frame. */
  readonly claimsKey: boolean;
  readonly data: Uint8Array;
}

/** A video frame as every output wants it. */
export interface Picture {
  readonly track: VideoTrack;
  /** See `VideoFrame.payload`; a view of the message wherever possible. */
  readonly payload: Uint8Array;
  readonly startsGop: boolean;
  /** A decoder can start here, but not with a whole picture at once. */
  readonly recovers: boolean;
}

/** What is in force for one video track of a publisher. Whatever it leaves out is noted. */
export interface VideoIntake {
  /** Takes a sequence header: FLV's and Enhanced RTMP's SequenceStart. */
  configure(data: Uint8Array): void;
  /** Takes what the publisher says of the picture's colours; undefined: it takes back what it said. */
  describe?(color: Color | undefined): void;
  /** Takes a frame; undefined if it is left out, which is noted, or has no picture in it. */
  picture(message: VideoMessage): Picture | undefined;
}

/** One audio frame of a message. */
export interface Sound {
  /** See `AudioFrame.payload`. */
  readonly payload: Uint8Array;
  /** Samples at the track's core rate. */
  readonly samples: number;
}

/** The same for an audio track. */
export interface AudioIntake {
  /** Of the frames last taken. */
  readonly track: AudioTrack | undefined;
  configure(data: Uint8Array): void;
  /** Takes what the publisher says of the channels: the body of Enhanced RTMP's MultichannelConfig. */
  layout?(data: Uint8Array): void;
  /** The frames of a message: none if it is left out, which is noted. Valid until the next call. */
  sounds(data: Uint8Array): readonly Sound[];
}
