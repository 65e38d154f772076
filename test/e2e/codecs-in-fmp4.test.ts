import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { ALL_FORMATS, BufferSource, EncodedPacketSink, Input } from 'mediabunny';
import { Continuity } from '../../src/containers/fmp4/continuity.ts';
import { fragment } from '../../src/containers/fmp4/fragment.ts';
import { initSegment } from '../../src/containers/fmp4/init-segment.ts';
import { readMovie } from '../../src/containers/fmp4/movie-reader.ts';
import { movieTracks } from '../../src/containers/fmp4/movie-track.ts';
import { posterMp4 } from '../../src/containers/fmp4/poster.ts';
import { ticks, TICKS_PER_SECOND } from '../../src/media/time.ts';
import type { Track } from '../../src/media/track.ts';
import { samplesIn } from '../support/samples.ts';
import { CLIP_NAMES, type ClipName } from '../support/coded-clips.ts';
import { noFfmpeg as skip } from '../unit/mpegts/flv-clip.ts';
import { codedFrames, HDR10, type CodedFrames } from '../support/coded-frames.ts';
import { decoded } from '../support/decoded.ts';

/** Real frames of every codec as fMP4, in parts of a third of a second, before other people's decoders and readers. */

const PART = TICKS_PER_SECOND / 3;

function movieOf({ track, frames }: CodedFrames): Buffer {
  const tracks = movieTracks([track]);
  const parts = [initSegment(tracks)];
  const continuity = new Continuity();
  for (let at = 0; at < frames.length;) {
    const end = frames.findIndex(({ dts }, index) => index > at && dts >= frames[at]!.dts + PART);
    const own = frames.slice(at, end < 0 ? frames.length : end);
    const next = frames[at + own.length]?.dts;
    parts.push(
      fragment({
        sequence: parts.length,
        tracks,
        frames: own,
        zero: ticks(0),
        continuity,
        next: next === undefined ? {} : { [track.id]: next },
      }),
    );
    at += own.length;
  }
  return Buffer.concat(parts);
}

/** mediabunny's names. */
const NAMES: Partial<Record<Track['codec'], string>> = { ac3: 'ac3', eac3: 'eac3' };

async function seenByMediabunny(bytes: Buffer, { track, frames }: CodedFrames): Promise<void> {
  const input = new Input({ source: new BufferSource(bytes), formats: ALL_FORMATS });
  const [seen, ...more] = await input.getTracks();
  assert.ok(seen && more.length === 0, 'one track');
  assert.equal(await seen.getCodec(), NAMES[track.codec] ?? track.codec, 'codec');
  if (seen.isVideoTrack() && track.kind === 'video') {
    assert.deepEqual(
      [await seen.getCodedWidth(), await seen.getCodedHeight()],
      [track.width, track.height],
      'size',
    );
    const color = await seen.getColorSpace();
    if (track.color)
      assert.deepEqual(
        [color.primaries, color.transfer, color.matrix, color.fullRange],
        ['bt2020', 'pq', 'bt2020-ncl', false],
        'colours',
      );
  } else if (seen.isAudioTrack() && track.kind === 'audio') {
    assert.deepEqual(
      [await seen.getNumberOfChannels(), await seen.getSampleRate()],
      [track.channels, track.sampleRate],
      'channels and rate',
    );
  } else assert.fail('another kind of track');
  const packets = [];
  for await (const packet of new EncodedPacketSink(seen).packets()) packets.push(packet);
  assert.deepEqual(
    packets.map(({ data }) => Buffer.from(data)),
    frames.map(({ payload }) => Buffer.from(payload)),
    'frames',
  );
  for (const [index, { timestamp, type }] of packets.entries()) {
    const frame = frames[index]!;
    assert.ok(Math.abs(timestamp - frame.pts / TICKS_PER_SECOND) < 0.0011, `frame ${index} at ${timestamp}`);
    assert.equal(type === 'key', frame.kind === 'audio' || frame.startsGop, `frame ${index}: key`);
  }
}

function isReadBack(bytes: Buffer, { track, frames }: CodedFrames): void {
  const [facts] = readMovie(bytes);
  assert.ok(facts, 'a track');
  const { entry } = facts;
  assert.equal(entry.codec, track.codec, 'codec');
  assert.deepEqual(Buffer.from(entry.config), Buffer.from(track.config), 'configuration');
  if (track.kind === 'video')
    assert.deepEqual(
      [entry.width, entry.height, entry.color],
      [track.width, track.height, track.color],
      'picture',
    );
  else assert.deepEqual([entry.channels, entry.sampleRate], [track.channels, track.coreRate], 'sound');
  const samples = [...samplesIn(bytes)];
  assert.deepEqual(
    samples.map(({ payload }) => Buffer.from(payload)),
    frames.map(({ payload }) => Buffer.from(payload)),
    'samples',
  );
  for (const [index, sample] of samples.entries()) {
    const frame = frames[index]!;
    const next = samples[index + 1];
    if (next)
      assert.equal(
        sample.decodeTime + sample.duration,
        next.decodeTime,
        `sample ${index} ends where the next begins`,
      );
    const shown = ((sample.decodeTime + sample.composition) * TICKS_PER_SECOND) / facts.timescale;
    assert.ok(Math.abs(shown - frame.pts) <= 90, `sample ${index} is shown at ${shown}, not ${frame.pts}`);
    assert.equal(sample.sync, frame.kind === 'audio' || frame.startsGop, `sample ${index}: sync`);
  }
}

/** What ffmpeg says of any file of this make, ours or its own. */
const USUAL = /^.*(Guessed Channel Layout|Could not find codec parameters).*\n/gm;

function isDecoded(bytes: Buffer, { clip }: CodedFrames): void {
  const source = decoded(clip.file);
  const ours = decoded(bytes);
  assert.equal(ours.said.replaceAll(USUAL, ''), '', 'ffmpeg is content');
  assert.ok(source.md5.length > 20, 'the source has frames');
  assert.deepEqual(ours.md5, source.md5, 'every frame is decoded to the same');
}

describe('real frames of every codec', { skip }, () => {
  for (const name of CLIP_NAMES) {
    test(name, async () => {
      const coded = await codedFrames(name);
      const bytes = movieOf(coded);
      isReadBack(bytes, coded);
      isDecoded(bytes, coded);
      await seenByMediabunny(bytes, coded);
    });
  }

  for (const name of ['hevc', 'hevc-hdr', 'av1', 'vp9'] satisfies ClipName[]) {
    test(`a poster of ${name}`, async () => {
      const { frames } = await codedFrames(name);
      const frame = frames.find(({ startsGop }) => startsGop)!;
      assert.ok(frame.kind === 'video', 'a picture');
      const { md5, said } = decoded(posterMp4(frame));
      assert.equal(said, '', 'ffmpeg is content');
      assert.equal(md5.length, 1, 'one picture');
    });
  }

  test('the colours of HDR10 are what the encoder was given', async () => {
    const coded = await codedFrames('hevc-hdr');
    assert.deepEqual(readMovie(movieOf(coded))[0]?.entry.color, HDR10, 'colr, mdcv and clli');
  });
});
