import assert from 'node:assert/strict';
import { detectKind } from '../../../src/inspect/detect.ts';
import { InspectError } from '../../../src/inspect/errors.ts';
import { FlvError } from '../../../src/containers/flv/reader.ts';
import { Findings } from '../../../src/inspect/findings.ts';
import { FlvLook } from '../../../src/inspect/flv-look.ts';
import { findInMedia } from '../../../src/inspect/media-findings.ts';
import { MediaLook } from '../../../src/inspect/media-look.ts';
import { readPlaylist } from '../../../src/inspect/playlist.ts';
import { TransportLook } from '../../../src/inspect/ts-look.ts';
import { TransportClock } from '../../../src/inspect/ts-packets.ts';
import type { CodecLook } from '../../../src/inspect/codec-look.ts';
import { readInit } from '../../../src/inspect/fmp4-init.ts';
import { FragmentedLook } from '../../../src/inspect/fmp4-look.ts';
import { fragmentBreaches } from '../../../src/inspect/check/fragment-rules.ts';
import { mapBreaches } from '../../../src/inspect/check/map-rules.ts';
import { fragment } from '../../../src/containers/fmp4/fragment.ts';
import { initSegment } from '../../../src/containers/fmp4/init-segment.ts';
import { movieTracks } from '../../../src/containers/fmp4/movie-track.ts';
import { Mp4Error } from '../../../src/containers/fmp4/reader.ts';
import { TruncatedError } from '../../../src/bytes/byte-reader.ts';
import { ticks } from '../../../src/media/time.ts';
import { TsMuxer } from '../../../src/containers/mpegts/ts-muxer.ts';
import { AUDIO, inter, key, sound, VIDEO } from '../../support/media.ts';
import { hex } from '../../support/media.ts';
import { cuts, outcome, type Target } from '../engine/target.ts';
import { demoTags, flvOf } from './flv.ts';

export const LIST_URL = new URL('http://127.0.0.1/live/cam/media.m3u8');

export const MEDIA_PLAYLIST = `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:5
#EXT-X-DISCONTINUITY-SEQUENCE:1
#EXT-X-PROGRAM-DATE-TIME:2026-11-22T00:00:00.000Z
#EXTINF:2.00000,
5.ts
#EXT-X-DISCONTINUITY
#EXTINF:1.5,title
6.ts
#EXT-X-BYTERANGE:100@0
#EXTINF:1.5,
7.ts
#EXT-X-ENDLIST
`;
const MULTIVARIANT = `#EXTM3U
#EXT-X-INDEPENDENT-SEGMENTS
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="x",URI="a.m3u8",DEFAULT=YES
#EXT-X-STREAM-INF:BANDWIDTH=1000,AVERAGE-BANDWIDTH=900,CODECS="avc1.64001F,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=25.000,AUDIO="a"
cam/media.m3u8
`;

export const playlist: Target = {
  name: 'playlist',
  holds:
    'playlists that inspect reads: any text is a playlist or refused with an InspectError; only the web is named',
  maxBytes: 16_384,
  deadlineMs: 150,
  seeds: () => [
    Buffer.from(MEDIA_PLAYLIST),
    Buffer.from(MULTIVARIANT),
    Buffer.from(
      '#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="k",IV=0x1\n#EXT-X-MAP:URI="i.mp4"\n#EXTINF:4,\na.mp4\n',
    ),
    Buffer.from(
      '#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-PART:DURATION=1,URI="p"\n#EXT-X-SKIP:SKIPPED-SEGMENTS=3\n',
    ),
    Buffer.from(
      '#EXTM3U\n#EXT-X-DATERANGE:ID="1",START-DATE="2026-01-01T00:00:00Z",X-A="b"\n#EXTINF:1,\na.ts\n',
    ),
  ],
  words: [
    ...[
      '#EXTM3U\n',
      '#EXTINF:',
      '#EXT-X-KEY:',
      'METHOD=',
      '#EXT-X-MAP:',
      'URI="',
      '#EXT-X-STREAM-INF:',
      '\n',
      ',',
    ],
    ...[
      '#EXT-X-MEDIA:TYPE=AUDIO',
      '#EXT-X-PART:',
      '#EXT-X-PRELOAD-HINT:',
      '#EXT-X-SERVER-CONTROL:',
      '#EXT-X-START:',
    ],
    ...[
      '#EXT-X-DATERANGE:',
      '#EXT-X-BYTERANGE:',
      '#EXT-X-CUE-OUT:',
      '#EXT-X-DEFINE:',
      '=',
      '"',
      '0x',
      '1e9',
      '-1',
    ],
    ...[
      '#EXT-X-RENDITION-REPORT:',
      '#EXT-X-CONTENT-STEERING:',
      '#EXT-X-I-FRAME-STREAM-INF:',
      'constructor',
      'file:///',
    ],
  ],
  run(bytes) {
    const text = bytes.toString('utf8');
    const read = outcome([InspectError], () => readPlaylist(text, LIST_URL));
    if ('error' in read) return;
    const list = read.value;
    const named = list.kind === 'media' ? list.segments : [...list.variants, ...list.renditions];
    assert.ok(named.length <= bytes.length, 'no more entries than bytes');
    for (const { url } of named) assert.match(url.protocol, /^https?:$/, 'only the web is opened');
    if (list.kind === 'media')
      for (const { extinfSeconds } of list.segments) assert.equal(typeof extinfSeconds, 'number', 'a length');
  },
};

const MOST_FINDINGS = 400;

interface Look {
  push(bytes: Uint8Array): void;
  end(cut: boolean): void;
  facts(): unknown;
}

function look(pieces: readonly Buffer[], make: (media: MediaLook, findings: Findings) => Look): unknown {
  const media = new MediaLook();
  const findings = new Findings();
  const one = make(media, findings);
  const done = outcome([InspectError, FlvError], () => {
    for (const piece of pieces) {
      one.push(piece);
    }
    one.end(false);
  });
  const report = media.report(pieces.reduce((sum, piece) => sum + piece.length, 0));
  findInMedia(report, findings);
  const text = JSON.stringify({ facts: one.facts(), report });
  assert.ok(findings.list().length <= MOST_FINDINGS, `${findings.list().length} findings`);
  return { text, findings: findings.list(), refusal: 'error' in done ? done.error.message : undefined };
}

function tsSeed(): Buffer {
  const muxer = new TsMuxer();
  muxer.begin({ video: VIDEO, audio: AUDIO });
  for (const frame of [key(0), sound(0), inter(40), sound(21), sound(42), inter(80), sound(64)])
    muxer.write(frame);
  return muxer.finish();
}

export const inspectTs: Target = {
  name: 'inspect-ts',
  holds: 'MPEG-TS that inspect reads: nothing but an InspectError ends it, and what it tells is bounded',
  maxBytes: 188 * 40,
  deadlineMs: 250,
  seeds: () => [tsSeed(), tsSeed().subarray(0, 188 * 6)],
  words: [
    hex('474000'),
    hex('475000'),
    hex('474100'),
    hex('000001e0'),
    hex('000001c0'),
    hex('fff1'),
    hex('00000001 67'),
  ],
  run(bytes) {
    outcome([InspectError], () => detectKind(bytes, true, 'it'));
    const make = (media: MediaLook, findings: Findings): Look =>
      new TransportLook({ media, findings, clock: new TransportClock() });
    for (const pieces of [cuts(bytes)[0]!, cuts(bytes)[2]!]) look(pieces, make);
  },
};

export const inspectFlv: Target = {
  name: 'inspect-flv',
  holds:
    'FLV that inspect reads: nothing but an InspectError or an FlvError ends it, what it tells is bounded and does not depend on how the bytes came',
  maxBytes: 8192,
  deadlineMs: 250,
  seeds: () => [flvOf(demoTags()), flvOf(demoTags(64))],
  words: [hex('00000009'), hex('1700'), hex('af00'), hex('12'), hex('0200 0a'), hex('ffffff')],
  run(bytes) {
    const [whole, ...others] = cuts(bytes).map((pieces) =>
      look(pieces, (media, findings) => new FlvLook(media, findings)),
    );
    for (const other of others) assert.deepEqual(other, whole, 'cut otherwise, it reads otherwise');
  },
};

/** How many bytes of the input are the initialization section. */
const INIT_BYTES = 2;

function mp4Seed(): Buffer {
  const tracks = movieTracks({ video: VIDEO, audio: AUDIO });
  const init = initSegment(tracks);
  const frames = [key(0), sound(0), inter(40), sound(21), sound(42), inter(80), sound(64)];
  const media = fragment({
    sequence: 1,
    tracks,
    frames,
    zero: ticks(0),
    type: 'segment',
    producedAt: 1_800_000_000_000,
  });
  const length = Buffer.alloc(INIT_BYTES);
  length.writeUInt16BE(init.length);
  return Buffer.concat([length, init, media]);
}

export const inspectMp4: Target = {
  name: 'inspect-mp4',
  holds:
    'fragmented MP4 that inspect reads: an initialization section and a segment of any bytes are told of or refused with an InspectError, in sentences that are bounded',
  maxBytes: 4096,
  deadlineMs: 250,
  seeds: () => [mp4Seed()],
  words: [
    'moof',
    'traf',
    'tfhd',
    'tfdt',
    'trun',
    'mdat',
    'prft',
    'moov',
    'mvex',
    'trex',
    'stsd',
    'elst',
    'hev1',
  ].map((type) => Buffer.from(type)),
  run(bytes) {
    const length = bytes.length < INIT_BYTES ? 0 : bytes.readUInt16BE(0);
    const [init, segment] = [
      bytes.subarray(INIT_BYTES, INIT_BYTES + length),
      bytes.subarray(INIT_BYTES + length),
    ];
    const read = outcome([Mp4Error, TruncatedError], () => readInit(init));
    if ('error' in read) return;
    const reference = { uri: 'i.mp4', url: LIST_URL };
    const map = { reference, bytes: init, init: read.value, codecs: new Map<number, CodecLook>() };
    const media = new MediaLook();
    const findings = new Findings();
    const looked = outcome(
      [InspectError],
      () => new FragmentedLook(segment, { init: read.value, codecs: map.codecs, media, findings }),
    );
    const breaches = mapBreaches(map, 1);
    if ('value' in looked) breaches.push(...fragmentBreaches(looked.value, 1));
    for (const { message } of breaches)
      assert.ok(message.length < 2000 + bytes.length * 8, `${message.length} letters`);
    const report = media.report(segment.length);
    findInMedia(report, findings);
    assert.ok(findings.list().length <= MOST_FINDINGS, `${findings.list().length} findings`);
  },
};
