import { readAudioBody } from '../../containers/flv/audio.ts';
import {
  MAX_TAG_BODY_BYTES,
  readTagHeader,
  TAG_AUDIO,
  TAG_HEADER_BYTES,
  TAG_VIDEO,
  tagBytes,
  type TagHeader,
} from '../../containers/flv/tag.ts';
import { readVideoBody } from '../../containers/flv/video.ts';
import type { TrackKind, TrackSet } from '../../media/track.ts';
import type { ByteWindow } from '../recorder/byte-window.ts';
import { FlvTracks } from './flv-tracks.ts';

/** What a recording in FLV begins with. */
export interface Front {
  /** Tags in front of the first frame, whole. */
  readonly configurations: Buffer;
  readonly tracks: TrackSet;
  /** Where the first frame is. */
  readonly mediaAt: number;
}

/** Tags up to the first frame of each kind that the file's header promises: some seconds of pictures before the first sound. */
const MAX_FRONT_TAGS = 256;

/** @param from behind the metadata @throws {CodecError} */
export async function readFront(
  window: ByteWindow,
  from: number,
  kinds: ReadonlySet<TrackKind>,
): Promise<Front> {
  const tracks = new FlvTracks();
  const kept: Buffer[] = [];
  let mediaAt: number | undefined;
  let at = from;
  const isKnown = (kind: TrackKind): boolean => tracks.known[kind] !== undefined;
  for (let count = 0; count < MAX_FRONT_TAGS; count++) {
    if (mediaAt !== undefined && [...kinds].every(isKnown)) break;
    const tag = await tagAt(window, at);
    if (!tag) break;
    const kind = KINDS.get(tag.type);
    if (kind && (mediaAt === undefined || !isKnown(kind))) {
      const whole = Buffer.from(await window.read(at, tagBytes(tag.size)));
      const said = note(tracks, kind, whole.subarray(TAG_HEADER_BYTES, TAG_HEADER_BYTES + tag.size));
      if (said === 'frame') mediaAt ??= at;
      else if (said === 'config' && mediaAt === undefined) kept.push(whole);
    }
    at += tagBytes(tag.size);
  }
  return { configurations: Buffer.concat(kept), tracks: tracks.known, mediaAt: mediaAt ?? at };
}

const KINDS: ReadonlyMap<number, TrackKind> = new Map([
  [TAG_VIDEO, 'video'],
  [TAG_AUDIO, 'audio'],
]);

/** Gives what it was. */
function note(tracks: FlvTracks, kind: TrackKind, body: Uint8Array): string {
  if (kind === 'video') {
    const video = readVideoBody(body);
    if (video.kind !== 'tracks') tracks.noteVideo(video);
    return video.kind;
  }
  const audio = readAudioBody(body);
  if (audio.kind !== 'tracks') tracks.noteAudio(audio);
  return audio.kind;
}

/** Undefined at the end, and for a tag that is not whole. */
export async function tagAt(window: ByteWindow, at: number): Promise<TagHeader | undefined> {
  const start = await window.read(at, TAG_HEADER_BYTES);
  if (start.length < TAG_HEADER_BYTES) return undefined;
  const header = readTagHeader(start);
  return header.size <= MAX_TAG_BODY_BYTES && at + tagBytes(header.size) <= window.size ? header : undefined;
}
