import type { LiveSegment } from './live-segment.ts';
import { bandwidth, frameRate } from './measured.ts';
import type { Variant } from './multivariant.ts';
import type { SegmentWindow } from './window.ts';

/**
 * Players read BANDWIDTH once, and the segments to come may be a little larger than all before; Apple's authoring rules
 * allow a live stream a quarter.
 */
const PEAK_MARGIN = 1.1;

/** All segments start where a decoder can start; also the one that is being made, where it is shown. */
export function isIndependent({ segments }: SegmentWindow, running?: LiveSegment): boolean {
  return segments.every(({ head }) => head.independent) && (running?.head.independent ?? true);
}

/** Bit rates and frame rate of a window in one container. */
export class VariantMeter {
  readonly #window: SegmentWindow;
  readonly #sizeOf: (segment: LiveSegment) => number;
  /** Largest bit rate of a segment so far. */
  #peak = 0;

  /** @param sizeOf bytes of a segment in that container; 0: it is not there */
  constructor(window: SegmentWindow, sizeOf: (segment: LiveSegment) => number) {
    this.#window = window;
    this.#sizeOf = sizeOf;
  }

  /** The window has another segment. @param targetDuration whole seconds */
  note(targetDuration: number): void {
    this.#peak = Math.max(this.#peak, this.#rates(targetDuration).peak);
  }

  measure(
    targetDuration: number,
  ): Pick<Variant, 'peakBandwidth' | 'averageBandwidth'> & { readonly frameRate: number | undefined } {
    const { peak, average } = this.#rates(targetDuration);
    this.#peak = Math.max(this.#peak, peak);
    return {
      peakBandwidth: Math.ceil(this.#peak * PEAK_MARGIN),
      averageBandwidth: average,
      frameRate: frameRate(this.#ofNewest),
    };
  }

  /** A publisher who came back with other pictures: what was before says nothing of them. */
  get #ofNewest(): readonly LiveSegment[] {
    const { segments } = this.#window;
    const video = segments.at(-1)?.head.tracks.video;
    return segments.filter(({ head }) => head.tracks.video === video);
  }

  #rates(targetDuration: number): { readonly peak: number; readonly average: number } {
    const sized = [];
    for (const segment of this.#window.segments) {
      const length = this.#sizeOf(segment);
      if (length > 0) sized.push({ duration: segment.duration, bytes: { length } });
    }
    return bandwidth(sized, targetDuration);
  }
}
