import type { MediaFrame } from '../../src/media/frame.ts';
import { ticks, TICKS_PER_SECOND } from '../../src/media/time.ts';
import type { AudioTrack } from '../../src/media/track.ts';
import { silence } from './pictures.ts';

/** A show without an end: its segments, made when they are asked for and always the same. */
export abstract class Reel<Take extends object, Segment extends { readonly seconds: number }> {
  readonly #take: (number: number) => Take;
  readonly #segments: Segment[] = [];
  #elapsed = 0;

  constructor(take: (number: number) => Take = () => ({}) as Take) {
    this.#take = take;
  }

  segment(number: number): Segment {
    while (this.#segments.length <= number) {
      const made = this.make(this.#take(this.#segments.length), this.#elapsed);
      this.#segments.push(made);
      this.#elapsed += made.seconds;
    }
    return this.#segments[number]!;
  }

  /** The next segment; `startsAt`: where it begins in the show, in seconds. */
  protected abstract make(take: Take, startsAt: number): Segment;
}

const SAMPLES_PER_FRAME = 1024;

export const soundTicks = ({ coreRate }: AudioTrack): number =>
  (SAMPLES_PER_FRAME * TICKS_PER_SECOND) / coreRate;

/** Silence that begins before `end`, frame after frame. */
export function sounds(track: AudioTrack, from: number, end: number): MediaFrame[] {
  const frames: MediaFrame[] = [];
  for (let at = from; at < end; at += soundTicks(track)) {
    const dts = ticks(at);
    frames.push({ kind: 'audio', track, dts, pts: dts, startsGop: false, epoch: 1, payload: silence(track) });
  }
  return frames;
}
