import type { PictureWish } from './choice.ts';
import type { EdgeBand } from './edge.ts';
import type { Trouble } from './viewing-log.ts';
import type { Patience } from './watchdog.ts';

/** What an engine is given. */
export interface EngineOrder {
  readonly video: HTMLVideoElement;
  /** Absolute address of the media. */
  readonly url: string;
  /** Which tracks the server says are really there; `undefined` leaves it to the stream's own flags. */
  readonly hasAudio: boolean | undefined;
  readonly hasVideo: boolean | undefined;
  /** The picture that the viewer has chosen; undefined: the engine chooses. */
  readonly picture: PictureWish | undefined;
  /** Place in the list of sounds that the viewer has chosen. */
  readonly sound: number | undefined;
  /** The connection is over and everything received was handed on. */
  readonly ended: () => void;
  /** `codec`: this browser will never play it this way. */
  readonly failed: (sentence: string, trouble: Trouble) => void;
  /** There is another list of renditions, or another one is playing. */
  readonly changed: () => void;
}

/** A picture among which an engine can switch by itself. */
export interface Level {
  readonly lines: number;
  readonly fps: number | undefined;
  readonly kbps: number | undefined;
  readonly codec: string | undefined;
}

/** What an engine can switch among while it plays. Places are indices into the lists. */
export interface Levels {
  readonly pictures: readonly Level[];
  /** The picture that is shown. */
  readonly shown: number | undefined;
  /** Undefined: the engine chooses. */
  choosePicture(place: number | undefined): void;
  readonly sounds: readonly string[];
  readonly heard: number | undefined;
  chooseSound(place: number): void;
}

/** Seconds of the video's time. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** An engine at work. It reports, the player decides: no engine reconnects or chases the edge by itself. */
export interface EngineRun {
  readonly patience: Patience;
  /** May become narrower or wider once the length of the segments is known. */
  readonly band: EdgeBand;
  /** It is given parts of segments. */
  readonly isLowLatency: boolean;
  /** Undefined where there is nothing to switch among, or only by a new start. */
  readonly levels: Levels | undefined;
  /** The video's time at the newest media there is, in seconds. */
  edge(): number | undefined;
  /** What the server still has, where a viewer can go back beyond the buffer. */
  past(): Span | undefined;
  /** When the picture shown came in at the server, where the stream says so: ms since 1970 by the server's clock. */
  shownAt(): number | undefined;
  receivedKbps(): number | undefined;
  /** Media has arrived from the server. */
  receiving(): boolean;
  stop(): void;
}

export type StartEngine = (order: EngineOrder) => EngineRun;

export const NOT_DECODABLE = 'This browser cannot decode the stream’s codecs.';
export const CONNECTION_LOST = 'The connection could not be opened or was lost.';

/** What every engine keeps behind the picture, in seconds, so that a viewer can go back a little. */
export const KEEP_BEHIND_SECONDS = 60;
