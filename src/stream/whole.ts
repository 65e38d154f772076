import type { Frame, MediaFrame } from '../media/frame.ts';
import { Rendition, type RenditionOptions } from './rendition.ts';
import type { Viewer } from './viewer.ts';
import type { WireFormat } from './wire-format.ts';

export interface WholeOptions extends Omit<RenditionOptions, 'id'> {
  /** What there is of the current GOPs, the main one's first. */
  readonly caches: () => Iterable<readonly Frame[]>;
}

/**
 * All tracks of a stream together, as other gateways take them: starts where the main picture can be started with. It costs
 * nothing while nobody wants it.
 */
export class Whole extends Rendition {
  readonly #caches: WholeOptions['caches'];
  /** Somebody wants it. */
  isOn = false;

  constructor(options: WholeOptions) {
    super({ ...options, id: 'main' });
    this.#caches = options.caches;
  }

  override join(format: WireFormat, viewer: Viewer, fromGop: boolean): void {
    if (!this.isOn) this.#catchUp();
    super.join(format, viewer, fromGop);
  }

  override leave(viewer: Viewer): void {
    super.leave(viewer);
    if (this.isWatched || !this.isOn) return;
    this.isOn = false;
    this.begin('rtmp');
  }

  override write(frame: Frame): void {
    if (frame.kind === 'data' || frame.track.id === frame.kind) super.write(frame);
    else this.writeAlong(frame);
  }

  /** Tracks cut at the same times lie side by side; where they are not, those beside begin with their next key frames. */
  #catchUp(): void {
    this.isOn = true;
    const [main = [], ...beside] = this.#caches();
    const [first] = main;
    if (!first) return;
    const isLater = ({ dts }: MediaFrame): boolean => dts >= first.dts;
    const others = beside.flatMap((frames) => frames.filter(isOfOther).filter(isLater));
    const at = ({ dts }: Frame): number => Math.max(dts, first.dts); // sound may be a little older than the picture in front of it
    for (const frame of [...main, ...others].sort((a, b) => at(a) - at(b))) this.write(frame);
  }
}

const isOfOther = (frame: Frame): frame is MediaFrame =>
  frame.kind !== 'data' && frame.track.id !== frame.kind;
