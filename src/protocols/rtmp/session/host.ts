import type { RtmpMessage } from '../message.ts';

/** Who has sent `connect`, in its own words. */
export interface ConnectRequest {
  readonly app: string;
  /** Parameters of app and tcUrl, without `?`. */
  readonly query: string;
  readonly flashVersion: string;
  readonly tcUrl: string;
  readonly pageUrl: string;
  readonly swfUrl: string;
}

/** What a publisher or player asked for, and who it says it is. Nothing in here has been checked. */
interface StreamRequest {
  readonly streamId: number;
  readonly app: string;
  readonly name: string;
  /** Parameters of app, tcUrl and key, without `?`. */
  readonly query: string;
  readonly flashVersion: string;
  readonly tcUrl: string;
}

export interface PublishRequest extends StreamRequest {
  /** `live`, `record`, `append`, or what else the encoder sent. */
  readonly type: string;
}

export interface PlayRequest extends StreamRequest {
  /** As sent: below zero for live (−1, −2; ffmpeg multiplies by 1000), else where to begin. Live streams ignore it. */
  readonly start: number;
}

/** A player's wish; what is not named stays as it was. */
export interface PlayControl {
  readonly paused?: boolean;
  readonly audio?: boolean;
  readonly video?: boolean;
}

/** What a server session needs from the door it stands in. Nothing here may throw. */
export interface SessionHost {
  /** Writes to the peer. */
  send(bytes: Buffer): void;
  /** A verdict is due: `acceptConnect` or `refuseConnect`, now or later. Without it everybody may go on. */
  connect?(request: ConnectRequest): void;
  /** A verdict is due: `acceptPublish` or `refusePublish`, now or later. */
  publish(request: PublishRequest): void;
  /** A verdict is due: `acceptPlay` or `refusePlay`, now or later. */
  play(request: PlayRequest): void;
  /**
   * Audio (8), video (9) or data (18) of an accepted publisher. A data body begins with the event's name
   * (`onMetaData`); `@setDataFrame` in front of it is gone.
   */
  media(streamId: number, message: RtmpMessage): void;
  /** A publisher, accepted or still waiting for the verdict, has ended. */
  unpublish(streamId: number, because: string): void;
  /** A player, accepted or still waiting for the verdict, has ended. */
  stopPlay(streamId: number, because: string): void;
  playControl(streamId: number, control: PlayControl): void;
  /** The session refused a request by itself and has told the peer why: close once that is sent. */
  refused(streamId: number, code: string, text: string): void;
}
