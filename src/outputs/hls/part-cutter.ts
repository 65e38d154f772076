import type { MediaFrame } from '../../media/frame.ts';
import { ticks, type Ticks } from '../../media/time.ts';
import type { TrackId } from '../../media/track.ts';
import type { PartTarget } from './part-target.ts';
import type { FramePart } from './segment.ts';

/**
 * Cuts a segment into parts (RFC 8216bis §4.4.4.9), on decode times. A part is closed by the frame behind it, since only
 * then is the last frame's length known; where that frame comes so late that the part would be too long, the part ends before
 * its last frame instead, or where a frame of sound begins. Before the target is known all frames are held.
 */
export class PartCutter {
  readonly #emit: (part: FramePart) => void;
  #target: PartTarget | undefined;
  #frames: MediaFrame[] = [];
  #bytes = 0;
  #start = 0;
  #reference: MediaFrame['kind'] = 'video';

  constructor(emit: (part: FramePart) => void) {
    this.#emit = emit;
  }

  /** Bytes of frames that are in no part yet. */
  get heldBytes(): number {
    return this.#bytes;
  }

  /** Frames that are in no part yet, as they came. */
  get held(): readonly MediaFrame[] {
    return this.#frames;
  }

  /** A segment begins. @param start ticks @param reference by which its length is measured */
  begin(start: number, reference: MediaFrame['kind']): void {
    this.#start = start;
    this.#reference = reference;
  }

  /** @param stalled no picture is to be expected: sound goes on alone */
  write(frame: MediaFrame, stalled: boolean): void {
    if (this.#target) {
      if (frame.kind === this.#reference) this.#make(this.#target, frame);
      else if (stalled) this.#split(this.#target, frame.dts, frame);
    }
    this.#frames.push(frame);
    this.#bytes += frame.payload.length;
  }

  /** From now on parts are made, also of what is held. */
  settle(target: PartTarget): void {
    if (target === this.#target) return;
    const held = this.#take();
    this.#target = target;
    for (const frame of held) this.write(frame, false);
  }

  /** Gives back frames from this time on, as long as no parts are made: the segment is to end before them. */
  takeBack(from: number): readonly MediaFrame[] {
    if (this.#target) return [];
    const [before, after] = [[], []] as [MediaFrame[], MediaFrame[]];
    for (const frame of this.#take()) (frame.dts < from ? before : after).push(frame);
    this.#frames = before;
    this.#bytes = before.reduce((sum, { payload }) => sum + payload.length, 0);
    return after;
  }

  /** The segment ends here, in ticks. @param next what goes on there; undefined: nothing does, or not there */
  finish(end: number, next: MediaFrame | undefined): void {
    if (this.#target) this.#split(this.#target, end, next);
    if (this.#frames.length === 0) return;
    this.#close(this.#frames.length, end, next);
  }

  /** Closes the running part if this frame does not fit into it any more. */
  #make(target: PartTarget, frame: MediaFrame): void {
    this.#split(target, frame.dts, frame);
    if (this.#frames.length === 0) return;
    const elapsed = frame.dts - this.#start;
    const isFull = elapsed >= target.shortest && elapsed + target.interval > target.longest;
    if (isFull || elapsed > target.longest) this.#close(this.#frames.length, frame.dts, frame);
  }

  /** Makes parts of what is held until it is not too long any more, as far as there are places to cut at. */
  #split(target: PartTarget, now: number, coming: MediaFrame | undefined): void {
    while (now - this.#start > target.longest) {
      const count = this.#placeToCut(target);
      if (count === undefined) return;
      this.#close(count, this.#frames[count]!.dts, coming);
    }
  }

  /**
   * Frames up to the best place: not too short either, at a frame of the track that segments are cut by. A short part is better
   * than one that is longer than it says.
   */
  #placeToCut({ longest, shortest }: PartTarget): number | undefined {
    let best: number | undefined;
    let other: number | undefined;
    let short: number | undefined;
    let shortOther: number | undefined;
    for (let index = 1; index < this.#frames.length; index++) {
      const { kind, dts } = this.#frames[index]!;
      const elapsed = dts - this.#start;
      if (elapsed <= 0 || elapsed > longest) continue;
      if (elapsed < shortest) {
        if (kind === this.#reference) short = index;
        else shortOther = index;
      } else if (kind === this.#reference) best = index;
      else other = index;
    }
    return best ?? other ?? short ?? shortOther;
  }

  #close(count: number, end: number, coming: MediaFrame | undefined): void {
    const frames = this.#take();
    for (let index = count; index < frames.length; index++) {
      this.#frames.push(frames[index]!);
      this.#bytes += frames[index]!.payload.length;
    }
    frames.length = count;
    const wanted = Math.max(1, Math.round(end - this.#start));
    // A frame that is longer than a part may be has no other place to end at; the segment's own length is right.
    const duration = Math.min(wanted, this.#target?.longest ?? wanted);
    const independent = this.#isStart(frames);
    const next = this.#next(frames, end, coming);
    this.#start = end;
    this.#emit({ frames, duration, independent, next });
  }

  /**
   * A decoder can begin with the first picture and shows all that follows (RFC 8216 §4.3.5.1): after a recovery point, pictures
   * still lean on what came before. Sound in a stream with pictures can be decoded, but shows nothing.
   */
  #isStart(frames: readonly MediaFrame[]): boolean {
    if (this.#reference === 'audio') return true;
    const first = frames.find(({ kind }) => kind === 'video');
    return first?.kind === 'video' && first.startsGop && first.recovers !== true;
  }

  #next(
    frames: readonly MediaFrame[],
    end: number,
    coming: MediaFrame | undefined,
  ): Partial<Record<TrackId, Ticks>> {
    const next: Partial<Record<TrackId, Ticks>> = {};
    if (coming) next[coming.track.id] = coming.dts;
    else {
      const last = frames.findLast(({ kind }) => kind === this.#reference);
      if (last) next[last.track.id] = ticks(end);
    }
    for (let index = this.#frames.length - 1; index >= 0; index--) {
      const { track, dts } = this.#frames[index]!;
      next[track.id] = dts;
    }
    return next;
  }

  #take(): MediaFrame[] {
    const frames = this.#frames;
    this.#frames = [];
    this.#bytes = 0;
    return frames;
  }
}
