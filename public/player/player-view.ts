import type { Stream } from '../api/types.ts';
import type { Engine } from './engines.ts';
import type { ShownState, Situation } from './session.ts';

/** Numbers for the stats panel and for tests. Seconds; unknown is `undefined`. */
export interface PlayerStats {
  readonly engine: Engine;
  readonly state: ShownState;
  readonly latencySeconds: number | undefined;
  readonly bufferSeconds: number | undefined;
  readonly droppedFrames: number;
  readonly decodedFrames: number;
  readonly currentTime: number;
  readonly receivedKbps: number | undefined;
  readonly rate: number;
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
}
