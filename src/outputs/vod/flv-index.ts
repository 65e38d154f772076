import { readAudioBody } from '../../containers/flv/audio.ts';
import { FLV_HEADER_BYTES } from '../../containers/flv/file-header.ts';
import { readFlvFileMetadata, readFlvKeyframes } from '../../containers/flv/file-index.ts';
import {
  MAX_TAG_BODY_BYTES,
  readTagHeader,
  TAG_AUDIO,
  TAG_HEADER_BYTES,
  TAG_SCRIPT,
  TAG_VIDEO,
  tagBytes,
  type TagHeader,
} from '../../containers/flv/tag.ts';
import type { VideoPart } from '../../containers/flv/parts.ts';
import { readVideoBody } from '../../containers/flv/video.ts';
import { aacTrack, avcTrack, hevcTrack } from '../../codecs/track-builder.ts';
import { ticks, ticksFromMs } from '../../media/time.ts';
import type { TrackSet, VideoCodec, VideoTrack } from '../../media/track.ts';
import type { ByteWindow } from '../recorder/byte-window.ts';
import type { KeyPoint } from '../recorder/key-index.ts';
import { readLeftFlv } from '../recorder/left-flv.ts';
import { VodError, type FlvIndex } from './vod-index.ts';

/** Configurations and script data that may stand in front of the first frame. */
const MAX_FRONT_TAGS = 16;

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
  const front = await readFront(window, FLV_HEADER_BYTES + tagBytes(first.size));
  const places = placesOf(body) ?? (await walked(window));
  const { points, ...facts } = places;
  // An index of one entry is not written.
  const only: KeyPoint = { at: ticks(0), position: front.mediaAt };
  const { configurations, tracks, refusal } = front;
  return {
    format: 'flv',
    ...facts,
    points: points.length > 0 ? points : [only],
    header,
    configurations,
    tracks,
    ...(refusal !== undefined && { refusal }),
  };
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

type Configuration = Extract<VideoPart, { kind: 'config' }>;

const NAMES: Partial<Record<VideoCodec, string>> = { av1: 'AV1', vp9: 'VP9', vp8: 'VP8' };

interface Front {
  readonly configurations: Buffer;
  readonly tracks: TrackSet;
  readonly refusal: string | undefined;
  readonly mediaAt: number;
}

async function readFront(window: ByteWindow, from: number): Promise<Front> {
  const kept: Buffer[] = [];
  let tracks: TrackSet = {};
  let refusal: string | undefined;
  let at = from;
  for (let count = 0; count < MAX_FRONT_TAGS; count++) {
    const tag = await tagAt(window, at);
    if (!tag) break;
    const whole = await window.read(at, tagBytes(tag.size));
    const body = Uint8Array.from(whole.subarray(TAG_HEADER_BYTES, TAG_HEADER_BYTES + tag.size));
    const video = tag.type === TAG_VIDEO ? readVideoBody(body) : undefined;
    const audio = tag.type === TAG_AUDIO ? readAudioBody(body) : undefined;
    if (video?.kind === 'frame' || audio?.kind === 'frame') break;
    if (video?.kind === 'config') {
      const picture = pictureOf(video);
      if (picture) tracks = { ...tracks, video: picture };
      else
        refusal = `the picture is ${NAMES[video.codec] ?? video.codec}, which plays out of MP4 recordings alone; download it instead`;
    }
    if (audio?.kind === 'config' && audio.codec === 'aac')
      tracks = { ...tracks, audio: aacTrack(audio.data, undefined) };
    if (video?.kind === 'config' || audio?.kind === 'config') kept.push(Buffer.from(whole));
    at += whole.length;
  }
  return { configurations: Buffer.concat(kept), tracks, refusal, mediaAt: at };
}

/** Of what MPEG-TS can carry; undefined: it cannot. */
function pictureOf({ codec, data }: Pick<Configuration, 'codec' | 'data'>): VideoTrack | undefined {
  if (codec === 'avc') return avcTrack(data, undefined);
  return codec === 'hevc' ? hevcTrack(data, undefined) : undefined;
}

/** Undefined at the end, and for a tag that is not whole. */
async function tagAt(window: ByteWindow, at: number): Promise<TagHeader | undefined> {
  const start = await window.read(at, TAG_HEADER_BYTES);
  if (start.length < TAG_HEADER_BYTES) return undefined;
  const header = readTagHeader(start);
  return header.size <= MAX_TAG_BODY_BYTES && at + tagBytes(header.size) <= window.size ? header : undefined;
}
