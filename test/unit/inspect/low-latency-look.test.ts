import assert from 'node:assert/strict';
import test from 'node:test';
import { hasPlace } from '../../../src/inspect/check/blocking-reload.ts';
import { readMedia, type CheckedMedia } from '../../../src/inspect/check/checked-playlist.ts';
import { differenceBreaches, withSkipped } from '../../../src/inspect/check/delta.ts';
import { readText } from '../../../src/inspect/check/playlist-text.ts';
import { LowLatencyLook } from '../../../src/inspect/low-latency-look.ts';
import { endDateOf, readPlaylist } from '../../../src/inspect/playlist.ts';

const URL_OF = new URL('http://localhost/live/media.m3u8');
const BEGAN = Date.UTC(2026, 0, 1);
const HEAD = `#EXTM3U
#EXT-X-VERSION:9
#EXT-X-TARGETDURATION:1
#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=6,PART-HOLD-BACK=1.5
#EXT-X-PART-INF:PART-TARGET=0.5
#EXT-X-MEDIA-SEQUENCE:10
`;
const date = (number: number): string =>
  `#EXT-X-PROGRAM-DATE-TIME:${new Date(BEGAN + (number - 10) * 1000).toISOString()}\n`;
const segment = (number: number, tags = ''): string => `${tags}${date(number)}#EXTINF:1,\n${number}.m4s\n`;
const NUMBERS = Array.from({ length: 9 }, (_, index) => 10 + index);
const MAP = '#EXT-X-MAP:URI="i.mp4"\n';
const PARTS = `${date(19)}#EXT-X-PART:DURATION=0.5,URI="19.0.m4s",INDEPENDENT=YES\n`;
const WHOLE = `${HEAD}${MAP}${NUMBERS.map((number) => segment(number, number === 11 ? '#EXT-X-DISCONTINUITY\n' : '')).join('')}${PARTS}`;

const read = (text: string): CheckedMedia => readMedia(readText(Buffer.from(text)).lines, URL_OF);
const delta = (skipped: number, more = ''): CheckedMedia =>
  read(
    `${HEAD}#EXT-X-SKIP:SKIPPED-SEGMENTS=${skipped}\n${NUMBERS.slice(skipped)
      .map((number) => segment(number))
      .join('')}${PARTS}${more}`,
  );

test('a delta update is put together with what was there: numbers, maps, discontinuities', () => {
  const whole = read(WHOLE);
  const { media, breaches, lost } = withSkipped(whole, delta(3));
  assert.deepEqual([breaches, lost], [[], false]);
  assert.deepEqual(differenceBreaches(media, whole), []);
  assert.deepEqual(
    media.segments.map(({ sequence }) => sequence),
    NUMBERS,
  );
  assert.deepEqual(
    [media.segments.at(-1)?.discontinuitySequence, media.segments.at(-1)?.map?.uri],
    [1, 'i.mp4'],
  );
  assert.equal(media.running?.sequence, 19);
});

test('a delta update without what it skips, with a wrong count, or with more than it may leave out', () => {
  const whole = read(WHOLE);
  const codes = (before: CheckedMedia | undefined, update: CheckedMedia): string[] =>
    withSkipped(before, update).breaches.map(({ code }) => code);
  assert.deepEqual(codes(undefined, delta(3)), ['delta-update'], 'nothing to put it to');
  assert.deepEqual(codes(whole, { ...delta(3), skipped: 1e15 }), ['delta-update'], 'more than there are');
  assert.deepEqual(codes(whole, delta(6)), ['delta-update'], 'nearer than the skip boundary');
  const wrong = read(
    `${HEAD}#EXT-X-SKIP:SKIPPED-SEGMENTS=4\n${NUMBERS.slice(3)
      .map((number) => segment(number))
      .join('')}`,
  );
  assert.deepEqual(codes(whole, wrong), ['delta-update'], 'one more than it says');
  const changed = read(WHOLE.replace('#EXTINF:1,\n15', '#EXTINF:0.9,\n15'));
  assert.deepEqual(
    differenceBreaches(whole, changed).map(({ code }) => code),
    ['delta-update'],
  );
});

test('a part behind the last of a whole segment stands for the first of the next', () => {
  const whole = read(WHOLE);
  assert.equal(hasPlace(whole, { msn: 18, part: undefined }), true, 'a whole segment');
  assert.equal(hasPlace(whole, { msn: 19, part: 0 }), true, 'a part that is there');
  assert.equal(hasPlace(whole, { msn: 19, part: 1 }), false, 'the next one');
  assert.equal(hasPlace(whole, { msn: 19, part: undefined }), false, 'a segment that is not whole');
  assert.equal(hasPlace(whole, { msn: 18, part: 9 }), true, 'the next one has a first part');
  const without = read(WHOLE.replace(PARTS, ''));
  assert.equal(hasPlace(without, { msn: 18, part: 9 }), false, 'the next one has none yet');
});

test('the delay is that of the end of the parts, by both readers; players are behind it by the hold back', () => {
  const end = BEGAN + 9500;
  for (const media of [read(WHOLE), readPlaylist(WHOLE, URL_OF)]) {
    assert.ok(media.kind === 'media', 'a media playlist');
    assert.equal(endDateOf(media), end, 'where it ends');
    const look = new LowLatencyLook();
    look.see(media, end + 200);
    look.see(media, end + 450);
    look.seeReference(end, end + 300);
    const { delay, lowLatency } = look.report();
    assert.deepEqual(delay?.byDate, { least: 0.2, most: 0.45 });
    assert.deepEqual(delay.byReference, { least: 0.3, most: 0.3 });
    assert.equal(delay.atHoldBack, 1.7);
    assert.deepEqual(
      [lowLatency?.parts, lowLatency?.independentParts, lowLatency?.partTargetSeconds],
      [1, 1, 0.5],
    );
  }
});
