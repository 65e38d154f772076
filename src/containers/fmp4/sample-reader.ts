import { ByteReader } from '../../bytes/byte-reader.ts';
import { BOX_HEAD_BYTES } from './box.ts';
import type { SampleDefaults } from './movie-reader.ts';
import { boxesIn, findBox, Mp4Error, type FoundBox } from './reader.ts';

/** A sample of a fragment; times in its track's units. */
export interface Sample {
  readonly trackId: number;
  /** Where its bytes are, counted as `moofAt` is. */
  readonly offset: number;
  readonly bytes: number;
  readonly decodeTime: number;
  readonly duration: number;
  /** From decoding to showing; may be negative. */
  readonly composition: number;
  readonly sync: boolean;
}

export interface Fragment {
  /** The moof's contents. */
  readonly moof: Uint8Array;
  /** Where the moof begins. */
  readonly moofAt: number;
  /** Of the tracks that have any, by track_ID. */
  readonly defaults?: ReadonlyMap<number, SampleDefaults>;
}

/**
 * Samples that a fragment may have: hours of sound. A run that leaves sizes and durations to the defaults tells of millions
 * in twenty bytes.
 */
export const MAX_SAMPLES = 65_536;

/** tfhd: ISO/IEC 14496-12 §8.8.7. */
const TFHD = {
  baseDataOffset: 0x000001,
  descriptionIndex: 0x000002,
  duration: 0x000008,
  bytes: 0x000010,
  flags: 0x000020,
  baseIsMoof: 0x020000,
} as const;
/** trun: §8.8.8. */
const TRUN = {
  dataOffset: 0x000001,
  firstFlags: 0x000004,
  duration: 0x000100,
  bytes: 0x000200,
  flags: 0x000400,
  composition: 0x000800,
} as const;
const IS_NON_SYNC = 0x00010000;
const NO_DEFAULTS: SampleDefaults = { duration: 0, bytes: 0, flags: 0 };

/** What is known of a track fragment before its runs. */
interface Traf extends SampleDefaults {
  readonly trackId: number;
  /** What the data offsets of its runs are counted from; undefined: where the data of the track fragment before end. */
  readonly base: number | undefined;
}

/** Where reading has come to. */
interface Place {
  /** Where data go on that no offset is told of. */
  dataAt: number;
  decodeTime: number;
}

/**
 * All samples of a fragment, track after track. Whoever wrote it: all that ISO/IEC 14496-12 §8.8 lets a moof leave out is filled in.
 *
 * @throws {Mp4Error | TruncatedError}
 */
export function readSamples(fragment: Fragment): Sample[] {
  const samples: Sample[] = [];
  let dataEnd = fragment.moofAt;
  for (const { type, body } of boxesIn(fragment.moof)) {
    if (type !== 'traf') continue;
    const traf = readTraf(body, fragment);
    const place = { dataAt: traf.base ?? dataEnd, decodeTime: readDecodeTime(body) };
    const base = place.dataAt;
    for (const run of boxesIn(body)) if (run.type === 'trun') readRun(run, { traf, base, place, samples });
    dataEnd = place.dataAt;
  }
  return samples;
}

function readTraf(traf: Uint8Array, { moofAt, defaults }: Fragment): Traf {
  const tfhd = findBox(traf, 'tfhd');
  if (!tfhd) throw new Mp4Error('a track fragment without tfhd');
  const reader = new ByteReader(tfhd.body, 'tfhd');
  reader.need(8, 'head');
  const flags = reader.u32();
  const trackId = reader.u32();
  const of = defaults?.get(trackId) ?? NO_DEFAULTS;
  const told = (flag: number, otherwise: number): number => {
    if ((flags & flag) === 0) return otherwise;
    reader.need(4, 'default');
    return reader.u32();
  };
  let base = (flags & TFHD.baseIsMoof) === 0 ? undefined : moofAt;
  if ((flags & TFHD.baseDataOffset) !== 0) {
    reader.need(8, 'base_data_offset');
    base = reader.u32() * 2 ** 32 + reader.u32();
  }
  told(TFHD.descriptionIndex, 0);
  const duration = told(TFHD.duration, of.duration);
  const bytes = told(TFHD.bytes, of.bytes);
  return { trackId, base, duration, bytes, flags: told(TFHD.flags, of.flags) };
}

/** tfdt: §8.8.12. */
function readDecodeTime(traf: Uint8Array): number {
  const tfdt = findBox(traf, 'tfdt');
  if (!tfdt) throw new Mp4Error('a track fragment without tfdt');
  const reader = new ByteReader(tfdt.body, 'tfdt');
  reader.need(8, 'time');
  const version = reader.u32() >>> 24;
  if (version === 0) return reader.u32();
  reader.need(8, 'time');
  const time = reader.u32() * 2 ** 32 + reader.u32();
  if (!Number.isSafeInteger(time)) throw new Mp4Error('a decode time beyond 53 bits');
  return time;
}

interface Reading {
  readonly traf: Traf;
  readonly base: number;
  readonly place: Place;
  readonly samples: Sample[];
}

function readRun({ body }: FoundBox, { traf, base, place, samples }: Reading): void {
  const reader = new ByteReader(body, 'trun');
  reader.need(8, 'head');
  const flags = reader.u32() & 0xffffff; // the version tells whether offsets are signed; nobody has any of 2^31
  const count = reader.u32();
  if (samples.length + count > MAX_SAMPLES) throw new Mp4Error(`a run of ${count} samples`);
  reader.need(4 * bitsIn(flags & (TRUN.dataOffset | TRUN.firstFlags)), 'offset and flags');
  if (flags & TRUN.dataOffset) place.dataAt = base + (reader.u32() | 0);
  const firstFlags = flags & TRUN.firstFlags ? reader.u32() : undefined;
  const fields = TRUN.duration | TRUN.bytes | TRUN.flags | TRUN.composition;
  reader.need(count * 4 * bitsIn(flags & fields), 'samples');
  for (let index = 0; index < count; index++) {
    const duration = flags & TRUN.duration ? reader.u32() : traf.duration;
    const bytes = flags & TRUN.bytes ? reader.u32() : traf.bytes;
    const own = flags & TRUN.flags ? reader.u32() : index === 0 ? (firstFlags ?? traf.flags) : traf.flags;
    const composition = flags & TRUN.composition ? reader.u32() | 0 : 0;
    const sync = (own & IS_NON_SYNC) === 0;
    const { dataAt: offset, decodeTime } = place;
    samples.push({ trackId: traf.trackId, offset, bytes, decodeTime, duration, composition, sync });
    place.dataAt += bytes;
    place.decodeTime += duration;
  }
}

function bitsIn(flags: number): number {
  let count = 0;
  for (let rest = flags; rest !== 0; rest &= rest - 1) count++;
  return count;
}

/**
 * The samples of a fragment whose media are in this mdat, counted as `moofAt` is.
 *
 * @throws {Mp4Error | TruncatedError} also for samples that are elsewhere
 */
export function samplesWithin(fragment: Fragment, mdat: Pick<FoundBox, 'at' | 'bytes'>): Sample[] {
  const samples = readSamples(fragment);
  const [from, to] = [mdat.at + BOX_HEAD_BYTES, mdat.at + mdat.bytes];
  if (samples.some(({ offset, bytes }) => offset < from || offset + bytes > to))
    throw new Mp4Error('a sample that is outside of its mdat');
  return samples;
}
