import { FLV_HEADER_BYTES } from '../../containers/flv/file-header.ts';
import { readFlvFileMetadata, readFlvKeyframes } from '../../containers/flv/file-index.ts';
import { readTagHeader, TAG_HEADER_BYTES, TAG_SCRIPT, tagBytes } from '../../containers/flv/tag.ts';
import { tsRefusal } from '../../containers/mpegts/carriage.ts';
import { ticks, ticksFromMs } from '../../media/time.ts';
import type { TrackKind, TrackSet } from '../../media/track.ts';
import { cmafRefusal } from '../hls/cmaf-packaging.ts';
import type { ByteWindow } from '../recorder/byte-window.ts';
import type { KeyPoint } from '../recorder/key-index.ts';
import { readLeftFlv } from '../recorder/left-flv.ts';
import { readFront, tagAt } from './flv-front.ts';
import { VodError, type FlvIndex } from './vod-index.ts';

/**
 * Of a closed recording its own index; one that is still being written is walked through.
 *
 * @throws {VodError | AmfError | CodecError | TruncatedError}
 */
export async function readFlvIndex(window: ByteWindow): Promise<FlvIndex> {
  const header = Buffer.from(await window.read(0, FLV_HEADER_BYTES));
  const first = await tagAt(window, FLV_HEADER_BYTES);
  if (header.toString('latin1', 0, 3) !== 'FLV' || first?.type !== TAG_SCRIPT)
    throw new VodError('there is nothing in this recording (yet) that could be played');
  const body = Buffer.from(await window.read(FLV_HEADER_BYTES + TAG_HEADER_BYTES, first.size));
  const front = await readFront(window, FLV_HEADER_BYTES + tagBytes(first.size), kindsIn(header));
  const places = placesOf(body) ?? (await walked(window));
  const { points, ...facts } = places;
  const { configurations, tracks, mediaAt } = front;
  // An index of one entry is not written.
  const only: KeyPoint = { at: ticks(0), position: mediaAt };
  return {
    format: 'flv',
    ...facts,
    points: points.length > 0 ? points : [only],
    header,
    configurations,
    ...playedIn(tracks),
  };
}

/** What the file's header says there is. */
function kindsIn(header: Uint8Array): ReadonlySet<TrackKind> {
  const kinds = new Set<TrackKind>();
  if (header[4]! & 1) kinds.add('video');
  if (header[4]! & 4) kinds.add('audio');
  return kinds;
}

type Places = Pick<FlvIndex, 'metadata' | 'points' | 'bytes' | 'seconds'>;

/** What a closed file's first tag tells; undefined if the file has not been closed. */
function placesOf(body: Uint8Array): Places | undefined {
  const metadata = readFlvFileMetadata(body);
  const [bytes, seconds] = ['filesize', 'duration'].map((name) => metadata?.get(name));
  if (!metadata || typeof bytes !== 'number' || typeof seconds !== 'number') return undefined;
  const { times = [], filepositions = [] } = readFlvKeyframes(body) ?? {};
  const points = times.map((time, index) => ({
    at: ticksFromMs(Math.round(time * 1000)),
    position: filepositions[index]!,
  }));
  return { metadata, points, bytes, seconds };
}

async function walked(window: ByteWindow): Promise<Places> {
  const { patches } = await readLeftFlv(window);
  const first = patches[0]?.bytes;
  const size = first && readTagHeader(first).size;
  const places = first && placesOf(first.subarray(TAG_HEADER_BYTES, TAG_HEADER_BYTES + size!));
  if (!places) throw new VodError('there is nothing in this recording (yet) that could be played');
  return places;
}

/**
 * In MPEG-TS, which every player of HLS knows, if it can carry all that is there; else in fMP4, without what that cannot carry
 * either.
 */
function playedIn({ video, audio }: TrackSet): Pick<FlvIndex, 'container' | 'tracks'> {
  const isInTs = [video, audio].every((track) => !track || tsRefusal(track) === undefined);
  if (isInTs) return { container: 'ts', tracks: { ...(video && { video }), ...(audio && { audio }) } };
  const tracks = {
    ...(video && cmafRefusal(video) === undefined && { video }),
    ...(audio && cmafRefusal(audio) === undefined && { audio }),
  };
  return { container: 'fmp4', tracks };
}
