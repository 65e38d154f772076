import { encodeAmf0 } from '../../amf/amf0-writer.ts';
import { readAmf0Values } from '../../amf/amf0-reader.ts';
import { AmfObject, type AmfValue } from '../../amf/value.ts';
import { MAX_TAG_BODY_BYTES, TAG_SCRIPT, tagBytes, writeTag } from './tag.ts';

/** What is known of a file only when it is whole. */
export interface FlvFileFacts {
  readonly seconds: number;
  /** Of the whole file. */
  readonly bytes: number;
  readonly keyframes: FlvKeyframes;
}

/** Where a player can start: times in seconds, and the byte where the key frame's tag begins. */
export interface FlvKeyframes {
  readonly times: readonly number[];
  readonly filepositions: readonly number[];
}

const KEYFRAMES = 'keyframes';
const NAME = 'onMetaData';
const EMPTY = new Uint8Array(0);
/** A long string's marker and length, which fill the room that is left. */
const FILLER_HEAD_BYTES = 5;
const LONG_STRING = 0x0c;
const UNDEFINED = 0x06;

/**
 * A file's `onMetaData` tag (Annex E.5), always `room` bytes long: behind the values stands a text of blanks that shrinks as
 * they grow. So it can be written before the file is, and again when it is done.
 *
 * @throws {RangeError} if `room` is too small
 */
export function flvFileMetadata(metadata: AmfObject, room: number, facts?: FlvFileFacts): Buffer {
  const values = facts ? withFacts(metadata, facts) : metadata;
  const said = encodeAmf0(NAME, values);
  const left = room - tagBytes(said.length);
  if (left < 0) throw new RangeError(`metadata of ${tagBytes(said.length)} bytes in a room of ${room}`);
  const body = Buffer.concat([said, filler(left)]);
  if (body.length > MAX_TAG_BODY_BYTES) throw new RangeError(`a tag of ${body.length} bytes`);
  const out = Buffer.allocUnsafe(room);
  writeTag(out, 0, { type: TAG_SCRIPT, timestamp: 0, head: EMPTY, payload: body });
  return out;
}

/** Room for these values and so many key frames. */
export function flvMetadataRoom(metadata: AmfObject, keyframes: number): number {
  const numbers = Array.from({ length: Math.max(2, keyframes) }, () => 0); // the room of an index with its names
  const facts = { seconds: 0, bytes: 0, keyframes: { times: numbers, filepositions: numbers } };
  return tagBytes(encodeAmf0(NAME, withFacts(metadata, facts)).length) + FILLER_HEAD_BYTES;
}

function withFacts(metadata: AmfObject, { seconds, bytes, keyframes }: FlvFileFacts): AmfObject {
  const values = new Map<string, AmfValue>(metadata);
  values.set('duration', seconds);
  values.set('filesize', bytes);
  values.set('hasKeyframes', keyframes.times.length > 0);
  values.set('canSeekToEnd', false);
  values.set('lastkeyframetimestamp', keyframes.times.at(-1) ?? 0);
  values.set('lasttimestamp', seconds);
  // At the end, so that a reader of the rest can stop there. ffmpeg calls an index of one entry invalid.
  const { times, filepositions } = keyframes;
  if (times.length > 1) values.set(KEYFRAMES, AmfObject.of({ times, filepositions }));
  return new AmfObject(values, 'ecma-array');
}

/** AMF0 values of so many bytes that say nothing. */
function filler(bytes: number): Buffer {
  if (bytes < FILLER_HEAD_BYTES) return Buffer.alloc(bytes, UNDEFINED);
  const out = Buffer.alloc(bytes, ' ');
  out[0] = LONG_STRING;
  out.writeUInt32BE(bytes - FILLER_HEAD_BYTES, 1);
  return out;
}

/**
 * The values of a file's first tag, without the index; undefined for a body that is something else.
 *
 * @throws {AmfError}
 */
export function readFlvFileMetadata(body: Uint8Array): AmfObject | undefined {
  const at = indexAt(body);
  // An index has more values than any message may; the object ends in front of it.
  const plain = at < 0 ? body : Buffer.concat([body.subarray(0, at), Buffer.of(0, 0, 9)]);
  const [name, values] = readAmf0Values(plain);
  return name === NAME && values instanceof AmfObject ? values : undefined;
}

/** The index in a file's first tag, if there is one that can be read. */
export function readFlvKeyframes(body: Uint8Array): FlvKeyframes | undefined {
  const at = indexAt(body);
  if (at < 0) return undefined;
  const times = numbersOf(body, at, 'times');
  const filepositions = numbersOf(body, at, 'filepositions');
  if (!times || !filepositions || times.length !== filepositions.length) return undefined;
  return { times, filepositions };
}

/** A member's name as AMF0 writes it, and the marker of its value. */
function member(name: string, marker: number): Buffer {
  const out = Buffer.alloc(2 + name.length + 1);
  out.writeUInt16BE(name.length, 0);
  out.write(name, 2, 'latin1');
  out[out.length - 1] = marker;
  return out;
}

const OBJECT = 0x03;
const STRICT_ARRAY = 0x0a;
const NUMBER_BYTES = 9;

function indexAt(body: Uint8Array): number {
  return Buffer.from(body.buffer, body.byteOffset, body.length).indexOf(member(KEYFRAMES, OBJECT));
}

function numbersOf(body: Uint8Array, from: number, name: string): number[] | undefined {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  const head = member(name, STRICT_ARRAY);
  const at = bytes.indexOf(head, from);
  if (at < 0 || bytes.length - at - head.length < 4) return undefined;
  const count = bytes.readUInt32BE(at + head.length);
  const start = at + head.length + 4;
  if (count * NUMBER_BYTES > bytes.length - start) return undefined;
  return Array.from({ length: count }, (_, index) => bytes.readDoubleBE(start + index * NUMBER_BYTES + 1));
}
