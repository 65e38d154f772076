import { ByteWriter } from '../../bytes/byte-writer.ts';
import { box, freeBox, fullBox } from './box.ts';
import type { MovieTrack } from './movie-track.ts';
import { sampleEntry } from './sample-entry.ts';

/** Units of the movie's own duration, which no track counts in. */
export const MOVIE_TIMESCALE = 1_000;
/** An mehd box with 64 bits. */
export const DURATION_BOX_BYTES = 20;

/** 1 0 0 / 0 1 0 / 0 0 1, in 16.16 and 2.30. */
const UNITY_MATRIX = [0x00010000, 0, 0, 0, 0x00010000, 0, 0, 0, 0x40000000];
/** track_enabled and track_in_movie. */
const TRACK_FLAGS = 3;
const UNDETERMINED = 0x55c4; // 'und', three letters of 5 bits

/**
 * The initialization segment of a fragmented movie: ftyp and a moov that says which tracks there are and nothing of their
 * samples (ISO/IEC 14496-12 §8.8). A track with another configuration needs another one.
 *
 * @param options.durationRoom keeps {@link DURATION_BOX_BYTES} free, in front in mvex, for {@link movieDuration}
 */
export function initSegment(tracks: readonly MovieTrack[], options: { durationRoom?: boolean } = {}): Buffer {
  const nextTrackId = Math.max(0, ...tracks.map(({ trackId }) => trackId)) + 1;
  const room = options.durationRoom ? [freeBox(DURATION_BOX_BYTES)] : [];
  const moov = box(
    'moov',
    movieHeader(nextTrackId),
    ...tracks.map(trackBox),
    box('mvex', ...room, ...tracks.map(trackExtends)),
  );
  return Buffer.concat([fileType(tracks), moov]);
}

/** How long the movie is, known when it is whole: mehd, §8.8.2. `duration` in {@link MOVIE_TIMESCALE}. */
export function movieDuration(duration: number): Buffer {
  const out = new ByteWriter(8).u32(Math.floor(duration / 2 ** 32)).u32(duration % 2 ** 32);
  return fullBox('mehd', 1, 0, out.done());
}

/** Base of offsets is the moof, decode times are told, composition offsets may be negative. */
const BRAND = 'iso6';
const BRANDS = [BRAND, 'iso5', 'mp41'];
/** ISO/IEC 23000-19 §7.2: one track, and no edit list, as composition offsets have a sign. */
const CMAF_BRANDS = ['cmfc', 'cmf2'];

/** ftyp: §4.3. CMAF wants a file for each track; more in one are a movie of the same make without its brands. */
function fileType(tracks: readonly MovieTrack[]): Buffer {
  const av1 = tracks.some(({ track }) => track.codec === 'av1') ? ['av01'] : [];
  const brands = [...BRANDS, ...(tracks.length === 1 ? CMAF_BRANDS : []), ...av1];
  return box('ftyp', Buffer.from(`${BRAND}\0\0\0\0${brands.join('')}`, 'latin1'));
}

/** mvhd: §8.2.2. */
function movieHeader(nextTrackId: number): Buffer {
  const out = new ByteWriter(96);
  out.u32(0).u32(0).u32(MOVIE_TIMESCALE).u32(0); //          creation, modification, timescale, duration
  out.u32(0x00010000).u16(0x0100).u16(0).u32(0).u32(0); //   rate 1.0, volume 1.0
  for (const value of UNITY_MATRIX) out.u32(value);
  for (let index = 0; index < 6; index++) out.u32(0); //     pre_defined
  return fullBox('mvhd', 0, 0, out.u32(nextTrackId).done());
}

function trackBox(movie: MovieTrack): Buffer {
  const { track, timescale } = movie;
  const handler = track.kind === 'video' ? 'vide' : 'soun';
  const media = box(
    'mdia',
    fullBox(
      'mdhd',
      0,
      0,
      new ByteWriter(20).u32(0).u32(0).u32(timescale).u32(0).u16(UNDETERMINED).u16(0).done(),
    ),
    fullBox('hdlr', 0, 0, Buffer.from(`\0\0\0\0${handler}${'\0'.repeat(12)}${track.id}\0`, 'latin1')),
    mediaInformation(movie),
  );
  return box('trak', trackHeader(movie), media);
}

/** tkhd: §8.3.2. */
function trackHeader({ trackId, track }: MovieTrack): Buffer {
  const isVideo = track.kind === 'video';
  const out = new ByteWriter(80);
  out.u32(0).u32(0).u32(trackId).u32(0).u32(0); //           creation, modification, track_ID, reserved, duration
  out
    .u32(0)
    .u32(0)
    .u16(0)
    .u16(isVideo ? 0 : 1); //          reserved, layer, alternate_group
  out.u16(isVideo ? 0 : 0x0100).u16(0); //                   volume
  for (const value of UNITY_MATRIX) out.u32(value);
  out.u16(isVideo ? Math.min(track.width, 0xffff) : 0).u16(0); // 16.16
  out.u16(isVideo ? Math.min(track.height, 0xffff) : 0).u16(0);
  return fullBox('tkhd', 0, TRACK_FLAGS, out.done());
}

/** minf with a sample table that has no samples: §8.4.4. */
function mediaInformation({ track }: MovieTrack): Buffer {
  const header =
    track.kind === 'video' ? fullBox('vmhd', 0, 1, Buffer.alloc(8)) : fullBox('smhd', 0, 0, Buffer.alloc(4));
  const one = Buffer.of(0, 0, 0, 1);
  const none = Buffer.alloc(4);
  return box(
    'minf',
    header,
    box('dinf', fullBox('dref', 0, 0, one, fullBox('url ', 0, 1))), // the media are in this file
    box(
      'stbl',
      fullBox('stsd', 0, 0, one, sampleEntry(track)),
      fullBox('stts', 0, 0, none),
      fullBox('stsc', 0, 0, none),
      fullBox('stsz', 0, 0, none, none),
      fullBox('stco', 0, 0, none),
    ),
  );
}

/** trex: §8.8.3. All defaults but the sample description are told by each fragment. */
function trackExtends({ trackId }: MovieTrack): Buffer {
  return fullBox('trex', 0, 0, new ByteWriter(20).u32(trackId).u32(1).u32(0).u32(0).u32(0).done());
}
