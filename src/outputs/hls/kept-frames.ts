import type { AudioFrame, MediaFrame, VideoFrame } from '../../media/frame.ts';
import { ticks, type Ticks } from '../../media/time.ts';
import type { TrackSet } from '../../media/track.ts';

/** Numbers that are kept of each frame: DTS, PTS, where its payload begins, its length, what it is, samples. */
const COLUMNS = 6;
const IS_AUDIO = 1;
const STARTS_GOP = 2;
const RECOVERS = 4;

/** There is always room for so many. */
const FEW_FRAMES = 64;

/**
 * The frames of a segment, as numbers that say where in its parts' bytes each payload is: a window's frames one by one would
 * be tens of thousands of small buffers for the garbage collector to look at. Given back in the order in which they came.
 */
export class KeptFrames {
  #columns: Float64Array;
  #count = 0;

  /** @param expected how many frames there will be, about */
  constructor(expected = 0) {
    this.#columns = new Float64Array(Math.max(FEW_FRAMES, expected + (expected >> 3)) * COLUMNS);
  }

  get count(): number {
    return this.#count;
  }

  /**
   * @param bytes a fragment whose payloads stand at its end: all pictures, then all sound, each in their order
   * @param frames all that are in it
   */
  add(bytes: Uint8Array, frames: readonly MediaFrame[]): void {
    let video = 0;
    let audio = 0;
    for (const { kind, payload } of frames) {
      if (kind === 'video') video += payload.length;
      else audio += payload.length;
    }
    let videoAt = bytes.length - audio - video;
    let audioAt = bytes.length - audio;
    let at = this.#count * COLUMNS;
    this.#count += frames.length;
    const columns = this.#room();
    for (const frame of frames) {
      const { length } = frame.payload;
      columns[at] = frame.dts;
      columns[at + 1] = frame.pts;
      columns[at + 2] = frame.kind === 'video' ? videoAt : audioAt;
      columns[at + 3] = length;
      columns[at + 4] = flagsOf(frame);
      columns[at + 5] = frame.kind === 'audio' ? (frame.samples ?? 0) : 0;
      if (frame.kind === 'video') videoAt += length;
      else audioAt += length;
      at += COLUMNS;
    }
  }

  /**
   * @param part whose frames are wanted, wherever its bytes are by now
   * @param of the tracks and the time line of the segment, and where times are to be counted from: by default as they came
   */
  forEach(
    { bytes, firstFrame, endFrame }: KeptPart,
    of: { readonly tracks: TrackSet; readonly epoch: number; readonly zero?: Ticks },
    callback: (frame: MediaFrame) => void,
  ): void {
    const columns = this.#columns;
    const end = endFrame * COLUMNS;
    const zero = of.zero ?? 0;
    for (let at = firstFrame * COLUMNS; at < end; at += COLUMNS) {
      const from = columns[at + 2]!;
      const payload = bytes.subarray(from, from + columns[at + 3]!);
      const flags = columns[at + 4]!;
      const common = {
        dts: ticks(columns[at]! - zero),
        pts: ticks(columns[at + 1]! - zero),
        startsGop: (flags & STARTS_GOP) !== 0,
        epoch: of.epoch,
        payload,
      };
      const { video, audio } = of.tracks;
      if ((flags & IS_AUDIO) !== 0) {
        if (audio) callback(audioFrame(common, audio, columns[at + 5]!));
      } else if (video) callback(videoFrame(common, video, (flags & RECOVERS) !== 0));
    }
  }

  #room(): Float64Array {
    const needed = this.#count * COLUMNS;
    if (needed <= this.#columns.length) return this.#columns;
    const more = new Float64Array(Math.max(needed, this.#columns.length * 2));
    more.set(this.#columns);
    this.#columns = more;
    return more;
  }
}

/** A part, as far as its frames are concerned. */
export interface KeptPart {
  readonly bytes: Uint8Array;
  readonly firstFrame: number;
  readonly endFrame: number;
}

type Common = Pick<VideoFrame, 'dts' | 'pts' | 'startsGop' | 'epoch' | 'payload'>;

function videoFrame(common: Common, track: VideoFrame['track'], recovers: boolean): VideoFrame {
  return { kind: 'video', track, ...common, ...(recovers && { recovers }) };
}

function audioFrame(common: Common, track: AudioFrame['track'], samples: number): AudioFrame {
  return { kind: 'audio', track, ...common, ...(samples > 0 && { samples }) };
}

function flagsOf(frame: MediaFrame): number {
  const starts = frame.startsGop ? STARTS_GOP : 0;
  if (frame.kind === 'audio') return IS_AUDIO | starts;
  return starts | (frame.recovers ? RECOVERS : 0);
}
