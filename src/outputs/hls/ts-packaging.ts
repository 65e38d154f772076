import type { MediaFrame } from '../../media/frame.ts';
import type { TrackSet } from '../../media/track.ts';
import type { LivePart, LiveSegment } from './live-segment.ts';
import { TsPackager } from './ts-packager.ts';
import type { SegmentWindow } from './window.ts';

/**
 * The same segments in MPEG-TS, made only while somebody asks for them: of the frames that the window keeps when the first
 * one asks, then part by part as they come, until nobody has asked for so long that nothing of what
 * was there is kept any more: nobody is given other bytes under a name that was given before.
 */
export class TsPackaging {
  readonly #window: SegmentWindow;
  readonly #judge = new TsPackager();
  #packager: TsPackager | undefined;
  readonly #made = new Map<number, Buffer>();
  #bytes = 0;
  /** The number that the next segment had when somebody asked last. */
  #askedAt = 0;
  /** Of the running segment; undefined: none of it can be carried. */
  #carried: TrackSet | undefined;
  #begun = false;

  constructor(window: SegmentWindow) {
    this.#window = window;
  }

  /** Bytes of segments that are kept, and of the one that is being made. */
  get bytes(): number {
    return this.#bytes + (this.#packager?.size ?? 0);
  }

  /** Why these tracks are not offered in MPEG-TS, or why one of them is missing there, in words. */
  problem({ video, audio }: TrackSet): string | undefined {
    const refusals = [video, audio].map((track) => track && this.#judge.refusal(track));
    return refusals.find((words) => words !== undefined);
  }

  /** A stream with pictures is not offered without them. */
  offers(tracks: TrackSet): boolean {
    const carried = this.carried(tracks);
    return tracks.video ? carried.video !== undefined : carried.audio !== undefined;
  }

  /** Those of the tracks that MPEG-TS can carry. */
  carried({ video, audio }: TrackSet): TrackSet {
    return {
      ...(video && this.#judge.refusal(video) === undefined && { video }),
      ...(audio && this.#judge.refusal(audio) === undefined && { audio }),
    };
  }

  /** How many of these frames cannot be carried. */
  uncarried(tracks: TrackSet, frames: readonly MediaFrame[]): number {
    if (this.problem(tracks) === undefined) return 0;
    const carried = this.carried(tracks);
    return frames.reduce((count, { kind }) => count + (carried[kind] ? 0 : 1), 0);
  }

  /** Somebody asks for it: from now on segments are made, beginning with those in the window. */
  ask(): void {
    this.#askedAt = this.#window.nextSequence;
    if (this.#packager) return;
    this.#packager = new TsPackager();
    this.#begun = false;
    for (const segment of this.#window.segments) {
      this.open(segment);
      for (const part of segment.parts) this.part(segment, part);
      this.close(segment);
    }
    const { running } = this.#window;
    if (!running) return;
    this.open(running);
    for (const part of running.parts) this.part(running, part);
  }

  /** A segment that has been made; undefined: it has not, or is not kept any more, or nothing of it can be carried. */
  find(sequence: number): Buffer | undefined {
    return this.#made.get(sequence);
  }

  open({ head }: LiveSegment): void {
    if (!this.#packager) return;
    const carried = this.carried(head.tracks);
    this.#carried = (carried.video ?? carried.audio) ? carried : undefined;
    if (!this.#carried) return;
    this.#packager.begin(this.#carried, this.#begun && !head.discontinuity);
    this.#begun = true;
  }

  part({ head }: LiveSegment, part: LivePart): void {
    const packager = this.#packager;
    const carried = this.#carried;
    if (!packager || !carried) return;
    const of = { tracks: carried, epoch: head.epoch, zero: head.movieStart };
    part.frames.forEach(part, of, (frame) => packager.write(frame));
  }

  close({ sequence }: LiveSegment): void {
    if (!this.#packager) return;
    if (this.#carried) {
      const bytes = this.#packager.finish();
      this.#made.set(sequence, bytes);
      this.#bytes += bytes.length;
      this.#carried = undefined;
    }
    for (const old of this.#made.keys()) {
      if (this.#window.find(old)) break;
      this.#forget(old);
    }
    if (this.#window.oldest > this.#askedAt) this.#stop();
  }

  /** Nothing comes for a while, or ever again. */
  rest(): void {
    this.#packager?.rest();
  }

  #stop(): void {
    this.#packager = undefined;
    this.#carried = undefined;
    this.#made.clear();
    this.#bytes = 0;
  }

  #forget(sequence: number): void {
    this.#bytes -= this.#made.get(sequence)?.length ?? 0;
    this.#made.delete(sequence);
  }
}
