import { BOX_HEAD_BYTES } from '../../containers/fmp4/box.ts';
import type { SampleDefaults } from '../../containers/fmp4/movie-reader.ts';
import { Mp4Error, readBoxHead } from '../../containers/fmp4/reader.ts';
import { samplesWithin, type Sample } from '../../containers/fmp4/sample-reader.ts';
import type { StoredBytes } from '../hls/archive.ts';

/** What is read at the beginning of a box: most often all of a moof, and the head of the mdat behind it. */
const LOOK_BYTES = 4096;
/** The moof of the longest segment there is has a fraction of it. */
const MAX_MOOF_BYTES = 4 * 1024 * 1024;

/**
 * The samples of all whole fragments in a segment, of which no more is read than its tables.
 *
 * @throws {Mp4Error | TruncatedError} for boxes that lie, or that cannot be read
 */
export async function samplesStored(
  file: StoredBytes,
  defaults: ReadonlyMap<number, SampleDefaults>,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  const look = new Look(file);
  let moof: { readonly body: Uint8Array; readonly at: number } | undefined;
  for (let at = 0; at + BOX_HEAD_BYTES <= file.size;) {
    const { type, bytes } = readBoxHead(await look.at(at, BOX_HEAD_BYTES))!;
    if (at + bytes > file.size) break; // cut short
    if (type === 'moof') {
      if (bytes > MAX_MOOF_BYTES) throw new Mp4Error(`a moof of ${bytes} bytes`);
      moof = { body: (await look.at(at, bytes)).subarray(BOX_HEAD_BYTES), at };
    } else if (type === 'mdat' && moof) {
      const fragment = { moof: moof.body, moofAt: moof.at, defaults };
      for (const sample of samplesWithin(fragment, { at, bytes })) samples.push(sample);
      moof = undefined;
    }
    at += bytes;
  }
  return samples;
}

/** Reads ahead a little, so that small boxes cost no reading each. */
class Look {
  readonly #file: StoredBytes;
  #from = 0;
  #bytes: Buffer = Buffer.alloc(0);

  constructor(file: StoredBytes) {
    this.#file = file;
  }

  async at(from: number, length: number): Promise<Buffer> {
    if (from < this.#from || from + length > this.#from + this.#bytes.length) {
      const to = Math.min(this.#file.size, from + Math.max(length, LOOK_BYTES));
      const bytes = await this.#file.read(from, to);
      if (bytes?.length !== to - from) throw new Mp4Error('a segment that cannot be read');
      [this.#from, this.#bytes] = [from, bytes];
    }
    return this.#bytes.subarray(from - this.#from, from - this.#from + length);
  }
}
