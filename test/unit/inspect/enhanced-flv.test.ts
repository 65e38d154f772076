import assert from 'node:assert/strict';
import test from 'node:test';
import { Findings } from '../../../src/inspect/findings.ts';
import { FlvLook } from '../../../src/inspect/flv-look.ts';
import { MediaLook } from '../../../src/inspect/media-look.ts';
import type { Finding } from '../../../src/inspect/findings.ts';
import type { TrackReport } from '../../../src/inspect/report-media.ts';
import * as coded from '../../support/coded-bytes.ts';
import {
  codedFrame,
  colorMetadata,
  oneTrack,
  PacketType,
  plain,
  type Packet,
} from '../../support/enhanced-tags.ts';
import { flvAvcConfig, flvHeader, flvTag, flvVideo } from './hand-made.ts';

function lookAt(...parts: readonly Buffer[]): {
  tracks: readonly TrackReport[];
  findings: readonly Finding[];
  gops: number;
} {
  const media = new MediaLook();
  const findings = new Findings();
  const look = new FlvLook(media, findings);
  look.push(Buffer.concat([flvHeader(5), ...parts]));
  look.end(false);
  const report = media.report(0);
  return { tracks: report.tracks, findings: findings.list(), gops: report.gops?.count ?? 0 };
}

const tag = (kind: Packet['kind'], ms: number, body: Buffer): Buffer =>
  flvTag(kind === 'video' ? 9 : 8, ms, body);
const config = (kind: Packet['kind'], fourCc: string, data: Uint8Array): Packet => ({
  kind,
  fourCc,
  type: PacketType.sequenceStart,
  data,
});

interface Case {
  readonly kind: Packet['kind'];
  readonly fourCc: string;
  readonly config?: Uint8Array;
  readonly frame: Uint8Array;
  /** What is told of it. */
  readonly codec: string;
  readonly codecString: RegExp;
}

const CASES: readonly Case[] = [
  {
    kind: 'video',
    fourCc: 'hvc1',
    config: coded.HVCC,
    frame: coded.HEVC_IDR,
    codec: 'HEVC',
    codecString: /^hvc1\./,
  },
  {
    kind: 'video',
    fourCc: 'av01',
    config: coded.AV1C,
    frame: coded.AV1_UNIT,
    codec: 'AV1',
    codecString: /^av01\./,
  },
  { kind: 'video', fourCc: 'vp09', frame: coded.VP9_KEY, codec: 'VP9', codecString: /^vp09\./ },
  { kind: 'video', fourCc: 'vp08', frame: coded.VP8_KEY, codec: 'VP8', codecString: /^vp08\./ },
  {
    kind: 'audio',
    fourCc: 'Opus',
    config: coded.OPUS_HEAD,
    frame: Buffer.from('fc00', 'hex'),
    codec: 'Opus',
    codecString: /^Opus$/,
  },
  { kind: 'audio', fourCc: 'fLaC', frame: coded.FLAC_FRAME, codec: 'FLAC', codecString: /^fLaC$/ },
  { kind: 'audio', fourCc: 'ac-3', frame: coded.AC3_FRAME, codec: 'AC-3', codecString: /^ac-3$/ },
  { kind: 'audio', fourCc: 'ec-3', frame: coded.EAC3_FRAME, codec: 'E-AC-3', codecString: /^ec-3$/ },
  {
    kind: 'audio',
    fourCc: '.mp3',
    frame: coded.MP3_FRAME,
    codec: 'MP3',
    codecString: /^mp4a\.(6B|40\.34)$/i,
  },
];

for (const one of CASES) {
  test(`${one.codec} by its FourCC: codec string, and size or channels`, () => {
    const head = one.config ? [tag(one.kind, 0, plain(config(one.kind, one.fourCc, one.config)))] : [];
    const frames = [0, 40].map((ms) => tag(one.kind, ms, plain(codedFrame(one, { data: one.frame }))));
    const { tracks, findings } = lookAt(...head, ...frames);
    assert.deepEqual(findings, [], 'nothing odd');
    const [track] = tracks;
    assert.equal(track?.codec, one.codec, 'name');
    assert.match(track.codecString ?? '', one.codecString, 'RFC 6381');
    assert.equal(track.frames, 2, 'frames');
    if (one.kind === 'video') assert.ok((track.width ?? 0) > 0 && (track.height ?? 0) > 0, 'size');
    else assert.ok((track.channels ?? 0) > 0 && (track.sampleRate ?? 0) > 0, 'channels and rate');
  });
}

test('several pictures: each is a track of its own, and the GOPs are those of the first', () => {
  const other = (ms: number): Buffer =>
    tag('video', ms, oneTrack(codedFrame({ kind: 'video', fourCc: 'vp09' }, { data: coded.VP9_KEY }), 2));
  const { tracks, gops } = lookAt(
    flvAvcConfig(),
    flvVideo(0, { key: true }),
    other(0),
    flvVideo(40),
    other(40),
    other(80),
    flvVideo(80),
  );
  assert.deepEqual(
    tracks.map(({ id, codec, frames }) => [id, codec, frames]),
    [
      ['video', 'H.264', 3],
      ['video2', 'VP9', 3],
    ],
  );
  assert.equal(gops, 1, 'key frames of the main picture');
});

test('colours that only the metadata tell are told', () => {
  const { tracks } = lookAt(
    tag('video', 0, plain(config('video', 'hvc1', coded.HVCC))),
    tag(
      'video',
      0,
      plain(
        colorMetadata('hvc1', {
          colorConfig: { colorPrimaries: 9, transferCharacteristics: 16, matrixCoefficients: 9 },
        }),
      ),
    ),
    tag('video', 0, plain(codedFrame({ kind: 'video', fourCc: 'hvc1' }, { data: coded.HEVC_IDR }))),
  );
  assert.deepEqual([tracks[0]?.color?.primaries, tracks[0]?.color?.transfer], [9, 16]);
});

test('a frame that is called a key frame and is none, and a FourCC that nobody knows, are told', () => {
  const hevc = (data: Uint8Array, ms: number): Buffer =>
    tag('video', ms, plain(codedFrame({ kind: 'video', fourCc: 'hvc1' }, { data })));
  const wrong = lookAt(
    tag('video', 0, plain(config('video', 'hvc1', coded.HVCC))),
    hevc(coded.HEVC_IDR, 0),
    hevc(coded.prefixed(coded.hevcSlice(1)), 40),
  );
  assert.deepEqual(
    wrong.findings.map(({ code }) => code),
    ['flv-key-frame-label'],
  );
  const unknown = lookAt(
    tag('video', 0, plain(codedFrame({ kind: 'video', fourCc: 'vvc1' }, { data: coded.VP9_KEY }))),
  );
  assert.ok(
    unknown.findings.some(({ code }) => code === 'codec-not-read'),
    'told by name',
  );
});
