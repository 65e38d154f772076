import type { EdgeBand } from './edge.ts';
import type { Patience } from './watchdog.ts';

/** What an engine is given. */
export interface EngineOrder {
  readonly video: HTMLVideoElement;
  /** Absolute address of the media. */
  readonly url: string;
  /** Which tracks the server says are really there; `undefined` leaves it to the stream's own flags. */
  readonly hasAudio: boolean | undefined;
  readonly hasVideo: boolean | undefined;
  /** The connection is over and everything received was handed on. */
  readonly ended: () => void;
  /** `unsupported`: this browser will never play it this way. */
  readonly failed: (trouble: string, unsupported: boolean) => void;
}

/** An engine at work. It reports, the player decides: no engine reconnects or chases the edge by itself. */
export interface EngineRun {
  readonly patience: Patience;
  /** May become narrower or wider once the length of the segments is known. */
  readonly band: EdgeBand;
  /** The video's time at the newest media there is, in seconds. */
  edge(): number | undefined;
  /** Seconds between the picture's own clock and now, where the stream carries a clock. */
  clockDelay(): number | undefined;
  receivedKbps(): number | undefined;
  /** Media has arrived from the server. */
  receiving(): boolean;
  stop(): void;
}

export type StartEngine = (order: EngineOrder) => EngineRun;

export const NOT_DECODABLE = 'This browser cannot decode the stream’s codecs.';
