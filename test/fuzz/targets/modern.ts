import assert from 'node:assert/strict';
import { readAv1Config, sequenceOf, writeAv1Config } from '../../../src/codecs/av1/config.ts';
import { readAv1Unit } from '../../../src/codecs/av1/frame.ts';
import { OBU, readObus } from '../../../src/codecs/av1/obu.ts';
import { CodecError } from '../../../src/codecs/codec-error.ts';
import { splitSyncFrames } from '../../../src/codecs/ac3/syncframe.ts';
import { splitFlac } from '../../../src/codecs/flac/frame.ts';
import { readHevcConfig, writeHevcConfig } from '../../../src/codecs/hevc/config.ts';
import { hevcSets } from '../../../src/codecs/hevc/in-band.ts';
import { readHevcSps } from '../../../src/codecs/hevc/sps.ts';
import { splitMp3 } from '../../../src/codecs/mp3/header.ts';
import { opusSamples } from '../../../src/codecs/opus/packet.ts';
import type { AudioCodec, VideoCodec } from '../../../src/media/track.ts';
import { audioIntake, videoIntake } from '../../../src/inputs/intakes.ts';
import { hex } from '../../support/media.ts';
import { outcome, type Target } from '../engine/target.ts';
import * as bytes from '../../support/coded-bytes.ts';

export const hevcConfig: Target = {
  name: 'hevc-config',
  holds:
    'HEVCDecoderConfigurationRecord: read or refused with a CodecError; sets are views, and what is written again says the same',
  maxBytes: 65_536,
  deadlineMs: 50,
  seeds: () => [bytes.HVCC, bytes.HVCC_HDR],
  words: [hex('a00001'), hex('420101'), hex('000003'), hex('4401')],
  run(input) {
    const read = outcome([CodecError], () => readHevcConfig(input));
    if ('error' in read) return;
    const { vps, sps, pps, sei, nalLengthSize } = read.value;
    assert.ok([1, 2, 4].includes(nalLengthSize), `length size ${nalLengthSize}`);
    const total = [...vps, ...sps, ...pps, ...sei].reduce((sum, set) => sum + set.length, 0);
    assert.ok(total <= input.length, 'no byte in two sets');
    for (const set of sps) checkSps(set);
    const written = outcome([CodecError], () => writeHevcConfig(read.value));
    if ('error' in written) return;
    assert.ok(hevcSets.isSame(readHevcConfig(written.value), read.value), 'written again: the same');
  },
};

function checkSps(set: Uint8Array): void {
  const read = outcome([CodecError], () => readHevcSps(set));
  if ('error' in read) return;
  const { width, height, bitDepth, chromaFormat, temporalLayers } = read.value;
  for (const side of [width, height]) assert.ok(side >= 1 && side <= 25_332, `side ${side}`);
  assert.ok(bitDepth >= 8 && bitDepth <= 16 && chromaFormat <= 3 && temporalLayers <= 7, 'what exists');
}

export const av1: Target = {
  name: 'av1',
  holds:
    'AV1: temporal units that are passed on are units with sizes and no delimiters; a configuration is read, or refused with a CodecError',
  maxBytes: 65_536,
  deadlineMs: 50,
  seeds: () => [bytes.AV1C, bytes.AV1_UNIT, bytes.AV1_UNSIZED],
  words: [hex('1200'), hex('0a0b'), hex('32'), hex('81000c00'), hex('8001')],
  run(input) {
    outcome([CodecError], () => readAv1Config(input));
    const unit = readAv1Unit(input);
    if (!unit) return;
    const obus = readObus(unit.payload);
    assert.ok(obus, 'what is passed on can be read');
    for (const { type, hasSize } of obus)
      assert.ok(hasSize && type !== OBU.temporalDelimiter && type !== OBU.padding, `unit of type ${type}`);
    assert.ok(unit.payload.length <= input.length + 8 * obus.length, 'no longer than it came, but for sizes');
    if (!unit.sequenceHeader) return;
    const header = unit.sequenceHeader;
    const sequence = outcome([CodecError], () => sequenceOf(header));
    if ('error' in sequence) return;
    const again = readAv1Config(writeAv1Config(header)).sequenceHeader;
    assert.deepEqual(Buffer.from(again!), Buffer.from(header), 'the record has the same header in it');
  },
};

/** Pieces that lie side by side from the first byte to the last. */
function checkPieces(
  input: Uint8Array,
  pieces: readonly { start: number; end: number }[],
  what: string,
): void {
  let at = 0;
  for (const { start, end } of pieces) {
    assert.ok(start === at && end > start, `${what}: a piece that is not where the one before ends`);
    at = end;
  }
  assert.ok(pieces.length === 0 || at === input.length, `${what}: bytes are left over`);
}

export const soundFrames: Target = {
  name: 'sound-frames',
  holds:
    'Opus, FLAC, AC-3, E-AC-3, MP3: frames of a message lie side by side, and last as long as the standards allow',
  maxBytes: 32_768,
  deadlineMs: 100,
  seeds: () => [
    bytes.FLAC_FRAME,
    bytes.AC3_FRAME,
    bytes.EAC3_FRAME,
    bytes.MP3_FRAME,
    hex('fcb498'),
    hex('ff83'),
  ],
  words: [hex('fff8'), hex('0b77'), hex('fffb'), hex('fff3')],
  run(input) {
    checkPieces(input, splitFlac(input), 'FLAC');
    checkPieces(input, splitSyncFrames(input, 'ac3'), 'AC-3');
    checkPieces(input, splitSyncFrames(input, 'eac3'), 'E-AC-3');
    checkPieces(input, splitMp3(input), 'MP3');
    const samples = opusSamples(input);
    assert.ok(samples === undefined || (samples >= 120 && samples <= 5760), `${samples} samples`);
  },
};

const VIDEO: readonly VideoCodec[] = ['avc', 'hevc', 'av1', 'vp9', 'vp8'];
const AUDIO: readonly AudioCodec[] = ['aac', 'opus', 'flac', 'ac3', 'eac3', 'mp3'];

/** Messages of up to 255 bytes: a length, a byte of flags (a configuration? a key frame? a layout?), and the bytes. */
export const intakes: Target = {
  name: 'intakes',
  holds:
    'intakes of all codecs: no message makes one throw; what comes out has a track, bytes and samples, and the first picture is a place to start',
  maxBytes: 4096,
  deadlineMs: 200,
  seeds: () =>
    [
      [3, bytes.HVCC, bytes.HEVC_IDR],
      [3, bytes.AV1C, bytes.AV1_UNIT],
      [2, bytes.VP9_KEY, bytes.VP8_KEY],
      [3, bytes.OPUS_HEAD, hex('fcb498c3')],
      [3, bytes.STREAMINFO, bytes.FLAC_FRAME],
      [2, bytes.MP3_FRAME.subarray(0, 200), bytes.EAC3_FRAME.subarray(0, 200)],
    ].map(([flags, one, other]) =>
      Buffer.concat([message(flags as number, one as Buffer), message(2, other as Buffer)]),
    ),
  words: [hex('fcb498'), hex('81000c00'), hex('2601'), hex('4201')],
  run(input) {
    for (const codec of VIDEO) runVideo(codec, input);
    for (const codec of AUDIO) runAudio(codec, input);
  },
};

const message = (flags: number, body: Uint8Array): Buffer =>
  Buffer.concat([Uint8Array.of(Math.min(255, body.length), flags), body.subarray(0, 255)]);

const NOTES = { drop: (): void => undefined, problem: (): void => undefined };

function* messages(input: Buffer): Generator<{ flags: number; body: Buffer; index: number }> {
  for (let at = 0, index = 0; at + 2 <= input.length; index++) {
    const end = Math.min(input.length, at + 2 + input[at]!);
    yield { flags: input[at + 1]!, body: input.subarray(at + 2, end), index };
    at = end;
  }
}

function runVideo(codec: VideoCodec, input: Buffer): void {
  const intake = videoIntake(codec, 'video', undefined, NOTES);
  let begun = false;
  for (const { flags, body, index } of messages(input)) {
    if (flags & 1) {
      intake.configure(body);
      continue;
    }
    const picture = intake.picture({ timestamp: index * 1000, claimsKey: (flags & 2) !== 0, data: body });
    if (!picture) continue;
    assert.ok(begun || picture.startsGop, `${codec}: the first picture is a place to start`);
    begun = true;
    assert.ok(picture.payload.length > 0 && picture.track.codec === codec, `${codec}: bytes and a track`);
    assert.ok(picture.track.width > 0 && picture.track.height > 0, `${codec}: a size`);
  }
}

function runAudio(codec: AudioCodec, input: Buffer): void {
  const intake = audioIntake(codec, 'audio', undefined, NOTES);
  for (const { flags, body } of messages(input)) {
    if (flags & 1) intake.configure(body);
    else if (flags & 4) intake.layout?.(body);
    else
      for (const { payload, samples } of intake.sounds(body)) {
        assert.ok(payload.length > 0 && samples > 0, `${codec}: bytes and samples`);
        assert.ok(intake.track?.codec === codec && intake.track.channels > 0, `${codec}: a track`);
        assert.ok(intake.track.coreRate > 0, `${codec}: a rate`);
      }
  }
}
