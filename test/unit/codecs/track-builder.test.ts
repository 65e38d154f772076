import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CodecError } from '../../../src/codecs/codec-error.ts';
import { aacTrack, avcTrack } from '../../../src/codecs/track-builder.ts';
import { ASC_44K, ASC_48K, AVCC_360P, AVCC_720P, hex } from '../../support/media.ts';

test('an AVC track is what its configuration says', () => {
  assert.deepEqual(avcTrack(AVCC_720P, undefined), {
    id: 'video',
    kind: 'video',
    codec: 'avc',
    config: Uint8Array.from(AVCC_720P),
    codecString: 'avc1.64001F',
    width: 1280,
    height: 720,
    nalLengthSize: 4,
  });
  const two = Buffer.from(AVCC_720P);
  two[4] = 0xfd;
  assert.equal(avcTrack(two, undefined).nalLengthSize, 2);
});

test('an AAC track counts by the core rate and tells the output rate', () => {
  const plain = aacTrack(ASC_44K, undefined);
  assert.deepEqual(
    [plain.codecString, plain.sampleRate, plain.coreRate, plain.channels, plain.samplesPerFrame],
    ['mp4a.40.2', 44_100, 44_100, 2, 1024],
  );
  // HE-AAC, signalled in front: object type 5, 24 kHz core, stereo, 48 kHz output, then type 2.
  const he = aacTrack(hex('2b118800'), undefined);
  assert.deepEqual(
    [he.codecString, he.sampleRate, he.coreRate, he.samplesPerFrame],
    ['mp4a.40.5', 48_000, 24_000, 1024],
  );
});

test('the former track is kept for a configuration that says the same, in whatever bytes', () => {
  const video = avcTrack(AVCC_360P, undefined);
  const audio = aacTrack(ASC_48K, undefined);
  assert.equal(avcTrack(Uint8Array.from(AVCC_360P), video), video);
  assert.equal(aacTrack(Buffer.concat([ASC_48K]), audio), audio);
  assert.notEqual(avcTrack(AVCC_720P, video), video);
  assert.notEqual(aacTrack(ASC_44K, audio), audio);
  for (const more of ['00', '56e500', '0000000000'])
    assert.equal(aacTrack(Buffer.concat([ASC_48K, hex(more)]), audio), audio, `with ${more} behind`);
  assert.notEqual(aacTrack(Buffer.concat([ASC_48K, hex('56e580')]), audio), audio, 'SBR is something else');
});

test('rubbish throws a CodecError, wherever it is cut', () => {
  for (let cut = 0; cut < AVCC_360P.length; cut++)
    assert.throws(() => avcTrack(AVCC_360P.subarray(0, cut), undefined), CodecError, `cut at ${cut}`);
  for (const bytes of ['', '12', 'ffff', '1780'])
    assert.throws(() => aacTrack(hex(bytes), undefined), CodecError, bytes);
});
