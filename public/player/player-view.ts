import type { Stream } from '../api/types.ts';
import type { Engine } from './engines.ts';
import type { Menu } from './menu.ts';
import type { ShownState, Situation } from './session.ts';

/** Numbers for the stats panel and for tests. Seconds; unknown is `undefined`. */
export interface PlayerStats {
  readonly engine: Engine;
  readonly state: ShownState;
  /** Behind the encoder by the stream's own clock, else behind the newest media that came. */
  readonly latencySeconds: number | undefined;
  /** The stream carries a clock, so that the latency is that from the encoder's socket on. */
  readonly isByClock: boolean;
  readonly isLowLatency: boolean;
  /** Behind the newest media there is. */
  readonly behindSeconds: number | undefined;
  readonly bufferSeconds: number | undefined;
  readonly droppedFrames: number;
  readonly decodedFrames: number;
  readonly currentTime: number;
  readonly receivedKbps: number | undefined;
  readonly rate: number;
  /** Times the picture stood still since the page was opened. */
  readonly stalls: number;
}

/** How far a viewer can go back. */
export interface PastView {
  readonly lengthSeconds: number;
  readonly behindSeconds: number;
}

/** What the page draws. */
export interface PlayerView {
  readonly state: ShownState;
  readonly situation: Situation;
  readonly engine: Engine;
  /** Facts of the stream as last heard. */
  readonly facts: Stream | undefined;
  /** The viewer went back and watches the past. */
  readonly held: boolean;
  readonly hadPicture: boolean;
  /** From one rendition to another: the last picture stands until the next one comes. */
  readonly isSwitching: boolean;
  readonly menu: Menu;
  /** What is played in another way than it is sent, in one sentence. */
  readonly note: string | undefined;
}

export interface PlayerOptions {
  readonly video: HTMLVideoElement;
  /** Where the last picture stays while there is none. */
  readonly still: HTMLCanvasElement;
  readonly app: string;
  readonly stream: string;
  readonly engines: readonly [Engine, ...Engine[]];
  readonly forced: boolean;
  readonly onChange: (view: PlayerView) => void;
  /** The server wants to be told how well it plays, and the viewer does not mind. */
  readonly mayReport: () => boolean;
}
