import { ByteReader } from '../../bytes/byte-reader.ts';
import { BOX_HEAD_BYTES } from './box.ts';

/** The bytes are no movie as this house writes them. */
export class Mp4Error extends Error {
  override readonly name = 'Mp4Error';
}

export interface BoxHead {
  readonly type: string;
  /** Head included. */
  readonly bytes: number;
}

/** The head of a box at `at`; undefined if it is cut short. Boxes of more than 4 GiB are not read. @throws {Mp4Error} */
export function readBoxHead(bytes: Uint8Array, at = 0): BoxHead | undefined {
  if (bytes.length - at < BOX_HEAD_BYTES) return undefined;
  const view = Buffer.from(bytes.buffer, bytes.byteOffset + at, BOX_HEAD_BYTES);
  const size = view.readUInt32BE(0);
  const type = view.toString('latin1', 4);
  if (size < BOX_HEAD_BYTES || !/^[\x20-\x7e]{4}$/.test(type))
    throw new Mp4Error(`no box of MP4: size ${size}, type ${JSON.stringify(type)}`);
  return { type, bytes: size };
}

export interface FoundBox extends BoxHead {
  /** Where it begins in what was searched. */
  readonly at: number;
  readonly body: Uint8Array;
}

/** The boxes one behind the other; those that are not whole are left out. @throws {Mp4Error} */
export function boxesIn(bytes: Uint8Array): FoundBox[] {
  const found: FoundBox[] = [];
  for (let at = 0; at < bytes.length;) {
    const head = readBoxHead(bytes, at);
    if (!head || at + head.bytes > bytes.length) break;
    found.push({ ...head, at, body: bytes.subarray(at + BOX_HEAD_BYTES, at + head.bytes) });
    at += head.bytes;
  }
  return found;
}

/** The first box at the end of a path of types, its `at` counted from the start of `bytes`. */
export function findBox(bytes: Uint8Array, ...path: readonly string[]): FoundBox | undefined {
  let from = 0;
  let body = bytes;
  let found: FoundBox | undefined;
  for (const type of path) {
    const inside = boxesIn(body).find((one) => one.type === type);
    if (!inside) return undefined;
    found = { ...inside, at: from + inside.at };
    from = found.at + BOX_HEAD_BYTES;
    body = inside.body;
  }
  return found;
}

/** A track as the moov tells it. */
export interface TrackFacts {
  readonly trackId: number;
  /** `vide`, `soun`. */
  readonly handler: string;
  readonly timescale: number;
}

/** @param moov its body @throws {Mp4Error | TruncatedError} */
export function readTracks(moov: Uint8Array): TrackFacts[] {
  return boxesIn(moov)
    .filter(({ type }) => type === 'trak')
    .map(({ body }) => ({
      trackId: field(findBox(body, 'tkhd'), 12, 20),
      handler: Buffer.from(findBox(body, 'mdia', 'hdlr')?.body.subarray(8, 12) ?? []).toString('latin1'),
      timescale: field(findBox(body, 'mdia', 'mdhd'), 12, 20),
    }));
}

/** A field of 32 bits whose place depends on the box's version, 0 or 1. */
function field(box: FoundBox | undefined, atVersion0: number, atVersion1: number): number {
  if (!box) throw new Mp4Error('a track without its headers');
  const reader = new ByteReader(box.body, box.type);
  reader.need(1, 'version');
  reader.skip(box.body[0] === 1 ? atVersion1 : atVersion0, 'what is in front');
  reader.need(4, 'field');
  return reader.u32();
}

/** One track in a fragment; times in the track's units. */
export interface FragmentFacts {
  readonly trackId: number;
  readonly decodeTime: number;
  readonly duration: number;
  /** When its first sample is shown. */
  readonly shownAt: number;
  readonly startsWithKey: boolean;
  readonly samples: number;
}

/** @param moof its body, as {@link import('./fragment.ts').fragment} writes it @throws {Mp4Error | TruncatedError} */
export function readFragment(moof: Uint8Array): FragmentFacts[] {
  return boxesIn(moof)
    .filter(({ type }) => type === 'traf')
    .map(({ body }) => readTrackFragment(body));
}

function readTrackFragment(traf: Uint8Array): FragmentFacts {
  const [tfhd, tfdt, trun] = ['tfhd', 'tfdt', 'trun'].map((type) => findBox(traf, type));
  if (!tfhd || !tfdt || !trun) throw new Mp4Error('a track fragment without tfhd, tfdt or trun');
  const head = new ByteReader(tfhd.body, 'tfhd');
  head.need(12, 'head');
  head.skip(4, 'flags');
  const trackId = head.u32();
  const defaultFlags = head.u32();
  const time = new ByteReader(tfdt.body, 'tfdt');
  time.need(12, 'time');
  time.skip(4, 'flags');
  const decodeTime = time.u32() * 2 ** 32 + time.u32();
  return { trackId, decodeTime, ...readRun(trun.body, decodeTime, defaultFlags) };
}

const SAMPLE_FLAGS = 0x000400;
const IS_NON_SYNC = 0x00010000;

function readRun(
  body: Uint8Array,
  decodeTime: number,
  defaultFlags: number,
): Pick<FragmentFacts, 'duration' | 'shownAt' | 'startsWithKey' | 'samples'> {
  const run = new ByteReader(body, 'trun');
  run.need(12, 'head');
  const hasFlags = (run.u32() & SAMPLE_FLAGS) !== 0; // and composition offsets with them
  const samples = run.u32();
  run.skip(4, 'data offset');
  run.need(samples * (hasFlags ? 16 : 8), 'samples');
  let duration = 0;
  let flags = defaultFlags;
  let composition = 0;
  for (let index = 0; index < samples; index++) {
    duration += run.u32();
    run.skip(4, 'size');
    if (!hasFlags) continue;
    const own = run.u32();
    const offset = run.u32() | 0;
    if (index > 0) continue;
    flags = own;
    composition = offset;
  }
  return { duration, shownAt: decodeTime + composition, startsWithKey: (flags & IS_NON_SYNC) === 0, samples };
}
