import { box, BOX_HEAD_BYTES, MAX_BOX_BYTES } from './box.ts';
import { MOVIE_TIMESCALE } from './init-segment.ts';
import { boxesIn, findBox, Mp4Error } from './reader.ts';
import { editList, type Edit, type SampleTable } from './sample-table.ts';

/** A movie's track with all its samples. */
export interface FlatTrack {
  readonly trackId: number;
  /** Units per second. */
  readonly timescale: number;
  readonly table: SampleTable;
}

export interface FlatMovie {
  /** The initialization segment that the samples belong to. */
  readonly init: Uint8Array;
  readonly tracks: readonly FlatTrack[];
  /** Where the movie begins, in seconds on the time line of decode times: what comes before is in it, and not shown. */
  readonly begins: number;
  /** Of all samples. */
  readonly mediaBytes: number;
}

/** Plain MP4 of the first generation: every player and editor reads it. */
const BRANDS = 'isom\0\0\x02\0isomiso2mp41';
/** mdat with a size of 64 bits. */
const LARGE_HEAD_BYTES = 16;

/**
 * Everything in front of the media's bytes in a movie that is not fragmented, so that it can be played while it comes: ftyp, a moov
 * with tables of all samples, the head of mdat (ISO/IEC 14496-12 §8). Tracks without samples are left out.
 *
 * @throws {Mp4Error} for an initialization segment that is none
 */
export function flatMovieHead(movie: FlatMovie): Buffer {
  const fileType = box('ftyp', Buffer.from(BRANDS, 'latin1'));
  const media = mediaHead(movie.mediaBytes);
  // The tables say where the media are, and are in front of them: their size does not depend on it below 4 GiB.
  const draft = movieBox(movie, 0);
  const mediaAt = fileType.length + draft.length + media.length;
  const moov = movieBox(movie, mediaAt);
  if (moov.length === draft.length) return Buffer.concat([fileType, moov, media]);
  return Buffer.concat([fileType, movieBox(movie, mediaAt + moov.length - draft.length), media]);
}

function mediaHead(bytes: number): Buffer {
  const isLarge = bytes + BOX_HEAD_BYTES > MAX_BOX_BYTES;
  const out = Buffer.alloc(isLarge ? LARGE_HEAD_BYTES : BOX_HEAD_BYTES);
  out.writeUInt32BE(isLarge ? 1 : bytes + BOX_HEAD_BYTES, 0);
  out.write('mdat', 4, 'latin1');
  if (isLarge) out.writeBigUInt64BE(BigInt(bytes + LARGE_HEAD_BYTES), 8);
  return out;
}

function movieBox(movie: FlatMovie, mediaAt: number): Buffer {
  const moov = findBox(movie.init, 'moov')?.body;
  if (!moov) throw new Mp4Error('no whole moov box');
  const parts: Buffer[] = [];
  let longest = 0;
  for (const { type, body } of boxesIn(moov)) {
    if (type !== 'trak') continue;
    const trackId = trackIdOf(body);
    const track = movie.tracks.find((one) => one.trackId === trackId && one.table.length > 0);
    if (!track) continue;
    const edits = editsOf(track, movie.begins);
    const duration = edits.reduce((sum, edit) => sum + edit.duration, 0);
    longest = Math.max(longest, duration);
    parts.push(trackBox(body, { track, edits, duration, mediaAt }));
  }
  return box('moov', withDuration(moov, 'mvhd', MOVIE_DURATION_AT, longest), ...parts);
}

interface TrackParts {
  readonly track: FlatTrack;
  readonly edits: readonly Edit[];
  /** In the movie's units. */
  readonly duration: number;
  readonly mediaAt: number;
}

/** Of version 0, which is what this house writes: behind version, flags, two dates and a timescale or a number. */
const MOVIE_DURATION_AT = 16;
const MEDIA_DURATION_AT = 16;
const TRACK_DURATION_AT = 20;

function trackBox(trak: Uint8Array, { track, edits, duration, mediaAt }: TrackParts): Buffer {
  const mdia = part(trak, 'mdia');
  const minf = part(mdia, 'minf');
  const stbl = part(minf, 'stbl');
  const later = shownLater(track.table);
  const table = box('stbl', box('stsd', part(stbl, 'stsd')), ...track.table.boxes(mediaAt, later));
  const information = boxesIn(minf).filter(({ type }) => type !== 'stbl');
  return box(
    'trak',
    withDuration(trak, 'tkhd', TRACK_DURATION_AT, duration),
    editList(edits),
    box(
      'mdia',
      withDuration(mdia, 'mdhd', MEDIA_DURATION_AT, track.table.duration),
      box('hdlr', part(mdia, 'hdlr')),
      box('minf', ...information.map(({ type, body }) => box(type, body)), table),
    ),
  );
}

/** What a track shows begins with the movie, or later; what is in it before that is not shown. */
function editsOf({ table, timescale }: FlatTrack, begins: number): Edit[] {
  const first = table.first!;
  const shown = first.decodeTime + first.composition;
  const start = Math.max(shown, Math.round(begins * timescale));
  const late = Math.max(0, Math.round((shown / timescale - begins) * MOVIE_TIMESCALE));
  const rest = Math.max(1, Math.round(((table.shownUntil - start) * MOVIE_TIMESCALE) / timescale));
  const edit = { duration: rest, mediaTime: start - first.decodeTime + shownLater(table) };
  return late > 0 ? [{ duration: late, mediaTime: -1 }, edit] : [edit];
}

/**
 * So much later than they say samples are shown, in the track's units, and the edit list takes it back: its times count from the first
 * sample's decoding and cannot be negative, and pictures may be shown before they are decoded.
 */
function shownLater({ first }: SampleTable): number {
  return Math.max(0, -first!.composition);
}

/** A header box with its duration of 32 bits set; a longer one is said to be unknown. */
function withDuration(parent: Uint8Array, type: string, at: number, duration: number): Buffer {
  const copy = box(type, part(parent, type));
  if (copy[BOX_HEAD_BYTES] !== 0 || copy.length < BOX_HEAD_BYTES + at + 4)
    throw new Mp4Error(`${type} of another version`);
  copy.writeUInt32BE(Math.min(duration, 0xffffffff), BOX_HEAD_BYTES + at);
  return copy;
}

function trackIdOf(trak: Uint8Array): number {
  const tkhd = part(trak, 'tkhd');
  return Buffer.from(tkhd.buffer, tkhd.byteOffset, tkhd.length).readUInt32BE(12);
}

function part(parent: Uint8Array, type: string): Uint8Array {
  const found = findBox(parent, type);
  if (!found) throw new Mp4Error(`no ${type} box`);
  return found.body;
}
