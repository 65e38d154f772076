import { BOX_HEAD_BYTES } from '../../containers/fmp4/box.ts';
import { readBoxHead, type BoxHead } from '../../containers/fmp4/reader.ts';
import { readSegmentIndex } from '../../containers/fmp4/segment-index.ts';
import { secondsFromTicks, ticks, TICKS_PER_SECOND } from '../../media/time.ts';
import type { ByteWindow } from '../recorder/byte-window.ts';
import { readLeftMp4 } from '../recorder/left-mp4.ts';
import { VodError, type Mp4Index } from './vod-index.ts';

/** An index of 65,535 entries has less. */
const MAX_INDEX_BYTES = 1024 * 1024;

/**
 * Of a closed recording its own index; one that is still being written is walked through.
 *
 * @throws {VodError | Mp4Error | TruncatedError}
 */
export async function readMp4Index(window: ByteWindow): Promise<Mp4Index> {
  const ftyp = await headAt(window, 0);
  const moov = await headAt(window, ftyp.bytes);
  if (ftyp.type !== 'ftyp' || moov.type !== 'moov') throw new VodError('this is no recording of ours');
  const initBytes = ftyp.bytes + moov.bytes;
  const own = await headAt(window, initBytes);
  if (own.type === 'sidx' && own.bytes <= MAX_INDEX_BYTES)
    return fromSidx(await window.read(initBytes, own.bytes), initBytes);
  // What its end would have entered in front tells the same.
  const { patches } = await readLeftMp4(window);
  const sidx = patches.find(({ at }) => at === initBytes);
  if (!sidx) throw new VodError('there is nothing in this recording (yet) that could be played');
  return fromSidx(sidx.bytes, initBytes);
}

function fromSidx(bytes: Uint8Array, at: number): Mp4Index {
  const own = readBoxHead(bytes)?.bytes ?? 0;
  const index = readSegmentIndex(bytes.subarray(BOX_HEAD_BYTES, own));
  const inTicks = (value: number): number => Math.round((value / index.timescale) * TICKS_PER_SECOND);
  let position = at + own + index.firstOffset;
  let time = index.earliest;
  const points = index.references.map((reference) => {
    const point = { at: ticks(inTicks(time)), position };
    position += reference.bytes;
    time += reference.duration;
    return point;
  });
  if (points.length === 0) throw new VodError('the index of this recording is empty');
  return { format: 'mp4', points, bytes: position, seconds: secondsFromTicks(inTicks(time)), initBytes: at };
}

async function headAt(window: ByteWindow, at: number): Promise<BoxHead> {
  const head = readBoxHead(await window.read(at, BOX_HEAD_BYTES));
  if (!head) throw new VodError('there is nothing in this recording (yet) that could be played');
  return head;
}
