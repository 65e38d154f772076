import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodecError } from '../../../src/codecs/codec-error.ts';
import { readFlacFrame, splitFlac } from '../../../src/codecs/flac/frame.ts';
import { findStreamInfo, readStreamInfo } from '../../../src/codecs/flac/stream-info.ts';
import { readMp3Header } from '../../../src/codecs/mp3/header.ts';
import { readOpusHead } from '../../../src/codecs/opus/head.ts';
import { opusSamples } from '../../../src/codecs/opus/packet.ts';
import { audioIntake } from '../../../src/inputs/intakes.ts';
import type { AudioIntake } from '../../../src/inputs/intake.ts';
import type { AudioCodec } from '../../../src/media/track.ts';
import * as bytes from '../../support/coded-bytes.ts';
import { hex } from '../../support/media.ts';

/** An intake and what it noted. */
class Stand {
  readonly dropped: string[] = [];
  problem: string | undefined;
  readonly intake: AudioIntake;

  constructor(codec: AudioCodec) {
    this.intake = audioIntake(codec, 'audio', undefined, {
      drop: (why) => this.dropped.push(why),
      problem: (_, why) => (this.problem = why),
    });
  }

  /** Samples of each frame. */
  give(data: Uint8Array): number[] {
    return this.intake.sounds(data).map(({ samples }) => samples);
  }

  get facts(): string {
    const { track } = this.intake;
    return `${track?.codecString} ${track?.sampleRate} Hz ${track?.channels} channels ${Buffer.from(track?.config ?? []).toString('hex')}`;
  }
}

test('the length of Opus packets, 2.5 to 120 ms, by RFC 6716 table 2', () => {
  const toc = (configuration: number, code: number): number => (configuration << 3) | code;
  for (const [packet, ms] of [
    [[toc(0, 0)], 10],
    [[toc(3, 0)], 60],
    [[toc(3, 1)], 120],
    [[toc(12, 0)], 10],
    [[toc(13, 2)], 40],
    [[toc(16, 0)], 2.5],
    [[toc(31, 0)], 20],
    [[toc(31, 3), 6], 120],
    [[toc(16, 3), 48], 120],
    [[toc(31, 3), 0x80 | 0x40 | 2], 40],
    [[toc(31, 3), 7], undefined],
    [[toc(31, 3), 0], undefined],
    [[toc(31, 3)], undefined],
    [[], undefined],
  ] as const)
    assert.equal(opusSamples(Uint8Array.from(packet)), ms && ms * 48, `${packet.join()}: ${ms} ms`);
});

test('OpusHead: its families, what is impossible in them, and cut anywhere', () => {
  const head = readOpusHead(bytes.OPUS_HEAD_51);
  assert.deepEqual([head.channels, head.preSkip, head.family, head.streams, head.coupled], [6, 312, 1, 4, 2]);
  assert.equal(readOpusHead(bytes.OPUS_HEAD).coupled, 1);
  for (let cut = 0; cut < bytes.OPUS_HEAD_51.length; cut++)
    assert.throws(() => readOpusHead(bytes.OPUS_HEAD_51.subarray(0, cut)), CodecError, `cut at ${cut}`);
  for (const [at, value] of [
    [8, 0x10],
    [9, 0],
    [9, 9],
    [18, 0],
    [19, 0],
    [20, 5],
    [21, 6],
  ] as const) {
    const lie = Buffer.from(bytes.OPUS_HEAD_51);
    lie[at] = value;
    assert.throws(() => readOpusHead(lie), CodecError, `${value} at ${at}`);
  }
});

test('Opus without a header: mono or stereo by its packets, more by what the publisher says of the channels', () => {
  const stand = new Stand('opus');
  assert.deepEqual(stand.give(hex('f8b498')), [960]);
  const { track } = stand.intake;
  assert.equal(stand.facts, 'Opus 48000 Hz 1 channels 4f707573486561640101380180bb0000000000');
  assert.deepEqual(
    [stand.give(hex('f0b498')), stand.intake.track === track],
    [[480], true],
    'shorter: the same track',
  );
  stand.give(hex('fcb498'));
  assert.equal(stand.intake.track?.channels, 2, 'stereo after all');
  const stereo = stand.intake.track;
  stand.give(hex('f8b498'));
  assert.equal(stand.intake.track, stereo, 'mono for a while is no change');
  const surround = new Stand('opus');
  surround.intake.layout?.(hex('01 06 0000003f'));
  surround.give(hex('fcb498'));
  assert.equal(surround.facts, `Opus 48000 Hz 6 channels ${bytes.OPUS_HEAD_51.toString('hex')}`);
  assert.deepEqual([...stand.dropped, ...surround.dropped], []);
  surround.intake.configure(bytes.OPUS_HEAD_51.subarray(0, 22));
  assert.match(surround.problem ?? '', /channel mapping/);
});

test('FLAC headers as files, MP4 and careless encoders send them, and cut anywhere', () => {
  const { STREAMINFO } = bytes;
  const block = Buffer.concat([hex('80000022'), STREAMINFO]);
  const more = Buffer.concat([Buffer.from('fLaC'), hex('00000022'), STREAMINFO, hex('84000004 00000000')]);
  for (const header of [STREAMINFO, block, Buffer.concat([Buffer.from('fLaC'), block]), more])
    assert.deepEqual(readStreamInfo(findStreamInfo(header)), {
      minBlock: 4608,
      maxBlock: 4608,
      sampleRate: 48_000,
      channels: 2,
      bitsPerSample: 16,
    });
  const file = Buffer.concat([Buffer.from('fLaC'), block]);
  for (let cut = 0; cut < file.length; cut++) {
    if (cut === STREAMINFO.length) continue; // as long as STREAMINFO alone, but it begins with fLaC
    assert.throws(() => readStreamInfo(findStreamInfo(file.subarray(0, cut))), CodecError, `cut at ${cut}`);
  }
  assert.throws(() => findStreamInfo(file.subarray(0, STREAMINFO.length)), CodecError);
});

test('FLAC frames: one, several in a message, and a sync code that is only sound', () => {
  const one = bytes.flacFrame(0);
  assert.equal(readFlacFrame(one)?.blockSize, 32);
  const two = Buffer.concat([one, bytes.flacFrame(1, 64), bytes.flacFrame(2)]);
  assert.deepEqual(
    splitFlac(two).map(({ start, end, header }) => [start, end, header.blockSize]),
    [
      [0, 15, 32],
      [15, 30, 64],
      [30, 45, 32],
    ],
  );
  const broken = Buffer.from(two);
  broken[13]! ^= 1; // the first frame's sum is wrong: what looks like a second one may be its sound
  assert.deepEqual(
    splitFlac(broken)
      .map(({ start, end }) => [start, end])
      .at(0),
    [0, 45],
  );
  for (let cut = 0; cut < 7; cut++) assert.deepEqual(splitFlac(one.subarray(0, cut)), [], `cut at ${cut}`);
  const stand = new Stand('flac');
  assert.deepEqual(stand.give(two), [32, 64, 32]);
  assert.match(stand.facts, /^fLaC 48000 Hz 2 channels 00200020/, 'STREAMINFO of what the frame says');
  assert.deepEqual(stand.give(hex('fff86a18')), []);
  assert.deepEqual(stand.dropped, ['not FLAC']);
});

test('FLAC whose header is of another stream: what its frames say is so', () => {
  const lie = Buffer.from(bytes.STREAMINFO);
  lie[12]! |= 0x0e; // 8 channels
  const stand = new Stand('flac');
  stand.intake.configure(lie);
  assert.deepEqual(stand.give(bytes.flacFrame(0)), [32]);
  assert.match(stand.facts, /^fLaC 48000 Hz 2 channels 00200020/, 'STREAMINFO of what the frame says');
  const { track } = stand.intake;
  stand.give(bytes.flacFrame(1, 64));
  assert.equal(stand.intake.track, track, 'and stays');
  stand.intake.configure(bytes.STREAMINFO);
  stand.give(bytes.flacFrame(2));
  assert.match(stand.facts, /^fLaC 48000 Hz 2 channels 12001200/, 'a true one counts');
  for (const [what, rate] of [
    ['0 Hz', 0x00_00_02],
    ['1 Hz', 0x00_00_12],
    ['1,048,575 Hz', 0xff_ff_f2],
  ] as const) {
    const odd = Buffer.from(bytes.STREAMINFO);
    odd.writeUIntBE(rate, 10, 3);
    assert.throws(() => readStreamInfo(odd), CodecError, what);
  }
});

test('AC-3 and E-AC-3: configurations of their frames, several in a message, substreams together', () => {
  const ac3 = new Stand('ac3');
  assert.deepEqual(ac3.give(Buffer.concat([bytes.AC3_FRAME, bytes.AC3_FRAME])), [1536, 1536]);
  // fscod 0, bsid 8, bsmod 0, acmod 2, no LFE, bit_rate_code 0
  assert.equal(ac3.facts, 'ac-3 48000 Hz 2 channels 101000');
  const eac3 = new Stand('eac3');
  assert.deepEqual(eac3.give(bytes.EAC3_FRAME), [1536]);
  assert.equal(eac3.facts, 'ec-3 48000 Hz 6 channels 0080200f00', '16 kb/s, bsid 16, 3/2 with LFE');
  const first = eac3.intake.track;
  const both = Buffer.concat([bytes.EAC3_FRAME, bytes.EAC3_DEPENDENT]);
  assert.deepEqual(eac3.give(both), [1536], 'one access unit');
  assert.notEqual(eac3.intake.track, first);
  for (const [codec, frame] of [
    ['ac3', bytes.AC3_FRAME],
    ['eac3', bytes.EAC3_FRAME],
  ] as const)
    for (const cut of [1, 2, 5, 6, 8, 20, frame.length - 1]) {
      const stand = new Stand(codec);
      assert.deepEqual(
        [stand.give(frame.subarray(0, cut)), stand.dropped.length],
        [[], 1],
        `${codec} cut at ${cut}`,
      );
    }
  const alone = new Stand('eac3');
  assert.deepEqual(alone.give(bytes.EAC3_DEPENDENT), [], 'a dependent substream of nothing');
});

test('AC-3 whose bit rate varies is one track', () => {
  const stand = new Stand('ac3');
  stand.give(bytes.AC3_FRAME);
  const { track } = stand.intake;
  const faster = Buffer.alloc(160);
  bytes.AC3_FRAME.copy(faster);
  faster[4] = 0x02; // 40 kb/s
  assert.deepEqual(stand.give(faster), [1536]);
  assert.equal(stand.intake.track, track);
});

test('MPEG audio headers: versions, layers, mono, padding', () => {
  const read = (text: string): unknown[] => {
    const header = readMp3Header(hex(text), 0);
    return [
      header?.version,
      header?.layer,
      header?.sampleRate,
      header?.channels,
      header?.samples,
      header?.length,
    ];
  };
  assert.deepEqual(read('fffb9064'), [1, 3, 44_100, 2, 1152, 417]);
  assert.deepEqual(read('fffb9264'), [1, 3, 44_100, 2, 1152, 418]);
  assert.deepEqual(read('fff310c4'), [2, 3, 22_050, 1, 576, 26]);
  assert.deepEqual(read('ffe318c4'), [2.5, 3, 8000, 1, 576, 72]);
  assert.deepEqual(read('fffda404'), [1, 2, 48_000, 2, 1152, 576]);
  assert.deepEqual(read('ffff9404'), [1, 1, 48_000, 2, 384, 288]);
  for (const bad of ['fffbf064', 'fffb9c64', 'ffeb9064', 'fff99064', '7ffb9064', 'fffb90'])
    assert.equal(readMp3Header(hex(bad), 0), undefined, bad);
});

test('MP3: several frames in a message, a cut one leaves the message out', () => {
  const stand = new Stand('mp3');
  assert.deepEqual(stand.give(Buffer.concat([bytes.MP3_FRAME, bytes.MP3_FRAME])), [1152, 1152]);
  assert.equal(stand.facts, 'mp4a.40.34 48000 Hz 2 channels ');
  assert.deepEqual(stand.give(bytes.MP3_FRAME.subarray(0, 95)), []);
  assert.deepEqual(stand.give(bytes.MP3_LSF_FRAME), [576]);
  assert.equal(stand.facts, 'mp4a.40.34 22050 Hz 1 channels ');
  assert.deepEqual(stand.give(new Uint8Array(0)), [], 'nothing is nothing, and not noted');
  assert.deepEqual(stand.dropped, ['not MP3']);
});
