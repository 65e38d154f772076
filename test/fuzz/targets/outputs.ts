import assert from 'node:assert/strict';
import m2ts from 'mux.js/lib/m2ts/m2ts.js';
import { readAmf0Values } from '../../../src/amf/amf0-reader.ts';
import { readAacConfig } from '../../../src/codecs/aac/config.ts';
import { readAvcConfig } from '../../../src/codecs/avc/config.ts';
import { FlvReader, type FlvTag } from '../../../src/containers/flv/reader.ts';
import { TAG_AUDIO, TAG_SCRIPT, TAG_VIDEO } from '../../../src/containers/flv/tag.ts';
import { readPlaylist } from '../../../src/inspect/playlist.ts';
import type { HlsOutput } from '../../../src/outputs/hls/hls-output.ts';
import { ChunkReader } from '../../../src/protocols/rtmp/chunk-reader.ts';
import { seeTags } from '../../support/flv-tags.ts';
import { setChunkSizeBytes } from '../../unit/rtmp/chunk-tools.ts';
import { adtsFrames, audioOf, nalUnits, readTs, videoOf } from '../../unit/mpegts/ts-reader.ts';

const FILE_HEADER = 13;
/** RTMP and FLV players read time as a signed number of 32 bits. */
const MOST_MS = 2 ** 31;

/** What an FLV viewer got: a header, then whole tags in order of time, each track behind its configuration. */
export function checkFlv(bytes: Buffer): void {
  if (bytes.length === 0) return;
  assert.equal(bytes.toString('latin1', 0, 3), 'FLV', 'begins as FLV does');
  const seen = seeTags(bytes.subarray(FILE_HEADER));
  const read: FlvTag[] = [];
  new FlvReader().push(bytes, (tag) => read.push(tag));
  assert.equal(read.length, seen.length, 'two readers see the same');
  checkMedia(seen);
}

/** What an RTMP player got, from the first message on. */
export function checkRtmp(bytes: Buffer, chunkSize: number): void {
  const messages: Media[] = [];
  const reader = new ChunkReader();
  reader.push(setChunkSizeBytes(chunkSize), () => undefined);
  reader.push(bytes, ({ type, timestamp, body, streamId }) => {
    assert.equal(streamId, 1, 'message stream');
    messages.push({ type, timestamp, body });
  });
  checkMedia(messages);
}

interface Media {
  readonly type: number;
  readonly timestamp: number;
  readonly body: Uint8Array;
}

function checkMedia(messages: readonly Media[]): void {
  const last = new Map<number, number>();
  const configured = new Set<number>();
  for (const { type, timestamp, body } of messages) {
    assert.ok(timestamp >= 0 && timestamp < MOST_MS, `time ${timestamp}`);
    if (type === TAG_SCRIPT) {
      assert.equal(typeof readAmf0Values(body)[0], 'string', 'script data begin with a name');
      continue;
    }
    assert.ok(type === TAG_VIDEO || type === TAG_AUDIO, `type ${type}`);
    // A configuration in front of everything is stamped 0.
    assert.ok(timestamp >= (last.get(type) ?? 0), `${type}: ${timestamp} ms after ${last.get(type) ?? 0}`);
    last.set(type, timestamp);
    if (body[1] === 0) {
      configured.add(type);
      if (type === TAG_VIDEO) readAvcConfig(body.subarray(5));
      else readAacConfig(body.subarray(2));
    } else {
      assert.ok(configured.has(type), `a frame of type ${type} before its configuration`);
      assert.ok(body.length > (type === TAG_VIDEO ? 5 : 2), 'no empty frames');
    }
  }
}

const LIST_URL = new URL('http://127.0.0.1/live/show/media.m3u8');

/** Playlists that hold together, and segments that two readers of MPEG-TS can take apart. */
export function checkHls(hls: HlsOutput): void {
  const text = hls.media()?.bytes.toString('utf8');
  if (text === undefined) return;
  const list = readPlaylist(text, LIST_URL);
  const variants = readPlaylist(hls.multivariant()!.bytes.toString('utf8'), LIST_URL);
  assert.ok(list.kind === 'media' && variants.kind === 'multivariant', 'one of each kind');
  assert.ok(list.endList, 'the stream has ended');
  for (const { bandwidth, codecs } of variants.variants) {
    assert.ok(bandwidth !== undefined && bandwidth > 0, 'BANDWIDTH');
    if (codecs !== undefined) assert.match(codecs, /^[A-Za-z0-9.,]+$/, 'CODECS');
  }
  for (const { uri, extinfSeconds } of list.segments) {
    assert.ok(extinfSeconds > 0, `EXTINF ${extinfSeconds}`);
    assert.ok(
      Math.round(extinfSeconds) <= list.targetDuration!,
      `EXTINF ${extinfSeconds} of ${list.targetDuration}`,
    );
    checkSegment(hls.segment(uri)!.bytes);
  }
}

function checkSegment(bytes: Buffer): void {
  const file = readTs(bytes);
  const continuity = new Map<number, number>();
  for (const { pid, continuity: counter, payload } of file.packets) {
    const before = continuity.get(pid);
    if (before !== undefined) {
      const expected = payload.length > 0 ? (before + 1) & 15 : before;
      assert.equal(counter, expected, `continuity of ${pid}`);
    }
    continuity.set(pid, counter);
  }
  assert.ok(file.program.streams.size > 0, 'a program has a stream');
  let lastDts = -1;
  for (const unit of videoOf(file)) {
    const units = nalUnits(unit.payload);
    assert.equal((units[0]?.[0] ?? 0) & 31, 9, 'an access unit delimiter first');
    lastDts = inOrder(lastDts, unit.dts);
  }
  for (const unit of audioOf(file)) assert.ok(adtsFrames(unit.payload).length > 0, 'ADTS frames, whole');
  seenByMux(bytes, file.units.length);
}

/** Modulo 2^33: what looks like a step back by more than half of it is a wrap. */
function inOrder(last: number, dts: number): number {
  if (last >= 0) assert.ok((dts - last + 2 ** 33) % 2 ** 33 < 2 ** 32, `decode time ${dts} after ${last}`);
  return dts;
}

/** mux.js, which is in every HLS player for the web, finds as many PES packets. */
function seenByMux(bytes: Buffer, units: number): void {
  const packets = new m2ts.TransportPacketStream();
  let found = 0;
  const elementary = packets.pipe(new m2ts.TransportParseStream()).pipe(new m2ts.ElementaryStream());
  elementary.on('data', (event) => {
    if (event.type === 'video' || event.type === 'audio') found++;
  });
  packets.push(bytes);
  packets.flush();
  assert.equal(found, units, 'mux.js sees the same PES packets');
}
