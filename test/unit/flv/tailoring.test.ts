import assert from 'node:assert/strict';
import { test } from 'node:test';
import { flvFormat, flvFormatOf } from '../../../src/outputs/flv/flv-format.ts';
import { leftOut, NOT_LISTED } from '../../../src/outputs/flv/left-out.ts';
import { viewerMetadata } from '../../../src/outputs/flv/metadata.ts';
import { UNTAILORED, type Tailoring } from '../../../src/outputs/flv/tailoring.ts';
import { ms } from '../../../src/media/time.ts';
import type { AudioTrack, NalTrack, Track } from '../../../src/media/track.ts';
import { codecWish, tailoringFor } from '../../../src/servers/codec-wish.ts';
import { PLAIN_RTMP } from '../../../src/protocols/rtmp/session/enhanced.ts';
import { AUDIO, inter, key, VIDEO } from '../../support/media.ts';

const HEVC: NalTrack = { ...VIDEO, codec: 'hevc' };
const OPUS: AudioTrack = { ...AUDIO, codec: 'opus' };
const wish = (query: string) => codecWish(new URLSearchParams(query));
const tailored = (query: string, peer = undefined as typeof PLAIN_RTMP | undefined): Tailoring => {
  const asked = wish(query);
  assert.ok(typeof asked !== 'string', 'a wish that can be read');
  return tailoringFor(asked, peer);
};

/** A tag's body, whose head is 11 bytes long. */
const bodyOf = (tag: Buffer, bytes: number): string => tag.subarray(11, 11 + bytes).toString('hex');

function frameTag(tailoring: Tailoring, frame: ReturnType<typeof key>): Buffer {
  const format = flvFormatOf(tailoring);
  const out = Buffer.alloc(format.measure(frame, ms(0)));
  assert.equal(format.write(frame, ms(0), out, 0), out.length, 'as many bytes as were measured');
  return out;
}

test('HEVC by codec id 12: key frame, other frame with its composition time, configuration, metadata', () => {
  const legacy = tailored('hevc=legacy');
  assert.equal(bodyOf(frameTag(legacy, key(0, { track: HEVC })), 5), '1c01000000');
  assert.equal(bodyOf(frameTag(legacy, inter(40, { track: HEVC, compositionMs: -40 })), 5), '2c01ffffd8');
  assert.equal(bodyOf(flvFormatOf(legacy).configuration(HEVC, ms(0)), 5), '1c00000000');
  assert.equal(
    viewerMetadata({ tracks: { video: HEVC }, metadata: undefined }, legacy).get('videocodecid'),
    12,
  );
  assert.equal(bodyOf(frameTag(legacy, key(0)), 2), '1701', 'H.264 is what it was');
});

test('metadata names codecs by their old numbers, and others by their FourCC as a number', () => {
  const ids = (video: Track & { kind: 'video' }, audio: AudioTrack): unknown[] => {
    const values = viewerMetadata({ tracks: { video, audio }, metadata: undefined });
    return [values.get('videocodecid'), values.get('audiocodecid')];
  };
  assert.deepEqual(ids(VIDEO, AUDIO), [7, 10]);
  assert.deepEqual(ids(HEVC, OPUS), [0x68766331, 0x4f707573]);
  assert.deepEqual(ids({ ...VIDEO, codec: 'av1' } as never, { ...AUDIO, codec: 'mp3' }), [0x61763031, 2]);
});

test('what a viewer has not asked for is neither sent nor spoken of', () => {
  const tailoring = tailored('codecs=h265,aac');
  const format = flvFormatOf(tailoring);
  assert.equal(format.wants(key(0, { track: HEVC })), true);
  assert.equal(format.wants(key(0)), false, 'H.264');
  const header = format.header({ tracks: { video: HEVC, audio: OPUS }, metadata: undefined });
  assert.equal(header[4], 1, 'a picture alone');
  assert.ok(!header.includes('audiocodecid'));
});

test('equal wishes share their bytes, and who wants everything shares those of all', () => {
  assert.equal(tailored('codecs=avc,aac').id, tailored('codecs=AAC,avc1').id);
  assert.notEqual(tailored('codecs=avc').id, tailored('codecs=hevc').id);
  for (const query of ['', 'codecs=any', 'codecs=*', 'hevc=enhanced'])
    assert.equal(tailored(query), UNTAILORED);
  assert.equal(flvFormatOf(UNTAILORED).id, flvFormat.id);
  assert.equal(tailored('codecs=any', PLAIN_RTMP), UNTAILORED);
});

test('a kind of which no codec is named is not restricted; what is no codec is named back', () => {
  assert.ok(tailored('codecs=hevc').takes('opus'));
  assert.ok(tailored('codecs=aac').takes('av1'));
  for (const query of ['codecs=betamax', 'codecs=avc,,', 'hevc=12'])
    assert.equal(typeof wish(query), 'string', query);
  assert.equal(typeof wish(`codecs=${'avc,'.repeat(100_000)}`), 'string', 'a list has an end');
});

test('who announces nothing takes plain RTMP’s codecs, and HEVC where it asks for it by codec id 12', () => {
  const plain = tailored('', PLAIN_RTMP);
  assert.deepEqual(
    (['avc', 'aac', 'mp3', 'hevc', 'opus'] as const).map((codec) => plain.takes(codec)),
    [true, true, true, false, false],
  );
  assert.ok(tailored('hevc=legacy', PLAIN_RTMP).takes('hevc'));
});

test('without a picture to show a viewer is sent away; without sound alone it stays', () => {
  const plain = tailored('', PLAIN_RTMP);
  const look = (video: NalTrack | undefined, audio: AudioTrack | undefined): boolean | undefined =>
    leftOut({ ...(video && { video }), ...(audio && { audio }) }, plain, NOT_LISTED)?.isAll;
  assert.equal(look(VIDEO, AUDIO), undefined);
  assert.equal(look(undefined, undefined), undefined, 'nothing is known yet');
  assert.equal(look(HEVC, AUDIO), true);
  assert.equal(look(VIDEO, OPUS), false);
  assert.equal(look(undefined, OPUS), true);
});
