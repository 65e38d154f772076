import { BOX_HEAD_BYTES } from '../../containers/fmp4/box.ts';
import {
  Mp4Error,
  readBoxHead,
  readFragment,
  readTracks,
  type BoxHead,
  type TrackFacts,
} from '../../containers/fmp4/reader.ts';
import { segmentIndexBytes } from '../../containers/fmp4/segment-index.ts';
import { ticks, TICKS_PER_SECOND } from '../../media/time.ts';
import type { ByteWindow } from './byte-window.ts';
import { KeyIndex } from './key-index.ts';
import { NOTHING_LEFT, type Left } from './left.ts';
import { durationAt, mp4Patches } from './mp4-file.ts';

/** Ours have some hundred bytes; a moof has a few kilobytes. What claims more is not read. */
const MAX_HEAD_BYTES = 1024 * 1024;

/** Walks through a recording's fragments. @throws {Mp4Error | TruncatedError} for one that is none of ours */
export async function readLeftMp4(window: ByteWindow): Promise<Left> {
  const moov = await boxOf(window, 'moov');
  if (!moov) return NOTHING_LEFT;
  const indexAt = moov.at + moov.bytes;
  const mediaAt = await fragmentsFrom(window, indexAt);
  const tracks = readTracks((await window.read(moov.at, moov.bytes)).subarray(BOX_HEAD_BYTES));
  const leading = tracks.find(({ handler }) => handler === 'vide') ?? tracks[0];
  if (!leading) throw new Mp4Error('a movie without tracks');
  const indexBytes = mediaAt - indexAt;
  const index = new KeyIndex(
    Math.max(2, Math.floor((indexBytes - BOX_HEAD_BYTES - segmentIndexBytes(0)) / 12)),
  );
  const { bytes, seconds } = await walk(window, mediaAt, { tracks, leading, index });
  if (bytes === mediaAt) return NOTHING_LEFT;
  const roomAt = durationAt(Buffer.from(await window.read(0, indexAt)));
  const layout = { durationAt: roomAt, indexAt, indexBytes, trackId: leading.trackId };
  return { seconds, bytes, patches: mp4Patches({ layout, seconds, bytes, points: index.points }) };
}

interface Walk {
  readonly tracks: readonly TrackFacts[];
  /** Whose key frames are entered. */
  readonly leading: TrackFacts;
  readonly index: KeyIndex;
}

/** Fragment by fragment, as long as they are whole. */
async function walk(
  window: ByteWindow,
  from: number,
  { tracks, leading, index }: Walk,
): Promise<{ bytes: number; seconds: number }> {
  let at = from;
  let seconds = 0;
  for (;;) {
    const moof = await headAt(window, at);
    if (moof?.type !== 'moof' || moof.bytes > MAX_HEAD_BYTES) break;
    const mdat = await headAt(window, at + moof.bytes);
    if (mdat?.type !== 'mdat' || at + moof.bytes + mdat.bytes > window.size) break;
    const body = (await window.read(at, moof.bytes)).subarray(BOX_HEAD_BYTES);
    for (const run of readFragment(body)) {
      const timescale = tracks.find(({ trackId }) => trackId === run.trackId)?.timescale ?? TICKS_PER_SECOND;
      seconds = Math.max(seconds, (run.decodeTime + run.duration) / timescale);
      if (run.trackId === leading.trackId && run.startsWithKey)
        index.add(ticks(Math.round((run.shownAt / timescale) * TICKS_PER_SECOND)), at);
    }
    at += moof.bytes + mdat.bytes;
  }
  return { bytes: at, seconds };
}

/** A box at the top, ours is the second. */
async function boxOf(window: ByteWindow, type: string): Promise<(BoxHead & { at: number }) | undefined> {
  const ftyp = await headAt(window, 0);
  if (ftyp?.type !== 'ftyp') return undefined;
  const found = await headAt(window, ftyp.bytes);
  const isWhole =
    found?.type === type && found.bytes <= MAX_HEAD_BYTES && ftyp.bytes + found.bytes <= window.size;
  return isWhole ? { ...found, at: ftyp.bytes } : undefined;
}

/** Where the first fragment begins, behind the room of the index. */
async function fragmentsFrom(window: ByteWindow, from: number): Promise<number> {
  let at = from;
  for (;;) {
    const head = await headAt(window, at);
    if (head?.type !== 'free' && head?.type !== 'sidx') return at;
    at += head.bytes;
  }
}

/** Undefined for what is no box: rubbish at the end is as good as nothing. */
async function headAt(window: ByteWindow, at: number): Promise<BoxHead | undefined> {
  try {
    return readBoxHead(await window.read(at, BOX_HEAD_BYTES));
  } catch (error) {
    if (error instanceof Mp4Error) return undefined;
    throw error;
  }
}
