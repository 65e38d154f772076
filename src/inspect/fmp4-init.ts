import { ByteReader, TruncatedError } from '../bytes/byte-reader.ts';
import type { SampleDefaults } from '../containers/fmp4/movie-reader.ts';
import { boxesIn, findBox, Mp4Error, readTracks, type FoundBox } from '../containers/fmp4/reader.ts';
import { readSampleEntry } from '../containers/fmp4/sample-entry.ts';
import type { EntryFacts } from '../containers/fmp4/sample-entries/entry.ts';
import type { Mp4Facts, Mp4TrackFacts } from './report-fragments.ts';

/** A track of an initialization section. */
export interface InitTrack extends Mp4TrackFacts {
  readonly kind: 'video' | 'audio' | undefined;
  /** Undefined: a codec that is not looked into. */
  readonly codec: EntryFacts | undefined;
  /** Why it is undefined, where that is a fault. */
  readonly fault?: string | undefined;
}

/** An initialization section, taken apart: ISO/IEC 14496-12 §8.2, §8.8. */
export interface InitLook extends Mp4Facts {
  readonly tracks: readonly InitTrack[];
  /** By track_ID; empty without mvex. */
  readonly defaults: ReadonlyMap<number, SampleDefaults>;
  /** Types of the boxes at the top, in their order. */
  readonly boxes: readonly string[];
  readonly hasMvex: boolean;
  /** Tracks that a trex is missing for. */
  readonly withoutDefaults: readonly number[];
  /** Samples that the moov itself tells of. */
  readonly samples: number;
  /** Tracks that have an edit list. */
  readonly edited: readonly number[];
}

const KINDS: Readonly<Record<string, 'video' | 'audio'>> = { vide: 'video', soun: 'audio' };
/** The same configuration by another name: parameter sets may stand in the samples too. ISO/IEC 14496-15 §5.4.2, §8.4.1. */
const IN_BAND: Readonly<Record<string, string>> = { avc3: 'avc1', hev1: 'hvc1' };

/** @throws {Mp4Error | TruncatedError} without a whole moov */
export function readInit(bytes: Uint8Array): InitLook {
  const boxes = boxesIn(bytes);
  const moov = boxes.find(({ type }) => type === 'moov')?.body;
  if (!moov) throw new Mp4Error('there is no whole moov box');
  const traks = boxesIn(moov).filter(({ type }) => type === 'trak');
  const tracks = readTracks(moov).map((facts, index) => readTrack(facts, traks[index]!));
  const mvex = findBox(moov, 'mvex');
  const defaults = readDefaults(mvex);
  return {
    brands: brandsOf(boxes.find(({ type }) => type === 'ftyp')),
    tracks,
    defaults,
    boxes: boxes.map(({ type }) => type),
    hasMvex: mvex !== undefined,
    withoutDefaults: tracks.map(({ trackId }) => trackId).filter((id) => !defaults.has(id)),
    samples: traks.reduce((sum, { body }) => sum + samplesIn(body), 0),
    edited: tracks
      .filter((_, index) => findBox(traks[index]!.body, 'edts', 'elst'))
      .map(({ trackId }) => trackId),
  };
}

function readTrack(facts: Omit<Mp4TrackFacts, 'entry'>, trak: FoundBox): InitTrack {
  if (facts.timescale === 0) throw new Mp4Error(`track ${facts.trackId} has a timescale of 0`);
  const stsd = findBox(trak.body, 'mdia', 'minf', 'stbl', 'stsd')?.body;
  if (!stsd) throw new Mp4Error(`track ${facts.trackId} has no sample description`);
  const entry = boxesIn(stsd.subarray(8))[0]?.type ?? '';
  const kind = KINDS[facts.handler];
  try {
    return { ...facts, entry, kind, codec: readSampleEntry(renamed(stsd, entry)) };
  } catch (error) {
    if (!(error instanceof Mp4Error || error instanceof TruncatedError)) throw error;
    const isUnknown = error.message === `a sample entry of type ${entry}`;
    return { ...facts, entry, kind, codec: undefined, ...(!isUnknown && { fault: error.message }) };
  }
}

/** With its entry under the name that the reader knows. */
function renamed(stsd: Uint8Array, entry: string): Uint8Array {
  const name = IN_BAND[entry];
  if (name === undefined) return stsd;
  const copy = Buffer.from(stsd);
  copy.write(name, 12, 'latin1'); // behind version, flags, entry_count and the entry's size
  return copy;
}

/** trex: §8.8.3. The house's own reader of movies refuses those with a codec that it does not know; a look must not. */
function readDefaults(mvex: FoundBox | undefined): ReadonlyMap<number, SampleDefaults> {
  if (!mvex) return new Map();
  const found = new Map<number, SampleDefaults>();
  for (const { type, body } of boxesIn(mvex.body)) {
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

/** stsz or stz2: ISO/IEC 14496-12 §8.7.3. */
function samplesIn(trak: Uint8Array): number {
  const stbl = findBox(trak, 'mdia', 'minf', 'stbl')?.body ?? new Uint8Array(0);
  const sizes = findBox(stbl, 'stsz') ?? findBox(stbl, 'stz2');
  if (!sizes || sizes.body.length < 12) return 0;
  return Buffer.from(sizes.body).readUInt32BE(8);
}

/** ftyp: §4.3. */
function brandsOf(ftyp: FoundBox | undefined): string[] {
  const body = Buffer.from(ftyp?.body ?? []);
  const brands: string[] = [];
  for (let at = 0; at + 4 <= body.length; at += 4)
    if (at !== 4) brands.push(body.toString('latin1', at, at + 4));
  return brands;
}
