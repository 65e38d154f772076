import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAudioBody } from '../../../src/containers/flv/audio.ts';
import { endBody } from '../../../src/containers/flv/frame-body.ts';
import {
  trackColorBody,
  trackConfigurationHead,
  trackEndBody,
  trackFrameHead,
} from '../../../src/containers/flv/track-heads.ts';
import { readVideoBody } from '../../../src/containers/flv/video.ts';
import { ticks } from '../../../src/media/time.ts';
import type { AudioCodec, AudioTrack, Track, VideoCodec, VideoTrack } from '../../../src/media/track.ts';
import { AUDIO, hex, VIDEO } from '../../support/media.ts';

const VIDEO_CODECS: readonly VideoCodec[] = ['avc', 'hevc', 'av1', 'vp9', 'vp8'];
const AUDIO_CODECS: readonly AudioCodec[] = ['aac', 'opus', 'flac', 'ac3', 'eac3', 'mp3'];
const CONFIG = hex('01 02 03');
const DATA = hex('0a 0b 0c 0d');

const videoTrack = (codec: VideoCodec): VideoTrack => ({ ...VIDEO, id: 'video2', codec, config: CONFIG });
const audioTrack = (codec: AudioCodec): AudioTrack => ({
  ...AUDIO,
  id: 'audio3',
  codec,
  config: codec === 'mp3' ? new Uint8Array(0) : CONFIG,
});

/** The one part of a message that is of one track. */
function partOf(track: Track, body: Uint8Array) {
  const read = track.kind === 'video' ? readVideoBody(body) : readAudioBody(body);
  assert.equal(read.kind, 'tracks', track.codec);
  assert.equal(read.parts.length, 1, track.codec);
  return read.parts[0]!;
}

test('frames of a picture beside the main one are read as they were written, whatever the codec', () => {
  for (const codec of VIDEO_CODECS)
    for (const startsGop of [true, false])
      for (const compositionMs of codec === 'avc' || codec === 'hevc' ? [0, 80, -40] : [0]) {
        const track = videoTrack(codec);
        const time = { dts: ticks(9_000), pts: ticks(9_000 + compositionMs * 90) };
        const frame = { kind: 'video', track, ...time, startsGop, epoch: 1, payload: DATA } as const;
        assert.deepEqual(partOf(track, Buffer.concat([trackFrameHead(frame), DATA])), {
          ...{ kind: 'frame', codec, track: 2, keyFrame: startsGop, compositionMs, nanos: 0 },
          data: Buffer.from(DATA),
        });
      }
});

test('and so are those of a sound', () => {
  for (const codec of AUDIO_CODECS) {
    const track = audioTrack(codec);
    const time = { dts: ticks(9_000), pts: ticks(9_000) };
    const frame = { kind: 'audio', track, ...time, startsGop: false, epoch: 1, payload: DATA } as const;
    assert.deepEqual(partOf(track, Buffer.concat([trackFrameHead(frame), DATA])), {
      ...{ kind: 'frame', codec, track: 3, nanos: 0 },
      data: Buffer.from(DATA),
    });
  }
});

test('configurations, colours and the end have the number, too; who has no configuration has none', () => {
  for (const codec of VIDEO_CODECS) {
    const track = videoTrack(codec);
    const config = partOf(track, Buffer.concat([trackConfigurationHead(track)!, CONFIG]));
    assert.deepEqual(config, { kind: 'config', codec, track: 2, data: Buffer.from(CONFIG) });
    const color = trackColorBody(track);
    assert.equal(color && partOf(track, color).kind, codec === 'avc' ? undefined : 'metadata', codec);
    // What is not marked as a command is a picture to ffmpeg 8.
    if (color) assert.equal((color[0]! >> 4) & 7, 5, codec);
    assert.deepEqual(partOf(track, trackEndBody(track)), { kind: 'nothing' });
  }
  for (const codec of AUDIO_CODECS) {
    const track = audioTrack(codec);
    const head = trackConfigurationHead(track);
    const config = head && partOf(track, Buffer.concat([head, CONFIG]));
    const front = codec === 'flac' ? hex('664c6143 80000022') : hex('');
    const expected = { kind: 'config', codec, track: 3, data: Buffer.concat([front, CONFIG]) };
    assert.deepEqual(config, ['ac3', 'eac3', 'mp3'].includes(codec) ? undefined : expected);
    assert.deepEqual(partOf(track, trackEndBody(track)), { kind: 'nothing' });
  }
});

test('the end of a main track is said in Enhanced RTMP, and of those written as ever not at all', () => {
  assert.equal(endBody(videoTrack('avc')), undefined);
  assert.equal(endBody(audioTrack('aac')), undefined);
  assert.equal(endBody(audioTrack('mp3')), undefined);
  assert.equal(Buffer.from(endBody(videoTrack('hevc'))!).toString('latin1'), '\x92hvc1');
  assert.equal(Buffer.from(endBody(audioTrack('opus'))!).toString('latin1'), '\x92Opus');
});
