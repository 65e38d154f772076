import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeAmf0 } from '../../../src/amf/amf0-writer.ts';
import { AmfObject } from '../../../src/amf/value.ts';
import { FlvInput } from '../../../src/inputs/flv-input.ts';
import type { FrameTarget } from '../../../src/inputs/frame-target.ts';
import { UnsupportedCodecError } from '../../../src/inputs/unsupported.ts';
import type { AudioFrame, DataFrame, Frame, VideoFrame } from '../../../src/media/frame.ts';
import { ticks, ticksFromMs } from '../../../src/media/time.ts';
import type { FormerTracks, NalTrack } from '../../../src/media/track.ts';
import { ASC_44K, ASC_48K, AVCC_360P, AVCC_720P, hex, IDR, SLICE } from '../../support/media.ts';

class Target implements FrameTarget {
  readonly origin = ticks(0);
  formerTracks: FormerTracks = {};
  readonly frames: Frame[] = [];
  readonly metadata: AmfObject[] = [];
  epochs = 0;

  newEpoch(): number {
    return ++this.epochs;
  }
  write(frame: Frame): void {
    this.frames.push(frame);
  }
  describe(metadata: AmfObject): void {
    this.metadata.push(metadata);
  }

  video(index = 0): VideoFrame {
    const frame = this.frames.filter((one) => one.kind === 'video')[index];
    assert.ok(frame);
    return frame;
  }
  audio(index = 0): AudioFrame {
    const frame = this.frames.filter((one) => one.kind === 'audio')[index];
    assert.ok(frame);
    return frame;
  }
}

function begin(formerTracks: FormerTracks = {}): { target: Target; input: FlvInput } {
  const target = new Target();
  target.formerTracks = formerTracks;
  return { target, input: new FlvInput(target) };
}

const videoConfig = (config: Buffer = AVCC_360P): Buffer => Buffer.concat([hex('17 00 000000'), config]);
const keyFrame = (payload: Buffer = IDR, composition = '000000'): Buffer =>
  Buffer.concat([hex(`17 01 ${composition}`), payload]);
const interFrame = (payload: Buffer = SLICE): Buffer => Buffer.concat([hex('27 01 000000'), payload]);
const audioConfig = (config: Buffer = ASC_48K): Buffer => Buffer.concat([hex('af 00'), config]);
const audioFrame = hex('af 01 2110045a');

test('a track is there once a frame of it is: configurations alone make none', () => {
  const { target, input } = begin();
  input.video(0, videoConfig());
  input.audio(0, audioConfig());
  assert.deepEqual([target.frames.length, target.epochs], [0, 0]);
  input.video(100, keyFrame());
  input.audio(105, audioFrame);
  const video = target.video();
  assert.deepEqual(
    [video.track.codecString, video.track.width, video.track.height, (video.track as NalTrack).nalLengthSize],
    ['avc1.42C01E', 640, 360, 4],
  );
  assert.deepEqual(Buffer.from(video.track.config), AVCC_360P);
  assert.deepEqual([video.dts, video.pts, video.startsGop, video.epoch], [0, 0, true, 1]);
  assert.deepEqual(Buffer.from(video.payload), IDR);
  const audio = target.audio();
  assert.deepEqual([audio.dts, audio.pts, audio.startsGop, audio.epoch], [450, 450, false, 1]);
  assert.equal(audio.track.codecString, 'mp4a.40.2');
  assert.deepEqual(Buffer.from(audio.payload), hex('2110045a'));
});

test('a payload is a view of the body, not a copy', () => {
  const { target, input } = begin();
  const body = keyFrame();
  input.video(0, videoConfig());
  input.video(0, body);
  assert.equal(target.video().payload.buffer, body.buffer);
});

test('composition time is signed', () => {
  const { target, input } = begin();
  input.video(0, videoConfig());
  for (const [index, [field, ms]] of (
    [
      ['000050', 80],
      ['ffffd8', -40],
      ['002710', 10_000],
      ['fffc18', -1_000],
      ['ffd8f0', 0], // nothing that an encoder means
      ['7fffff', 0],
      ['800000', 0],
    ] as const
  ).entries()) {
    input.video(index * 40, keyFrame(IDR, field));
    const { dts, pts } = target.video(index);
    assert.deepEqual([dts, pts - dts], [ticksFromMs(index * 40), ticksFromMs(ms)]);
  }
});

test('frames before their configuration are dropped and counted', () => {
  const { target, input } = begin();
  input.video(0, keyFrame());
  input.audio(0, audioFrame);
  assert.equal(target.frames.length, 0);
  assert.deepEqual(
    [...input.dropped],
    [
      ['video before its configuration', 1],
      ['audio before its configuration', 1],
    ],
  );
  input.video(5000, videoConfig());
  input.video(5000, keyFrame());
  assert.equal(target.video().dts, 0, 'what was dropped leaves no gap');
});

test('Annex B inside AVCC is rewritten', () => {
  const { target, input } = begin();
  input.video(0, videoConfig());
  input.video(0, keyFrame(hex('00000001 6742c01e 000001 68cb 00000001 65888400')));
  const units = hex('00000004 6742c01e 00000002 68cb 00000003 658884');
  assert.deepEqual(Buffer.from(target.video(0).payload), units);
  assert.equal(target.video(0).startsGop, true);
  assert.equal(input.dropped.size, 0);
});

test('what is neither is dropped and counted, and the stream goes on', () => {
  const { target, input } = begin();
  input.video(0, videoConfig());
  for (const rubbish of ['00000009 6588', 'ffffffff 65', '00', '00000000', 'deadbeef00'])
    input.video(0, keyFrame(hex(rubbish)));
  assert.equal(target.frames.length, 0);
  assert.equal(input.dropped.get('not AVC nor Annex B'), 5);
  input.video(0, keyFrame());
  assert.equal(target.frames.length, 1);
});

test('command frames, ends of sequence and empty bodies are passed over without a word', () => {
  const { target, input } = begin();
  input.video(0, videoConfig());
  input.audio(0, audioConfig());
  for (const body of ['', '17', '57 00', '57 01', '17 02 000000', '17 01 000000', '17 00 000000', '17 01 00'])
    input.video(0, hex(body));
  for (const body of ['', 'af', 'af 00', 'af 01', 'af 02 00']) input.audio(0, hex(body));
  assert.deepEqual([target.frames.length, input.dropped.size, target.epochs], [0, 0, 0]);
});

test('a key frame is what the NAL units say, not what the tag claims', () => {
  const { target, input } = begin();
  input.video(0, videoConfig());
  const recoveryPoint = hex('00000004 06060180 00000003 419a00');
  const bodies = [
    [interFrame(IDR), true],
    [keyFrame(SLICE), false],
    [keyFrame(recoveryPoint), true],
    [interFrame(recoveryPoint), false],
  ] as const;
  bodies.forEach(([body, startsGop], index) => {
    input.video(index * 40, body);
    assert.equal(target.video(index).startsGop, startsGop, `frame ${index}`);
  });
});

test('the same configuration again is no change: the very same track object', () => {
  const { target, input } = begin();
  for (let at = 0; at < 120; at += 40) {
    input.video(at, videoConfig());
    input.audio(at, audioConfig());
    input.video(at, keyFrame());
    input.audio(at, audioFrame);
  }
  for (const index of [1, 2]) {
    assert.equal(target.video(index).track, target.video(0).track);
    assert.equal(target.audio(index).track, target.audio(0).track);
  }
});

test('another configuration makes another track, from the next frame on', () => {
  const { target, input } = begin();
  input.video(0, videoConfig());
  input.video(0, keyFrame());
  input.video(40, videoConfig(AVCC_720P));
  input.video(40, keyFrame());
  assert.equal(target.video(0).track.width, 640);
  assert.equal(target.video(1).track.width, 1280);
  input.audio(40, audioConfig());
  input.audio(40, audioFrame);
  input.audio(61, audioConfig(ASC_44K));
  input.audio(61, audioFrame);
  assert.deepEqual([target.audio(0).track.sampleRate, target.audio(1).track.sampleRate], [48_000, 44_100]);
});

test('a configuration kept by a track does not change with the body it came in', () => {
  const { target, input } = begin();
  const body = videoConfig();
  input.video(0, body);
  body.fill(0);
  input.video(0, keyFrame());
  assert.deepEqual(Buffer.from(target.video().track.config), AVCC_360P);
});

test('tracks of the publisher before are taken over if their bytes are the same', () => {
  const before = begin();
  before.input.video(0, videoConfig());
  before.input.audio(0, audioConfig());
  before.input.video(0, keyFrame());
  before.input.audio(0, audioFrame);
  const former = { video: before.target.video().track, audio: before.target.audio().track };
  const { target, input } = begin(former);
  input.video(0, keyFrame());
  assert.equal(input.dropped.get('video before its configuration'), 1, 'a publisher must send its own');
  input.video(0, videoConfig());
  input.audio(0, audioConfig(ASC_44K));
  input.video(0, keyFrame());
  input.audio(0, audioFrame);
  assert.equal(target.video().track, former.video);
  assert.notEqual(target.audio().track, former.audio);
});

test('a bad configuration is dropped and counted; the good one before it holds', () => {
  const { target, input } = begin();
  input.video(0, videoConfig());
  input.audio(0, audioConfig());
  for (let cut = 1; cut < AVCC_360P.length; cut++) input.video(0, videoConfig(AVCC_360P.subarray(0, cut)));
  input.audio(0, audioConfig(hex('ff')));
  input.video(0, keyFrame());
  input.audio(0, audioFrame);
  assert.equal(target.video().track.width, 640);
  assert.equal(target.audio().track.sampleRate, 48_000);
  assert.equal(input.dropped.get('bad video configuration'), AVCC_360P.length - 1);
  assert.equal(input.dropped.get('bad audio configuration'), 1);
});

test('codecs that are not carried are refused by name, with what to set instead', () => {
  const { input } = begin();
  const cases = [
    ['video', '12 00 00', 'the video is Sorenson H.263, which'],
    ['video', '13 00 00', 'Screen video'],
    ['video', '14 00 00', 'On2 VP6'],
    ['video', '16 00 00', 'Screen video 2'],
    ['video', '18 00 00', 'FLV video codec 8'],
    ['video', '19 00 00', 'FLV video codec 9'],
    ['video', '90 76766331 00', 'VVC (vvc1)'],
    ['video', '95 61763031 00', 'AV1 (av01) with a descriptor of MPEG-TS'],
    ['video', '90 610a6331 00', '"a?c1" over Enhanced RTMP'],
    ['video', '96 01 76766331 03', 'the video is VVC (vvc1) in track 3, which'],
    ['video', '97 00 00 00 76766331 00', 'VVC (vvc1)'],
    ['audio', '02 00', 'the audio is PCM (platform endian), which is not supported: set the encoder to AAC'],
    ['audio', 'b2 00', 'Speex'],
    ['audio', '72 00', 'G.711 A-law'],
    ['audio', '82 00', 'G.711 mu-law'],
    ['audio', '91 78787878 00', '"xxxx" over Enhanced RTMP'],
    ['audio', 'c0 00', 'FLV sound format 12'],
  ] as const;
  for (const [kind, body, words] of cases) {
    assert.throws(
      () => input[kind](0, hex(body)),
      (error) =>
        error instanceof UnsupportedCodecError &&
        error.message.includes(words) &&
        error.message.endsWith(
          kind === 'video'
            ? ': set the encoder to H.264 (AVC), HEVC or AV1'
            : ': set the encoder to AAC or Opus',
        ),
      body,
    );
  }
});

test('sound begins a GOP only as long as no picture has come', () => {
  const { target, input } = begin();
  input.audio(0, audioConfig());
  input.audio(0, audioFrame);
  input.video(10, videoConfig());
  input.audio(21, audioFrame);
  input.video(40, keyFrame());
  input.audio(42, audioFrame);
  assert.deepEqual(
    [0, 1, 2].map((index) => target.audio(index).startsGop),
    [true, true, false],
  );
});

test('sound is timed by its samples', () => {
  const { target, input } = begin();
  input.audio(0, audioConfig(ASC_44K));
  for (const at of [0, 23, 46, 69]) input.audio(at, audioFrame);
  assert.deepEqual(
    target.frames.map((frame) => frame.dts),
    [0, 2090, 4180, 6269],
  );
});

test('a jump on both tracks is one new epoch, noted on the frames from there on', () => {
  const { target, input } = begin();
  input.video(0, videoConfig());
  input.audio(0, audioConfig());
  for (const at of [0, 40, 3_600_080, 3_600_120]) {
    input.video(at, keyFrame());
    input.audio(at, audioFrame);
  }
  assert.equal(target.epochs, 2);
  assert.deepEqual(
    target.frames.map((frame) => frame.epoch),
    [1, 1, 1, 1, 2, 2, 2, 2],
  );
});

test('metadata describes the stream at once and travels as data once frames flow', () => {
  const { target, input } = begin();
  const metadata = encodeAmf0('onMetaData', AmfObject.of({ encoder: 'x' }, 'ecma-array'));
  input.data(metadata);
  assert.deepEqual([target.metadata.length, target.frames.length], [1, 0]);
  input.video(0, videoConfig());
  input.video(0, keyFrame());
  input.video(40, interFrame());
  input.data(metadata);
  const frame = target.frames.at(-1) as DataFrame;
  assert.deepEqual(
    [frame.kind, frame.name, frame.dts, frame.epoch],
    ['data', 'onMetaData', ticksFromMs(40), 1],
  );
  assert.deepEqual(Buffer.from(frame.payload), metadata);
  input.data(encodeAmf0('onTextData', AmfObject.of({ text: 'hello' })));
  assert.equal((target.frames.at(-1) as DataFrame).name, 'onTextData');
});

test('script data that is rubbish is dropped and counted', () => {
  const { target, input } = begin();
  input.video(0, videoConfig());
  input.video(0, keyFrame());
  const bodies = [
    Buffer.alloc(0),
    hex('02 00ff 61'),
    hex('ff'),
    encodeAmf0(42),
    encodeAmf0('onMetaData', 'no object'),
    encodeAmf0('onMetaData'),
  ];
  for (const body of bodies) input.data(body);
  assert.deepEqual([target.frames.length, target.metadata.length], [1, 0]);
  assert.equal(input.dropped.get('bad script data'), bodies.length);
});

test('script data are taken up to a length', () => {
  const { target, input } = begin();
  const metadata = (length: number): Buffer =>
    encodeAmf0('onMetaData', AmfObject.of({ title: 'x'.repeat(length) }));
  input.data(metadata(200_000));
  input.data(metadata(300_000));
  assert.equal(target.metadata.length, 1);
  assert.equal(input.dropped.get('script data that are too long'), 1, 'counted');
});

test('sound can be started with where pictures have not come for more than twelve seconds, until the next one', () => {
  const { target, input } = begin();
  input.video(0, videoConfig());
  input.audio(0, audioConfig());
  input.video(0, keyFrame());
  for (let time = 0; time < 12_100; time += 1024 / 48) input.audio(Math.round(time), audioFrame);
  input.video(12_100, interFrame());
  input.audio(12_110, audioFrame);
  const sounds = target.frames.filter((frame): frame is AudioFrame => frame.kind === 'audio');
  const starts = sounds.filter(({ startsGop }) => startsGop).map(({ dts }) => Math.round(dts / 90));
  assert.deepEqual([starts[0], starts.at(-1), starts.length], [12_011, 12_096, 5]);
  assert.equal(sounds.at(-1)?.startsGop, false, 'beside the next picture');
});
