import type { TrackSet } from '../../media/track.ts';
import { rtmpFormat, type RtmpSelection } from '../../outputs/rtmp/rtmp-format.ts';
import { UNTAILORED, type Tailoring } from '../../outputs/flv/tailoring.ts';
import type { Rendition } from '../../stream/rendition.ts';
import type { ViewerSink } from '../../stream/viewer.ts';
import type { Watch, Watching } from '../watching.ts';

export interface PlayControl {
  readonly paused?: boolean;
  readonly audio?: boolean;
  readonly video?: boolean;
}

const NOTHING: RtmpSelection = { audio: false, video: false };

/** One message stream of a connection that plays: joins, and joins again when the player changes what it wants. */
export class Playing {
  readonly #watching: Watching;
  readonly #rendition: Rendition;
  readonly #sink: ViewerSink;
  readonly #streamId: number;
  readonly #chunkSize: number;
  readonly #tailoring: Tailoring;
  #selection: RtmpSelection = { audio: true, video: true };
  #paused = false;
  #watch: Watch;
  /** What it was given before it changed what it wants. */
  #bytesBefore = 0;

  constructor(options: {
    readonly watching: Watching;
    readonly rendition: Rendition;
    readonly sink: ViewerSink;
    readonly streamId: number;
    readonly chunkSize: number;
    /** What the player can use. */
    readonly tailoring?: Tailoring;
  }) {
    this.#watching = options.watching;
    this.#rendition = options.rendition;
    this.#sink = options.sink;
    this.#streamId = options.streamId;
    this.#chunkSize = options.chunkSize;
    this.#tailoring = options.tailoring ?? UNTAILORED;
    this.#watch = this.#join(false);
  }

  /** Bytes of media handed to it. */
  get bytesOut(): number {
    return this.#bytesBefore + this.#watch.bytesOut;
  }

  /** What it can have now; undefined: not known yet. */
  get tracks(): TrackSet | undefined {
    return this.#rendition.isComplete ? this.#rendition.facts.tracks : undefined;
  }

  /** A live stream goes on without a paused player; what it comes back to is the last key frame. */
  control({ paused = this.#paused, audio, video }: PlayControl): void {
    const selection = { audio: audio ?? this.#selection.audio, video: video ?? this.#selection.video };
    const isSame =
      paused === this.#paused &&
      selection.audio === this.#selection.audio &&
      selection.video === this.#selection.video;
    if (isSame) return;
    this.#watch.leave();
    this.#bytesBefore += this.#watch.bytesOut;
    this.#paused = paused;
    this.#selection = selection;
    this.#watch = this.#join(true);
  }

  end(): void {
    this.#watch.leave();
  }

  /** Ends it as if the stream had; its sink is told. */
  kick(): void {
    this.#watch.close('kicked');
  }

  #join(resumes: boolean): Watch {
    // A paused player stays a viewer, of nothing: it is still told when the stream ends.
    const selection = { ...(this.#paused ? NOTHING : this.#selection), tailoring: this.#tailoring };
    const format = rtmpFormat(this.#streamId, this.#chunkSize, selection);
    return this.#watching.begin(this.#rendition, format, this.#sink, true, resumes);
  }
}
