import type { AmfObject } from '../../amf/value.ts';
import { readAudioBody } from '../../containers/flv/audio.ts';
import { FLV_HEADER_BYTES } from '../../containers/flv/file-header.ts';
import { flvMetadataRoom, readFlvFileMetadata } from '../../containers/flv/file-index.ts';
import { MAX_HEAD_BYTES } from '../../containers/flv/frame-body.ts';
import {
  BACK_POINTER_BYTES,
  readTagHeader,
  TAG_AUDIO,
  TAG_HEADER_BYTES,
  TAG_SCRIPT,
  TAG_VIDEO,
  tagBytes,
  type TagHeader,
} from '../../containers/flv/tag.ts';
import { readVideoBody } from '../../containers/flv/video.ts';
import { ticksFromMs } from '../../media/time.ts';
import type { ByteWindow } from './byte-window.ts';
import { flvPatch } from './flv-file.ts';
import { KeyIndex } from './key-index.ts';
import { NOTHING_LEFT, type Left } from './left.ts';

/** So much of a tag tells what it is: one byte more than the longest head. */
const TAG_START_BYTES = TAG_HEADER_BYTES + MAX_HEAD_BYTES + 1;
/** Each entry of the index: two numbers. */
const POINT_BYTES = 18;
/** Between two points of an index of sound. */
const SOUND_POINT_MS = 1_000;

/** Walks through a recording's tags. @throws {AmfError} for one whose metadata are none of ours */
export async function readLeftFlv(window: ByteWindow): Promise<Left> {
  const head = await readHead(window);
  if (!head) return NOTHING_LEFT;
  const { metadata, room, hasVideo } = head;
  const points = 2 + Math.floor((room - flvMetadataRoom(metadata, 2)) / POINT_BYTES);
  const index = new KeyIndex(Math.max(2, points));
  let at = FLV_HEADER_BYTES + room;
  let lastMs = 0;
  let pointMs = -SOUND_POINT_MS;
  let frames = 0;
  for (;;) {
    const tag = await readTag(window, at);
    if (!tag) break;
    if (tag.is === 'frame') {
      frames++;
      lastMs = Math.max(lastMs, tag.timestamp);
      const isPoint = hasVideo ? tag.isKey : tag.timestamp >= pointMs + SOUND_POINT_MS;
      if (isPoint) index.add(ticksFromMs((pointMs = tag.timestamp)), at);
    }
    at += tagBytes(tag.size);
  }
  if (frames === 0) return NOTHING_LEFT;
  const seconds = lastMs / 1000;
  const patch = flvPatch({ metadata, room, seconds, bytes: at, points: points >= 2 ? index.points : [] });
  return { seconds, bytes: at, patches: [patch] };
}

async function readHead(
  window: ByteWindow,
): Promise<{ metadata: AmfObject; room: number; hasVideo: boolean } | undefined> {
  const start = await window.read(0, FLV_HEADER_BYTES + TAG_HEADER_BYTES);
  if (start.length < FLV_HEADER_BYTES + TAG_HEADER_BYTES || start.toString('latin1', 0, 3) !== 'FLV')
    return undefined;
  const hasVideo = (start[4]! & 1) === 1;
  const { type, size } = readTagHeader(start, FLV_HEADER_BYTES);
  const body = await window.read(FLV_HEADER_BYTES + TAG_HEADER_BYTES, size);
  const metadata = type === TAG_SCRIPT && body.length === size ? readFlvFileMetadata(body) : undefined;
  return metadata && { metadata, room: tagBytes(size), hasVideo };
}

interface LeftTag extends TagHeader {
  readonly is: 'frame' | 'other';
  readonly isKey: boolean;
}

/** The tag at `at`; undefined if it is not whole, or none. */
async function readTag(window: ByteWindow, at: number): Promise<LeftTag | undefined> {
  const start = await window.read(at, TAG_START_BYTES);
  if (start.length < TAG_HEADER_BYTES) return undefined;
  const header = readTagHeader(start);
  const { type, size } = header;
  const end = at + tagBytes(size);
  if (end > window.size || (type !== TAG_AUDIO && type !== TAG_VIDEO && type !== TAG_SCRIPT))
    return undefined;
  const kind = kindOf(type, start.subarray(TAG_HEADER_BYTES, TAG_HEADER_BYTES + size));
  const pointer = await window.read(end - BACK_POINTER_BYTES, BACK_POINTER_BYTES);
  return pointer.readUInt32BE(0) === TAG_HEADER_BYTES + size ? { ...header, ...kind } : undefined;
}

function kindOf(type: number, body: Uint8Array): Pick<LeftTag, 'is' | 'isKey'> {
  const read =
    type === TAG_VIDEO ? readVideoBody(body) : type === TAG_AUDIO ? readAudioBody(body) : undefined;
  if (read?.kind !== 'frame') return { is: 'other', isKey: false };
  return { is: 'frame', isKey: 'keyFrame' in read && read.keyFrame };
}
