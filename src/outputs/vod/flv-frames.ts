import { readFlacFrame } from '../../codecs/flac/frame.ts';
import { opusSamples } from '../../codecs/opus/packet.ts';
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
import type { AudioFrame, MediaFrame } from '../../media/frame.ts';
import { ticks, ticksFromMs } from '../../media/time.ts';
import type { AudioTrack, TrackSet } from '../../media/track.ts';
import { VodError } from './vod-index.ts';

/**
 * The frames in a piece of a recording, of these tracks: whole FLV tags, the first picture a key frame. Times are those of the
 * file; payloads are views.
 *
 * @throws {VodError} for bytes that are no tags, or have no such frames
 */
export function framesIn(tags: Uint8Array, tracks: TrackSet): readonly MediaFrame[] {
  const frames: MediaFrame[] = [];
  for (let at = 0; at < tags.length;) {
    const { tag, body } = tagAt(tags, at);
    const frame = frameOf(tag, body, tracks);
    if (frame) frames.push(frame);
    at += tagBytes(tag.size);
  }
  const [first] = frames;
  if (!first) throw new VodError('there are no pictures and no sound at this place');
  if (tracks.video && !(first.kind === 'video' && first.startsGop))
    throw new VodError('a segment begins with a key frame, and there is none at this place');
  return frames;
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
    const samples = samplesOf(audio, read.data);
    return {
      kind: 'audio',
      track: audio,
      dts,
      pts: dts,
      startsGop,
      epoch: 0,
      ...samples,
      payload: read.data,
    };
  }
  return undefined;
}

/** Of codecs whose frames need not be as long as the others. */
function samplesOf({ codec }: AudioTrack, data: Uint8Array): Pick<AudioFrame, 'samples'> {
  const samples =
    codec === 'opus' ? opusSamples(data) : codec === 'flac' ? readFlacFrame(data)?.blockSize : undefined;
  return samples === undefined ? {} : { samples };
}
