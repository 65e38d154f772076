import { boxesIn, type FoundBox } from '../../src/containers/fmp4/reader.ts';
import { samplesWithin, type Fragment, type Sample } from '../../src/containers/fmp4/sample-reader.ts';

/** A sample with its bytes, a view. */
export interface SampleWithBytes extends Sample {
  readonly payload: Uint8Array;
}

/**
 * The samples of all whole fragments in a segment, a part or a file, with their bytes; what is cut short at its end is left out.
 *
 * @param options.defaults what readMovie tells of its tracks
 * @throws {Mp4Error | TruncatedError} for boxes that lie
 */
export function* samplesIn(
  bytes: Uint8Array,
  options: Pick<Fragment, 'defaults'> = {},
): Generator<SampleWithBytes, void> {
  let moof: FoundBox | undefined;
  for (const box of boxesIn(bytes)) {
    if (box.type === 'moof') moof = box;
    if (box.type !== 'mdat' || !moof) continue;
    for (const sample of samplesWithin({ ...options, moof: moof.body, moofAt: moof.at }, box))
      yield { ...sample, payload: bytes.subarray(sample.offset, sample.offset + sample.bytes) };
    moof = undefined;
  }
}
