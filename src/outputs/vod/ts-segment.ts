import { readAudioBody } from '../../containers/flv/audio.ts';
import {
  readTagHeader,
  TAG_AUDIO,
  TAG_HEADER_BYTES,
  TAG_VIDEO,
  tagBytes,
  type TagHeader,
} from '../../containers/flv/tag.ts';
import { readVideoBody } from '../../containers/flv/video.ts';
import type { MediaFrame } from '../../media/frame.ts';
import { evenCounters } from '../../containers/mpegts/even-counters.ts';
import { ticks, ticksFromMs } from '../../media/time.ts';
import type { TrackSet } from '../../media/track.ts';
import { TsPackager } from '../hls/ts-packager.ts';
import { VodError } from './vod-index.ts';

/**
 * A segment of MPEG-TS made of whole FLV tags, the first of which is that of a key frame. The same tags make the same bytes.
 * Times are those of the file.
 *
 * @throws {VodError} for bytes that are no tags, or none of these tracks
 */
export function tsSegment(tags: Uint8Array, tracks: TrackSet): Buffer {
  const packager = new TsPackager();
  const carried = carriedBy(packager, tracks);
  packager.begin(carried, false);
  let frames = 0;
  for (let at = 0; at < tags.length;) {
    const { tag, body } = tagAt(tags, at);
    const frame = frameOf(tag, body, carried);
    if (frame) {
      if (frames++ === 0 && carried.video && !(frame.kind === 'video' && frame.startsGop))
        throw new VodError('a segment begins with a key frame, and there is none at this place');
      packager.write(frame);
    }
    at += tagBytes(tag.size);
  }
  if (frames === 0) throw new VodError('there are no pictures and no sound at this place');
  return evenCounters(packager.finish());
}

function tagAt(tags: Uint8Array, at: number): { tag: TagHeader; body: Uint8Array } {
  if (tags.length - at < TAG_HEADER_BYTES) throw noTag();
  const tag = readTagHeader(tags, at);
  const end = at + tagBytes(tag.size);
  if (end > tags.length) throw noTag();
  const body = tags.subarray(at + TAG_HEADER_BYTES, at + TAG_HEADER_BYTES + tag.size);
  const pointer = Buffer.from(tags.buffer, tags.byteOffset + end - 4, 4).readUInt32BE(0);
  if (pointer !== TAG_HEADER_BYTES + tag.size) throw noTag();
  return { tag, body };
}

const noTag = (): VodError => new VodError('no segment of the recording is at this place');

/** Tracks that MPEG-TS can carry. */
function carriedBy(packager: TsPackager, { video, audio }: TrackSet): TrackSet {
  const carried = {
    ...(video && packager.refusal(video) === undefined && { video }),
    ...(audio && packager.refusal(audio) === undefined && { audio }),
  };
  if (!carried.video && !carried.audio) throw new VodError('MPEG-TS cannot carry what is in this recording');
  return carried;
}

/** Undefined for all that is no frame of a track. */
function frameOf(
  { type, timestamp }: TagHeader,
  body: Uint8Array,
  { video, audio }: TrackSet,
): MediaFrame | undefined {
  const dts = ticksFromMs(timestamp);
  if (type === TAG_VIDEO && video) {
    const read = readVideoBody(body);
    if (read.kind !== 'frame') return undefined;
    const pts = ticks(dts + ticksFromMs(read.compositionMs));
    return { kind: 'video', track: video, dts, pts, startsGop: read.keyFrame, epoch: 0, payload: read.data };
  }
  if (type === TAG_AUDIO && audio) {
    const read = readAudioBody(body);
    if (read.kind !== 'frame') return undefined;
    const startsGop = video === undefined;
    return { kind: 'audio', track: audio, dts, pts: dts, startsGop, epoch: 0, payload: read.data };
  }
  return undefined;
}
