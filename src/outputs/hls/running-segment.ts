import type { MediaFrame } from '../../media/frame.ts';
import type { TrackSet } from '../../media/track.ts';
import type { TrackWatch } from './track-watch.ts';

/** A segment is cut wherever it stands at this size: two seconds of 128 Mb/s. */
const MAX_SEGMENT_BYTES = 32 * 1024 * 1024;
/** What a frame takes beside its payload, whatever the container. */
const FRAME_COST = 188;

/** How a segment begins. */
export interface Opening {
  readonly tracks: TrackSet;
  readonly first: MediaFrame;
  /** The time line that players have been told of. Frames of the next one go on in time, and in this segment. */
  readonly epoch: number;
  /** A decoder has to be told of what lies in front of it. */
  readonly discontinuity: boolean;
  /** When its first frame came, by the server's clock. */
  readonly now: number;
  /** Nothing goes on from before. */
  readonly fresh: boolean;
}

/** The segment that is being made: what is in it by now. Times in ticks. */
export class RunningSegment {
  readonly tracks: TrackSet;
  readonly firstDts: number;
  readonly epoch: number;
  /** Frames before this time do not belong to anything that has been started. */
  readonly notBefore: number;
  #videoFrames = 0;
  #audioFrames = 0;
  #bytes = 0;
  #end: number;

  constructor({ tracks, first, epoch, fresh }: Opening) {
    this.tracks = tracks;
    this.firstDts = first.dts;
    this.epoch = epoch;
    this.notBefore = fresh ? first.dts : -Infinity;
    this.#end = first.dts;
  }

  get videoFrames(): number {
    return this.#videoFrames;
  }

  get hasSound(): boolean {
    return this.#audioFrames > 0;
  }

  /** Where the last frame of the track that it is measured by ends. */
  get end(): number {
    return this.#end;
  }

  /** Whatever the times say: a publisher whose clock stands still must not fill the memory. */
  get isFull(): boolean {
    return this.#bytes >= MAX_SEGMENT_BYTES;
  }

  add(frame: MediaFrame, watch: TrackWatch): void {
    this.#bytes += frame.payload.length + FRAME_COST;
    if (frame.kind === 'video') {
      this.#videoFrames++;
      this.#end = frame.dts + watch.videoInterval;
    } else {
      this.#audioFrames++;
      if (this.#videoFrames === 0) this.#end = frame.dts + watch.audioInterval;
    }
  }

  /** Its last frames, of sound, belong to the next one. */
  giveBack(late: readonly MediaFrame[]): void {
    const [first] = late;
    if (!first) return;
    this.#end = first.dts;
    this.#audioFrames -= late.length;
    for (const { payload } of late) this.#bytes -= payload.length + FRAME_COST;
  }
}
