import assert from 'node:assert/strict';
import m2ts from 'mux.js/lib/m2ts/m2ts.js';
import { readAmf0Values } from '../../../src/amf/amf0-reader.ts';
import { readAacConfig } from '../../../src/codecs/aac/config.ts';
import { readAvcConfig } from '../../../src/codecs/avc/config.ts';
import { FlvReader, type FlvTag } from '../../../src/containers/flv/reader.ts';
import { TAG_AUDIO, TAG_SCRIPT, TAG_VIDEO } from '../../../src/containers/flv/tag.ts';
import { readMovie } from '../../../src/containers/fmp4/movie-reader.ts';
import { readPlaylist } from '../../../src/inspect/playlist.ts';
import type { HlsOutput } from '../../../src/outputs/hls/hls-output.ts';
import { ChunkReader } from '../../../src/protocols/rtmp/chunk-reader.ts';
import { samplesIn } from '../../support/samples.ts';
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
  const configured = new Map<number, string>();
  const ended = new Set<number>();
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
    const { codec, isConfig, isEnd, data } = type === TAG_VIDEO ? seeVideo(body) : seeAudio(body);
    assert.ok(!ended.has(type), `${type}: more behind the end`);
    assert.equal(data.length === 0, isEnd, 'nothing but an end is empty');
    if (isEnd) ended.add(type);
    else if (isConfig) {
      configured.set(type, codec);
      if (codec === 'avc1') readAvcConfig(data);
      if (codec === 'mp4a') readAacConfig(data);
    } else if (!WITHOUT_CONFIGURATION.has(codec))
      assert.equal(configured.get(type), codec, `a frame of type ${type} before its configuration`);
  }
}

/** Codecs whose frames tell all. */
const WITHOUT_CONFIGURATION: ReadonlySet<string> = new Set(['.mp3', 'ac-3', 'ec-3']);

interface Seen {
  /** FourCC. */
  readonly codec: string;
  readonly isConfig: boolean;
  /** No more frames come: told to players of RTMP, by FourCC. */
  readonly isEnd: boolean;
  readonly data: Uint8Array;
}

/** PacketType SequenceEnd. */
const END = 2;

const fourCc = (body: Uint8Array): string => Buffer.from(body.subarray(1, 5)).toString('latin1');

/** As the gateway writes it: AVC the old way, all others with a FourCC, one track. */
function seeVideo(body: Uint8Array): Seen {
  const [first = 0, packet = 0] = body;
  if (first < 0x80) {
    assert.equal(first & 15, 7, 'AVC');
    return { codec: 'avc1', isConfig: packet === 0, isEnd: false, data: body.subarray(5) };
  }
  const codec = fourCc(body);
  assert.match(codec, /^(hvc1|av01|vp0[89])$/, 'video by FourCC');
  const packetType = first & 15;
  assert.ok([0, 1, END, 3].includes(packetType), 'a start, a frame or an end');
  const head = codec === 'hvc1' && packetType === 1 ? 8 : 5;
  return { codec, isConfig: packetType === 0, isEnd: packetType === END, data: body.subarray(head) };
}

/** AAC and MP3 the old way, all others with a FourCC. */
function seeAudio(body: Uint8Array): Seen {
  const [first = 0, packet = 0] = body;
  if (first === 0xaf) return { codec: 'mp4a', isConfig: packet === 0, isEnd: false, data: body.subarray(2) };
  if (first >> 4 !== 9) {
    assert.ok(first >> 4 === 2 || first >> 4 === 14, 'MP3');
    return { codec: '.mp3', isConfig: false, isEnd: false, data: body.subarray(1) };
  }
  const codec = fourCc(body);
  assert.match(codec, /^(Opus|fLaC|ac-3|ec-3)$/, 'audio by FourCC');
  const packetType = first & 15;
  assert.ok(packetType <= END, 'a start, a frame or an end');
  return { codec, isConfig: packetType === 0, isEnd: packetType === END, data: body.subarray(5) };
}

const LIST_URL = new URL('http://127.0.0.1/live/show/media.m3u8');

/**
 * Playlists that hold together, in both containers, and segments that two readers of MPEG-TS, or one of MP4, can take apart.
 * In MPEG-TS a segment of which nothing can be carried is a gap: RFC 8216bis §4.4.4.7.
 */
export function checkHls(hls: HlsOutput): void {
  for (const container of ['ts', 'fmp4'] as const) {
    const file = container === 'ts' ? 'media.m3u8' : 'media-fmp4.m3u8';
    const text = hls.playlist(file)?.rendered({ skip: false, dvr: true })?.bytes.toString('utf8');
    if (text !== undefined) checkPlaylists(hls, container, text);
  }
}

function checkPlaylists(hls: HlsOutput, container: 'ts' | 'fmp4', text: string): void {
  const list = readPlaylist(text, LIST_URL);
  const variants = readPlaylist(hls.multivariant({ container, dvr: true })!.bytes.toString('utf8'), LIST_URL);
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
    if (isGap(text, uri)) continue;
    const file = hls.file(uri.slice(uri.lastIndexOf('/') + 1));
    assert.ok(file, `${uri} is listed and is not there`);
    if (container === 'ts') checkSegment(file.bytes);
    else checkFragments(hls, text, uri, file.bytes);
  }
}

const linesBefore = (text: string, uri: string): string[] =>
  text.slice(0, text.indexOf(`\n${uri.slice(uri.lastIndexOf('/') + 1)}`)).split('\n');

function isGap(text: string, uri: string): boolean {
  const before = linesBefore(text, uri);
  return before.slice(before.findLastIndex((line) => !line.startsWith('#')) + 1).includes('#EXT-X-GAP');
}

/** Samples of tracks that the map before it tells of, none of which begins before the last one ends. */
function checkFragments(hls: HlsOutput, text: string, uri: string, bytes: Buffer): void {
  const map = linesBefore(text, uri).findLast((line) => line.startsWith('#EXT-X-MAP:'));
  const init = hls.file(/URI="([^"]+)"/.exec(map ?? '')?.[1] ?? '');
  assert.ok(init, 'an initialization segment');
  const tracks = new Set(readMovie(init.bytes).map(({ trackId }) => trackId));
  const ends = new Map<number, number>();
  let count = 0;
  for (const { trackId: track, decodeTime, duration, payload } of samplesIn(
    Buffer.concat([init.bytes, bytes]),
  )) {
    assert.ok(tracks.has(track), `a sample of track ${track}`);
    assert.ok(
      decodeTime >= (ends.get(track) ?? 0),
      `track ${track}: ${decodeTime} lies in the sample before it`,
    );
    assert.ok(payload.length > 0, 'no empty sample');
    ends.set(track, decodeTime + duration);
    count++;
  }
  assert.ok(count > 0, 'a segment with nothing in it');
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
    const head = units[0]?.[0] ?? 0;
    assert.ok(
      (head & 31) === AVC_DELIMITER || head >> 1 === HEVC_DELIMITER,
      'an access unit delimiter first',
    );
    lastDts = inOrder(lastDts, unit.dts);
  }
  for (const { payload } of audioOf(file))
    if (isAdts(payload)) assert.ok(adtsFrames(payload).length > 0, 'ADTS frames, whole');
  if ([...file.program.streams.values()].every((type) => KNOWN_TO_MUX.has(type)))
    seenByMux(bytes, file.units.length);
}

/** stream_type of H.264 and of AAC in ADTS. */
const KNOWN_TO_MUX: ReadonlySet<number> = new Set([0x1b, 0x0f]);
const AVC_DELIMITER = 9;
const HEVC_DELIMITER = 35;

/** Other sound tells its frames by itself: MP3 has a layer where ADTS has none, AC-3 another syncword. */
const isAdts = (payload: Buffer): boolean => payload[0] === 0xff && (payload[1]! & 0x06) === 0;

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
