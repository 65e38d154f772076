import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { readAudioBody } from '../../../src/containers/flv/audio.ts';
import { configurationHead, frameHead, frameTagType } from '../../../src/containers/flv/frame-body.ts';
import type { AudioBody, VideoBody } from '../../../src/containers/flv/parts.ts';
import { readVideoBody } from '../../../src/containers/flv/video.ts';
import type { AudioFrame, Frame, VideoFrame } from '../../../src/media/frame.ts';
import { ticks } from '../../../src/media/time.ts';
import type { AudioCodec, AudioTrack, VideoCodec, VideoTrack } from '../../../src/media/track.ts';
import { ENHANCED_BODIES } from '../../support/enhanced-bodies.ts';
import { AUDIO, data, hex, inter, key, sound, VIDEO } from '../../support/media.ts';

const NOTHING = { kind: 'nothing' } as const;
const CUT_SHORT = { kind: 'damaged', why: 'cut short' } as const;
const UNKNOWN_KIND = { kind: 'damaged', why: 'unknown kind' } as const;
const TWICE = { kind: 'damaged', why: 'track twice' } as const;
const TOO_LONG = { kind: 'damaged', why: 'track too long' } as const;

const config = (codec: VideoCodec, bytes: string, track = 0): VideoBody => ({
  kind: 'config',
  codec,
  track,
  data: hex(bytes),
});
interface FrameFacts {
  readonly codec?: VideoCodec;
  readonly track?: number;
  readonly key?: boolean;
  readonly ms?: number;
  readonly nanos?: number;
}
const frame = (
  bytes: string,
  { codec = 'avc', track = 0, key: keyFrame = true, ms = 0, nanos = 0 }: FrameFacts = {},
) => ({ kind: 'frame', codec, track, keyFrame, compositionMs: ms, nanos, data: hex(bytes) }) as const;
const unsupported = (codec: string, track = 0) => ({ kind: 'unsupported', codec, track }) as const;
type Part = Extract<VideoBody, { kind: 'tracks' }>['parts'][number];
const tracks = (...parts: readonly VideoBody[]): VideoBody => ({
  kind: 'tracks',
  parts: parts as readonly Part[],
});

const videoBodies: readonly (readonly [string, VideoBody])[] = [
  // FLV 10.1, Annex E.4.3
  ['17 00 000000 01', config('avc', '01')],
  ['17 01 000000 aabb', frame('aabb')],
  ['27 01 000050 aa', frame('aa', { key: false, ms: 80 })],
  ['27 01 ffffff aa', frame('aa', { key: false, ms: -1 })],
  ['27 01 7fffff aa', frame('aa', { key: false, ms: 8_388_607 })],
  ['27 01 800000 aa', frame('aa', { key: false, ms: -8_388_608 })],
  ['37 01 000000 aa', frame('aa', { key: false })],
  ['07 01 000000 aa', frame('aa', { key: false })], // as old OBS builds wrote it
  ['17 02 000000', NOTHING],
  ['17 02 000000 aa', NOTHING],
  ['17 03 000000 aa', NOTHING],
  ['17 01 000000', NOTHING],
  ['57 00', NOTHING],
  ['57 01 000000 aa', NOTHING],
  ['52 00', NOTHING],
  ['', NOTHING],
  ['17', NOTHING],
  ['80', NOTHING],
  ['22 00', unsupported('Sorenson H.263')],
  ['10 00', unsupported('FLV video codec 0')],
  // The convention of Chinese CDNs: the head of AVC with other codec ids
  ['1c 00 000000 01', config('hevc', '01')],
  ['1c 01 000028 aabb', frame('aabb', { codec: 'hevc', ms: 40 })],
  ['2d 01 000000 1200', frame('1200', { codec: 'av1', key: false })],
  ['1d 00 000000 81', config('av1', '81')],
  // Enhanced RTMP: "Enhanced Video"
  ['90 61766331 01', config('avc', '01')],
  ['90 68766331 01', config('hevc', '01')],
  ['90 68657631 01', config('hevc', '01')],
  ['90 61763031 81', config('av1', '81')],
  ['90 76703039 00', config('vp9', '00')],
  ['90 76703038 00', config('vp8', '00')],
  ['90 61763031', NOTHING],
  ['91 61766331 000050 aa', frame('aa', { ms: 80 })],
  ['a1 68766331 ffffff aa', frame('aa', { codec: 'hevc', key: false, ms: -1 })],
  ['81 68766331 000000 aa', frame('aa', { codec: 'hevc', key: false })], // frame type 0
  ['91 68766331 0000', CUT_SHORT],
  ['91 68766331 000000', NOTHING],
  ['93 68766331 aa', frame('aa', { codec: 'hevc' })],
  ['93 61766331 aa', frame('aa')],
  ['93 68766331', NOTHING],
  ['91 61763031 1200', frame('1200', { codec: 'av1' })],
  ['a1 76703039 86', frame('86', { codec: 'vp9', key: false })],
  ['91 76703038 10', frame('10', { codec: 'vp8' })],
  ['93 76703039 86', frame('86', { codec: 'vp9' })],
  ['92 68766331', NOTHING],
  ['94 68766331 02', { kind: 'metadata', codec: 'hevc', track: 0, data: hex('02') }],
  ['d4 68766331 02', { kind: 'metadata', codec: 'hevc', track: 0, data: hex('02') }], // the frame type says nothing
  ['95 61763031 8004', unsupported('AV1 (av01) with a descriptor of MPEG-TS')],
  ['d1 00 00000000', NOTHING],
  ['91 76766331 000000 aa', unsupported('VVC (vvc1)')],
  ['91 00ff0a22', unsupported('"???"" over Enhanced RTMP')],
  ['98 68766331 aa', UNKNOWN_KIND],
  ['9f 68766331 aa', UNKNOWN_KIND],
  ['90 6176', CUT_SHORT],
  ['91 617663', CUT_SHORT],
  // Multitrack
  ['96 00 68766331 01 aa', tracks(config('hevc', 'aa', 1))],
  ['96 01 68766331 01 000028 aa', tracks(frame('aa', { codec: 'hevc', track: 1, ms: 40 }))],
  ['a6 03 68766331 ff aa', tracks(frame('aa', { codec: 'hevc', track: 255, key: false }))],
  ['96 02 68766331 01', tracks(NOTHING)],
  ['96 13 61766331 00 000001 aa 02 000002 bbcc', tracks(frame('aa'), frame('bbcc', { track: 2 }))],
  [
    '96 21 61766331 00 000004 000028 aa 61763031 01 000002 1200',
    tracks(frame('aa', { ms: 40 }), frame('1200', { codec: 'av1', track: 1 })),
  ],
  [
    '96 21 76766331 00 000001 aa 61763031 01 000001 12',
    tracks(unsupported('VVC (vvc1)'), frame('12', { codec: 'av1', track: 1 })),
  ],
  ['96 14 61766331 05 000001 02', tracks({ kind: 'metadata', codec: 'avc', track: 5, data: hex('02') })],
  [
    '96 13 61766331 00 000001 aa 00 000001 bb 01 000001 cc',
    tracks(frame('aa'), frame('cc', { track: 1 }), TWICE),
  ],
  ['96 13 61766331 00 000002 aa', tracks(TOO_LONG)],
  ['96 13 61766331 00 000001 aa 01 ffffff bb', tracks(frame('aa'), TOO_LONG)],
  ['96 13 61766331 00 000001 aa 01 0000', tracks(frame('aa'), CUT_SHORT)],
  ['96 11 61766331 00 000002 0000', tracks(CUT_SHORT)],
  ['96 13 61766331', tracks(CUT_SHORT)],
  ['96 23', tracks(CUT_SHORT)],
  ['96 03 61766331', tracks(CUT_SHORT)],
  ['96 01 6176', tracks(CUT_SHORT)],
  ['96 33 61766331 00 aa', tracks(UNKNOWN_KIND)],
  ['96 06 61766331 00 aa', tracks(UNKNOWN_KIND)], // Multitrack within Multitrack
  ['96 07 61766331 00 aa', tracks(UNKNOWN_KIND)], // ModEx within Multitrack
  // ModEx
  ['97 02 0f423f 01 61763031 1200', frame('1200', { codec: 'av1', nanos: 999_999 })],
  ['97 02 0f4240 01 61763031 1200', frame('1200', { codec: 'av1' })], // no part of a millisecond
  ['97 01 0001 01 61763031 1200', frame('1200', { codec: 'av1' })], // too short for a time
  ['97 03 00000aff 01 61763031 1200', frame('1200', { codec: 'av1', nanos: 10 })],
  ['97 00 aa 11 61763031 1200', frame('1200', { codec: 'av1' })], // of type 1
  ['97 00 aa 17 02 00000a 03 68766331 aa', frame('aa', { codec: 'hevc', nanos: 10 })],
  ['97 ff 0000 aa 11 61763031 1200', frame('1200', { codec: 'av1' })], // 1 byte, written the long way
  [`97 ff 0100 ${'aa'.repeat(257)} 11 61763031 1200`, frame('1200', { codec: 'av1' })],
  ['97 02 00000a 06 03 61766331 02 aa', tracks(frame('aa', { track: 2, nanos: 10 }))],
  ['d7 00 aa 11 00', NOTHING], // a command behind it
  // A command, and Metadata that are marked as one: their frame type means nothing
  ['d6 00', NOTHING],
  ['d6 01 61763031 05 aa', NOTHING],
  ['d6 04 61763031 05 aa', tracks({ kind: 'metadata', codec: 'av1', track: 5, data: hex('aa') })],
  ['97 ff', CUT_SHORT],
  ['97 ff 00', CUT_SHORT],
  ['97 ff ffff 00', CUT_SHORT],
  ['97 02 0000 01', CUT_SHORT],
  ['97 00 aa 01 6176', CUT_SHORT],
  [`97 ${'00 aa 17'.repeat(20)} 00 aa 11 61763031 1200`, CUT_SHORT], // far more of them than there are kinds
];

for (const [bytes, body] of videoBodies)
  test(`video body ${bytes.slice(0, 60) || '(empty)'}`, () =>
    assert.deepEqual(readVideoBody(hex(bytes)), body));

const audio = (codec: AudioCodec, bytes: string, { track = 0, nanos = 0 } = {}) =>
  ({ kind: 'frame', codec, track, nanos, data: hex(bytes) }) as const;
const audioConfig = (codec: AudioCodec, bytes: string, track = 0) =>
  ({ kind: 'config', codec, track, data: hex(bytes) }) as const;

const audioBodies: readonly (readonly [string, AudioBody])[] = [
  ['af 00 1190', audioConfig('aac', '1190')],
  ['af 01 21', audio('aac', '21')],
  ['a2 01 2110', audio('aac', '2110')],
  ['af 02 21', NOTHING],
  ['af 01', NOTHING],
  ['af', NOTHING],
  ['', NOTHING],
  ['2e', NOTHING],
  ['2e ff', audio('mp3', 'ff')],
  ['2f fffb9064', audio('mp3', 'fffb9064')],
  ['e2 ffe3', audio('mp3', 'ffe3')], // MP3 at 8 kHz
  ['72 00', unsupported('G.711 A-law')],
  ['f2 00', unsupported('FLV sound format 15')],
  // Enhanced RTMP: "Enhanced Audio"
  ['90 4f707573 4f70', audioConfig('opus', '4f70')],
  ['90 4f707573 4f70757354616773 01', NOTHING], // the comment header
  ['91 4f707573 fc', audio('opus', 'fc')],
  ['90 664c6143 664c', audioConfig('flac', '664c')],
  ['91 664c6143 fff8', audio('flac', 'fff8')],
  ['91 61632d33 0b77', audio('ac3', '0b77')],
  ['91 65632d33 0b77', audio('eac3', '0b77')],
  ['91 2e6d7033 fffb', audio('mp3', 'fffb')],
  ['90 6d703461 1190', audioConfig('aac', '1190')],
  ['91 6d703461 21', audio('aac', '21')],
  ['90 61632d33', NOTHING],
  ['91 4f707573', NOTHING],
  ['92 4f707573', NOTHING],
  ['94 4f707573 01060000003f', { kind: 'layout', codec: 'opus', track: 0, data: hex('01060000003f') }],
  ['93 4f707573 00', UNKNOWN_KIND],
  ['91 78787878', unsupported('"xxxx" over Enhanced RTMP')],
  ['91 4f', CUT_SHORT],
  ['95 01 6d703461 01 21', { kind: 'tracks', parts: [audio('aac', '21', { track: 1 })] }],
  [
    '95 11 6d703461 00 000001 21 01 000002 2110',
    { kind: 'tracks', parts: [audio('aac', '21'), audio('aac', '2110', { track: 1 })] },
  ],
  [
    '95 21 6d703461 00 000001 21 4f707573 01 000001 fc',
    { kind: 'tracks', parts: [audio('aac', '21'), audio('opus', 'fc', { track: 1 })] },
  ],
  ['95 11 6d703461 00 000001 21 00 000001 22', { kind: 'tracks', parts: [audio('aac', '21'), TWICE] }],
  ['95 11 6d703461 00 000009 21', { kind: 'tracks', parts: [TOO_LONG] }],
  ['95', NOTHING],
  ['95 11', { kind: 'tracks', parts: [CUT_SHORT] }],
  ['97 02 07a120 01 4f707573 fc', audio('opus', 'fc', { nanos: 500_000 })],
  [
    '97 02 07a120 05 01 4f707573 01 fc',
    { kind: 'tracks', parts: [audio('opus', 'fc', { track: 1, nanos: 500_000 })] },
  ],
  ['97 ff 4f707573', CUT_SHORT],
];

for (const [bytes, body] of audioBodies)
  test(`audio body ${bytes || '(empty)'}`, () => assert.deepEqual(readAudioBody(hex(bytes)), body));

test('256 tracks are as many as there can be; what comes behind them is told of once', () => {
  const share = (track: number): Buffer => Buffer.from([track & 255, 0, 0, 1, 0xaa]);
  const body = (count: number): Buffer =>
    Buffer.concat([hex('96 13 61766331'), ...Array.from({ length: count }, (_, track) => share(track))]);
  const all = readVideoBody(body(256));
  assert.ok(all.kind === 'tracks');
  assert.deepEqual([all.parts.length, new Set(all.parts.map(({ kind }) => kind)).size], [256, 1]);
  const more = readVideoBody(body(100_000));
  assert.ok(more.kind === 'tracks');
  assert.deepEqual([more.parts.length, more.parts.at(-1)], [257, TWICE]);
});

test('data is a view of the body', () => {
  for (const bytes of ['17 01 000000 aabb', '93 68766331 aa', '91 61766331 000000 aa']) {
    const body = hex(bytes);
    const video = readVideoBody(body);
    assert.ok(video.kind === 'frame');
    assert.equal(video.data.buffer, body.buffer);
    assert.equal(video.data.byteOffset + video.data.length, body.byteOffset + body.length);
  }
});

const KINDS = ['config', 'frame', 'metadata', 'layout', 'tracks', 'damaged', 'nothing', 'unsupported'];

test('whatever the bytes, nothing throws', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      assert.ok(KINDS.includes(readVideoBody(bytes).kind));
      assert.ok(KINDS.includes(readAudioBody(bytes).kind));
    }),
  );
});

test('cut anywhere, no message of Enhanced RTMP throws or makes up bytes', () => {
  for (const whole of ENHANCED_BODIES) {
    for (let end = 0; end < whole.length; end++) {
      for (const body of [readVideoBody(whole.subarray(0, end)), readAudioBody(whole.subarray(0, end))]) {
        const parts = body.kind === 'tracks' ? body.parts : [body];
        for (const part of parts)
          if ('data' in part)
            assert.ok(
              part.data.byteOffset + part.data.length <= whole.byteOffset + end,
              whole.toString('hex'),
            );
      }
    }
  }
});

const picture = (codec: VideoCodec, startsGop: boolean, compositionMs = 0): VideoFrame => {
  const track = { ...VIDEO, codec } as VideoTrack;
  return { ...key(0, { compositionMs }), track, startsGop };
};
const ofCodec = (codec: AudioCodec, facts: Partial<AudioTrack> = {}): AudioFrame => ({
  ...sound(0),
  track: { ...AUDIO, codec, ...facts },
});

const heads: readonly (readonly [string, Frame, string, number])[] = [
  ['a key frame', key(0), '1701000000', 9],
  ['one that needs others, shown later', inter(0, { compositionMs: 80 }), '2701000050', 9],
  ['one shown before it is decoded', inter(1000, { compositionMs: -40 }), '2701ffffd8', 9],
  ['sound', sound(0), 'af01', 8],
  ['data', data(0), '', 18],
  ['HEVC, shown when it is decoded', picture('hevc', true), '9368766331', 9],
  ['HEVC, shown later', picture('hevc', false, 80), 'a168766331000050', 9],
  ['HEVC, shown before', picture('hevc', false, -1), 'a168766331ffffff', 9],
  ['AV1', picture('av1', true), '9161763031', 9],
  ['VP9', picture('vp9', false), 'a176703039', 9],
  ['VP8', picture('vp8', true), '9176703038', 9],
  ['Opus', ofCodec('opus'), '914f707573', 8],
  ['FLAC', ofCodec('flac'), '91664c6143', 8],
  ['AC-3', ofCodec('ac3'), '9161632d33', 8],
  ['E-AC-3', ofCodec('eac3'), '9165632d33', 8],
  ['MP3', ofCodec('mp3', { sampleRate: 44_100 }), '2f', 8],
  ['MP3 in mono at 22.05 kHz', ofCodec('mp3', { sampleRate: 22_050, channels: 1 }), '2a', 8],
  ['MP3 at 8 kHz', ofCodec('mp3', { sampleRate: 8_000, channels: 1 }), 'e6', 8],
];
for (const [name, one, head, type] of heads) {
  test(`the head of ${name}`, () => {
    assert.equal(Buffer.from(frameHead(one)).toString('hex'), head);
    assert.equal(frameTagType(one), type);
  });
}

test('what is written is read again', () => {
  const payload = hex('0a0b0c');
  for (const codec of ['avc', 'hevc', 'av1', 'vp9', 'vp8'] as const) {
    const hasComposition = codec === 'avc' || codec === 'hevc';
    for (const ms of hasComposition ? [0, 80, -40] : [0]) {
      for (const startsGop of [true, false]) {
        const body = Buffer.concat([frameHead(picture(codec, startsGop, ms)), payload]);
        assert.deepEqual(readVideoBody(body), frame('0a0b0c', { codec, key: startsGop, ms }));
      }
    }
    const start = Buffer.concat([configurationHead({ ...VIDEO, codec })!, payload]);
    assert.deepEqual(readVideoBody(start), config(codec, '0a0b0c'));
  }
  for (const codec of ['aac', 'opus', 'flac', 'ac3', 'eac3', 'mp3'] as const) {
    const body = Buffer.concat([frameHead(ofCodec(codec)), payload]);
    assert.deepEqual(readAudioBody(body), audio(codec, '0a0b0c'));
  }
});

test('composition times between two ms are rounded, also below zero', () => {
  const head = (offset: number): string =>
    Buffer.from(frameHead({ ...key(100), pts: ticks(9000 + offset) })).toString('hex', 2);
  assert.deepEqual([head(44), head(46), head(-44), head(-46)], ['000000', '000001', '000000', 'ffffff']);
});

test('configurations are marked as key frames and as sequence headers; codecs whose frames tell all have none', () => {
  const headOf = (track: VideoTrack | AudioTrack): string | undefined => {
    const head = configurationHead(track);
    return head && Buffer.from(head).toString('hex');
  };
  assert.equal(headOf(VIDEO), '1700000000');
  assert.equal(headOf(AUDIO), 'af00');
  const video = (['hevc', 'av1', 'vp9', 'vp8'] as const).map((codec) => headOf({ ...VIDEO, codec }));
  assert.deepEqual(video, ['9068766331', '9061763031', '9076703039', '9076703038']);
  const sounds = (['opus', 'flac', 'ac3', 'eac3', 'mp3'] as const).map((codec) =>
    headOf({ ...AUDIO, codec }),
  );
  assert.deepEqual(sounds, ['904f707573', '90664c6143664c614380000022', undefined, undefined, undefined]);
});
