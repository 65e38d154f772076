import { ByteWriter } from '../../bytes/byte-writer.ts';
import { box, fullBox, i32, u64 } from './box.ts';

/** A sample on its way into a table; times in the track's units. */
export interface TableSample {
  readonly decodeTime: number;
  readonly duration: number;
  readonly bytes: number;
  /** From decoding to showing; may be negative. */
  readonly composition: number;
  readonly sync: boolean;
}

/** Offsets below this have 32 bits. */
const LARGE_OFFSET = 2 ** 32;
/** The most that can be said of one sample, in its track's units: no frame is as long or as late, but what a disk has damaged is. */
const MAX_LENGTH = 0xffffffff;
const MAX_COMPOSITION = 0x7fffffff;
/** stsd's own entry, the only one. */
const DESCRIPTION = 1;

/** The samples of one track of a movie that is not fragmented: what an stbl says of them, ISO/IEC 14496-12 §8.6 and §8.7. */
export class SampleTable {
  readonly #samples: TableSample[] = [];
  /** Where each run of samples begins among the media's bytes, and how many samples are in it. */
  readonly #chunks: { readonly offset: number; samples: number }[] = [];

  get length(): number {
    return this.#samples.length;
  }

  get first(): TableSample | undefined {
    return this.#samples[0];
  }

  /** When the last of what is shown has been: pictures are not shown in the order in which they are decoded. */
  get shownUntil(): number {
    let until = 0;
    for (const { decodeTime, composition, duration } of this.#samples)
      until = Math.max(until, decodeTime + composition + duration);
    return until;
  }

  /** Units of all samples. */
  get duration(): number {
    let sum = 0;
    for (let index = 0; index < this.#samples.length; index++) sum += this.#lengthOf(index);
    return sum;
  }

  /** @param offset of the sample among the media's bytes @param follows it stands right behind the one before it */
  add(sample: TableSample, offset: number, follows: boolean): void {
    const chunk = this.#chunks.at(-1);
    if (follows && chunk) chunk.samples++;
    else this.#chunks.push({ offset, samples: 1 });
    this.#samples.push(sample);
  }

  /**
   * Boxes of the stbl behind stsd.
   *
   * @param mediaAt where the media's bytes begin in the file
   * @param later units that are added to when samples are shown
   */
  boxes(mediaAt: number, later = 0): Buffer[] {
    const boxes = [this.#times(), this.#compositions(later), this.#syncSamples()];
    return [
      ...boxes.filter((one) => one !== undefined),
      this.#chunkSizes(),
      this.#sizes(),
      this.#offsets(mediaAt),
    ];
  }

  /** stts, §8.6.1.2: from each sample to the next, so that what lies between two of them is not lost. */
  #times(): Buffer {
    const runs: [count: number, length: number][] = [];
    for (let index = 0; index < this.#samples.length; index++) {
      const length = this.#lengthOf(index);
      const run = runs.at(-1);
      if (run?.[1] === length) run[0]++;
      else runs.push([1, length]);
    }
    const out = new ByteWriter(4 + 8 * runs.length).u32(runs.length);
    for (const [count, length] of runs) out.u32(count).u32(length);
    return fullBox('stts', 0, 0, out.done());
  }

  /** From a sample to the next one. */
  #lengthOf(index: number): number {
    const { decodeTime, duration } = this.#samples[index]!;
    const next = this.#samples[index + 1];
    return next ? Math.min(MAX_LENGTH, Math.max(0, next.decodeTime - decodeTime)) : duration;
  }

  /** ctts with signed offsets, §8.6.1.3; none where every sample is shown when it is decoded. */
  #compositions(later: number): Buffer | undefined {
    if (this.#samples.every(({ composition }) => composition + later === 0)) return undefined;
    const runs: [count: number, offset: number][] = [];
    for (const { composition } of this.#samples) {
      const offset = Math.min(MAX_COMPOSITION, composition + later);
      const run = runs.at(-1);
      if (run?.[1] === offset) run[0]++;
      else runs.push([1, offset]);
    }
    const out = new ByteWriter(4 + 8 * runs.length).u32(runs.length);
    for (const [count, offset] of runs) i32(out.u32(count), offset);
    return fullBox('ctts', 1, 0, out.done());
  }

  /** stss, §8.6.2; none where every sample is one. */
  #syncSamples(): Buffer | undefined {
    if (this.#samples.every(({ sync }) => sync)) return undefined;
    const numbers = [...this.#samples.keys()].filter((index) => this.#samples[index]!.sync);
    const out = new ByteWriter(4 + 4 * numbers.length).u32(numbers.length);
    for (const index of numbers) out.u32(index + 1);
    return fullBox('stss', 0, 0, out.done());
  }

  /** stsc, §8.7.4. */
  #chunkSizes(): Buffer {
    const runs = [...this.#chunks.entries()].filter(
      ([index, { samples }]) => index === 0 || this.#chunks[index - 1]!.samples !== samples,
    );
    const out = new ByteWriter(4 + 12 * runs.length).u32(runs.length);
    for (const [index, { samples }] of runs)
      out
        .u32(index + 1)
        .u32(samples)
        .u32(DESCRIPTION);
    return fullBox('stsc', 0, 0, out.done());
  }

  /** stsz, §8.7.3.2. */
  #sizes(): Buffer {
    const out = new ByteWriter(8 + 4 * this.#samples.length).u32(0).u32(this.#samples.length);
    for (const { bytes } of this.#samples) out.u32(bytes);
    return fullBox('stsz', 0, 0, out.done());
  }

  /** stco or co64, §8.7.5. */
  #offsets(mediaAt: number): Buffer {
    const isLarge = this.#chunks.some(({ offset }) => mediaAt + offset >= LARGE_OFFSET);
    const out = new ByteWriter(4 + (isLarge ? 8 : 4) * this.#chunks.length).u32(this.#chunks.length);
    for (const { offset } of this.#chunks) {
      if (isLarge) u64(out, mediaAt + offset);
      else out.u32(mediaAt + offset);
    }
    return fullBox(isLarge ? 'co64' : 'stco', 0, 0, out.done());
  }
}

/** An edit of an edit list: §8.6.6. */
export interface Edit {
  /** In the movie's units. */
  readonly duration: number;
  /** Where it begins in the track, in its own units; −1: nothing is shown. */
  readonly mediaTime: number;
}

/** edts: §8.6.5. */
export function editList(edits: readonly Edit[]): Buffer {
  const out = new ByteWriter(4 + 20 * edits.length).u32(edits.length);
  for (const { duration, mediaTime } of edits) {
    u64(out, duration);
    out.u32(mediaTime < 0 ? 0xffffffff : Math.floor(mediaTime / 2 ** 32)).u32(mediaTime >>> 0);
    out.u16(1).u16(0); // media_rate 1
  }
  return box('edts', fullBox('elst', 1, 0, out.done()));
}
