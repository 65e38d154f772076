import { ByteReader } from '../../bytes/byte-reader.ts';
import { boxesIn, findBox, Mp4Error, readTracks, type TrackFacts } from './reader.ts';
import { readSampleEntry } from './sample-entry.ts';
import type { EntryFacts } from './sample-entries/entry.ts';

/** What a fragment's samples are where it does not say: trex, ISO/IEC 14496-12 §8.8.3. */
export interface SampleDefaults {
  readonly duration: number;
  readonly bytes: number;
  readonly flags: number;
}

/** A track of an initialization segment, all that is needed to read its samples and to decode them. */
export interface MovieTrackFacts extends TrackFacts {
  readonly entry: EntryFacts;
  readonly defaults: SampleDefaults;
}

const NO_DEFAULTS: SampleDefaults = { duration: 0, bytes: 0, flags: 0 };

/**
 * An initialization segment, or a file that begins with one, read back.
 *
 * @throws {Mp4Error | TruncatedError} without a whole moov, or with a track whose codec is not known here
 */
export function readMovie(bytes: Uint8Array): MovieTrackFacts[] {
  const moov = findBox(bytes, 'moov')?.body;
  if (!moov) throw new Mp4Error('no whole moov box');
  const traks = boxesIn(moov).filter(({ type }) => type === 'trak');
  const defaults = readDefaults(moov);
  return readTracks(moov).map((facts, index) => {
    if (facts.timescale === 0) throw new Mp4Error('a track whose clock stands still');
    const stsd = findBox(traks[index]!.body, 'mdia', 'minf', 'stbl', 'stsd');
    if (!stsd) throw new Mp4Error('a track without a sample description');
    const own = defaults.get(facts.trackId) ?? NO_DEFAULTS;
    return { ...facts, entry: readSampleEntry(stsd.body), defaults: own };
  });
}

function readDefaults(moov: Uint8Array): Map<number, SampleDefaults> {
  const found = new Map<number, SampleDefaults>();
  for (const { type, body } of boxesIn(findBox(moov, 'mvex')?.body ?? new Uint8Array(0))) {
    if (type !== 'trex') continue;
    const reader = new ByteReader(body, 'trex');
    reader.need(24, 'defaults');
    reader.skip(4, 'version and flags');
    const trackId = reader.u32();
    reader.skip(4, 'default_sample_description_index');
    found.set(trackId, { duration: reader.u32(), bytes: reader.u32(), flags: reader.u32() });
  }
  return found;
}
