import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { MediaFrame } from '../../../src/media/frame.ts';
import { audio, audioTrack, stream, video, videoTrack } from '../mpegts/frames.ts';
import { HOURS, media as mediaOf, NOW, playlist, rig, rigOf, SEQUENCE, type Rig } from './harness.ts';

const v = videoTrack();
const a = audioTrack();
const S = 90_000;

const seconds = (hls: Rig['hls']): number[] => playlist(hls).segments.map((segment) => segment.seconds);
const firsts = (r: Rig): MediaFrame[] => r.whole.map((segment) => segment.frames[0]!);
const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0);

test('a well-behaved stream: two seconds each, every one from a key frame, named from the clock', () => {
  const r = rig();
  r.feed(stream({ frames: 300, gop: 60, video: v, audio: a }));
  assert.deepEqual(
    playlist(r.hls).segments.map(({ uri, seconds, at }) => ({ uri, seconds, at })),
    [
      { uri: `${SEQUENCE}.ts`, seconds: 2, at: NOW },
      { uri: `${SEQUENCE + 1}.ts`, seconds: 2, at: NOW + 2000 },
      { uri: `${SEQUENCE + 2}.ts`, seconds: 2, at: NOW + 4000 },
      { uri: `${SEQUENCE + 3}.ts`, seconds: 2, at: NOW + 6000 },
    ],
  );
  assert.ok(firsts(r).every((frame) => frame.kind === 'video' && frame.startsGop));
  const { targetDuration, mediaSequence, discontinuitySequence, independent, ended, text } = playlist(r.hls);
  assert.deepEqual(
    { targetDuration, mediaSequence, discontinuitySequence, independent, ended },
    {
      targetDuration: 2,
      mediaSequence: SEQUENCE,
      discontinuitySequence: HOURS,
      independent: true,
      ended: false,
    },
  );
  assert.ok(!text.includes('#EXT-X-DISCONTINUITY\n'));
});

test('lengths add up to the media, to the last frame', () => {
  for (const interval of [3003, 3000, 1501, 3750]) {
    const r = rig(2, 100);
    r.feed(stream({ frames: 500, interval, gop: 47, video: v, audio: a }));
    r.hls.end();
    const all = playlist(r.hls);
    assert.ok(Math.abs(sum(seconds(r.hls)) - (500 * interval) / S) < 1e-4);
    assert.ok(all.segments.every((segment) => Math.round(segment.seconds) <= all.targetDuration));
    assert.equal(all.ended, true);
  }
});

test('what came before the first key frame is in no segment, and neither is older sound', () => {
  const r = rig();
  const frames = stream({ frames: 130, gop: 60, video: v, audio: a });
  r.feed([
    audio(a, 0),
    audio(a, 1920),
    ...frames.filter((frame) => frame.dts > 20_000).map((frame) => frame),
  ]);
  r.hls.end();
  const key = 60 * 3000;
  const [first] = r.whole;
  assert.equal(first!.frames[0]!.dts, key);
  assert.ok(first!.frames.every((frame) => frame.dts >= key));
  assert.deepEqual(first!.tracks, { video: v, audio: a });
});

test('sound that comes a little after the picture belongs to the first segment', () => {
  const r = rig();
  const frames = stream({ frames: 130, gop: 60, video: v, audio: a });
  r.feed(frames.filter((frame) => frame.kind === 'video' || frame.dts >= 0.9 * S));
  assert.deepEqual(r.whole[0]!.tracks, { video: v, audio: a });
  assert.equal(playlist(r.hls).segments.length, 2);
});

test('a stream without sound, and one without picture', () => {
  const silent = rig();
  silent.feed(stream({ frames: 130, gop: 60, video: v }));
  assert.deepEqual(seconds(silent.hls), [2, 2]);
  assert.deepEqual(silent.whole[0]!.tracks, { video: v });

  const blind = rig();
  blind.feed(stream({ frames: 310, gop: 1, audio: a }));
  assert.deepEqual(blind.whole[0]!.tracks, { audio: a });
  for (const length of seconds(blind.hls)) assert.ok(Math.abs(length - 2) <= 0.011, `${length}`);
  assert.equal(playlist(blind.hls).independent, true);
  assert.ok(!blind.hls.multivariant()!.bytes.toString().includes('RESOLUTION'));
});

test('sound that comes late gets a new segment at the next key frame, with one discontinuity', () => {
  const r = rig();
  const frames = stream({ frames: 380, gop: 30, video: v, audio: a });
  r.feed(frames.filter((frame) => frame.kind === 'video' || frame.dts > 2.5 * S));
  assert.deepEqual(
    r.whole.map((segment) => segment.tracks.audio),
    [undefined, undefined, a, a, a, a],
  );
  assert.equal(firsts(r)[2]!.dts, 3 * S);
  assert.deepEqual(
    playlist(r.hls).segments.map((segment) => segment.discontinuity),
    [false, false, true, false, false, false],
  );
});

test('picture that comes late, in a stream of sound', () => {
  const r = rig();
  const frames = stream({ frames: 300, gop: 30, video: v, audio: a });
  const isEarly = (frame: MediaFrame): boolean => frame.dts < 3.2 * S;
  r.feed(
    frames
      .filter((frame) => frame.kind === 'audio' || !isEarly(frame))
      .map((frame) => (isEarly(frame) ? { ...frame, startsGop: true } : frame)),
  );
  assert.deepEqual(
    r.whole.map((segment) => segment.tracks.video),
    [undefined, undefined, v, v],
  );
  assert.equal(firsts(r)[2]!.dts, 4 * S);
  assert.deepEqual(
    playlist(r.hls).segments.map((segment) => segment.discontinuity),
    [false, false, true, false],
  );
});

test('sound that stops leaves the stream; sound that comes back joins it again', () => {
  const r = rig(2, 100);
  const frames = stream({ frames: 600, gop: 60, video: v, audio: a });
  r.feed(frames.filter((frame) => frame.kind === 'video' || frame.dts < 5 * S || frame.dts > 13 * S));
  assert.deepEqual(
    r.whole.map((segment) => segment.tracks.audio !== undefined),
    [true, true, true, true, false, false, false, true, true],
  );
  assert.deepEqual(
    playlist(r.hls).segments.map((segment) => segment.discontinuity),
    [false, false, false, false, true, false, false, true, false],
  );
});

test('picture that stops: sound goes on alone, within the target duration', () => {
  const r = rig(2, 100);
  const frames = stream({ frames: 600, gop: 60, video: v, audio: a });
  r.feed(frames.filter((frame) => frame.kind === 'audio' || frame.dts < 5 * S || frame.dts > 15 * S));
  r.hls.end();
  const all = playlist(r.hls);
  assert.ok(all.segments.every((segment) => Math.round(segment.seconds) <= all.targetDuration));
  assert.ok(Math.abs(sum(seconds(r.hls)) - 20) < 0.05);
  const kinds = r.whole.map(({ tracks }) => (tracks.video ? 'v' : '-') + (tracks.audio ? 'a' : '-'));
  assert.match(kinds.join(' '), /^va va va va (-a )+va va/);
  const first = r.whole.findIndex((segment) => segment.tracks.video === undefined);
  assert.equal(all.segments[first]!.discontinuity, true);
});

test('key frames too far apart: cut where it stands, and nobody is told otherwise', () => {
  const r = rig(2, 6);
  r.feed(stream({ frames: 60, gop: 60, video: v, audio: a }));
  r.feed(stream({ from: 2 * S, frames: 210, gop: 1000, video: v, audio: a }));
  const cut = playlist(r.hls);
  assert.equal(cut.targetDuration, 2);
  assert.equal(cut.independent, false);
  assert.equal(r.hls.facts().independent, false);
  assert.ok(!r.hls.multivariant()!.bytes.includes('INDEPENDENT'));
  assert.ok(cut.segments.every((segment) => Math.round(segment.seconds) <= 2 && !segment.discontinuity));
  assert.ok(cut.segments[1]!.seconds > 2.4);
  r.feed(stream({ from: 9 * S, frames: 1200, gop: 60, video: v, audio: a }));
  assert.equal(playlist(r.hls).independent, true, 'once such a segment has left the window');
});

test('key frames every ten seconds from the start: the target duration says so', () => {
  const r = rig();
  r.feed(stream({ frames: 1000, gop: 300, video: v, audio: a }));
  const { targetDuration, independent } = playlist(r.hls);
  assert.deepEqual([targetDuration, independent, ...seconds(r.hls)], [10, true, 10, 10, 10]);
});

test('no key frame ever again: cut at twelve seconds, then as the target duration allows', () => {
  const r = rig();
  r.feed(stream({ frames: 1000, gop: 10_000, video: v, audio: a }));
  const { targetDuration } = playlist(r.hls);
  assert.equal(targetDuration, 12);
  assert.ok(seconds(r.hls).every((length) => length <= 12.5));
});

test('TARGETDURATION never changes, whatever the key frames do', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.record({ gop: fc.integer({ min: 1, max: 400 }), hole: fc.integer({ min: 0, max: 2_000_000 }) }),
        { minLength: 1, maxLength: 8 },
      ),
      (gops) => {
        const r = rig(2, 100);
        let from = 0;
        let target: number | undefined;
        for (const { gop, hole } of gops) {
          r.feed(stream({ from, frames: gop, gop, video: v, audio: a }));
          from += gop * 3000 + (hole > 1_200_000 ? hole : 0);
          if (!mediaOf(r.hls)) continue;
          target ??= playlist(r.hls).targetDuration;
          assert.equal(playlist(r.hls).targetDuration, target);
        }
        r.hls.end();
        const all = playlist(r.hls);
        assert.ok(all.segments.every((segment) => Math.round(segment.seconds) <= all.targetDuration));
        const media = gops.reduce((total, { gop }) => total + gop / 30, 0);
        assert.ok(Math.abs(sum(seconds(r.hls)) - media) < 0.06 * gops.length, 'holes are in no segment');
        all.segments.forEach((segment, index) =>
          assert.equal(segment.uri, `${all.mediaSequence + index}.ts`),
        );
      },
    ),
    { numRuns: 40 },
  );
});

test('another configuration: at its key frame, one discontinuity, and no frame of it in an old segment', () => {
  const r = rig();
  const next = videoTrack();
  const frames = stream({ frames: 240, gop: 60, video: v, audio: a });
  r.feed(frames.filter((frame) => frame.dts < 3 * S));
  // The new configuration begins between key frames: its first ones cannot be decoded.
  const change = frames
    .filter((frame) => frame.dts >= 3 * S)
    .map((frame) => (frame.kind === 'video' ? { ...frame, track: next } : frame));
  r.feed(change);
  r.hls.end();
  const videos = (index: number) => r.whole[index]!.frames.filter((frame) => frame.kind === 'video');
  assert.ok(
    videos(1).every((frame) => frame.track === v && frame.dts < 3 * S),
    'the old segment holds old frames only',
  );
  assert.ok(
    videos(2).every((frame) => frame.track === next),
    'the new one new frames only',
  );
  assert.equal(videos(2)[0]!.dts, 4 * S);
  assert.deepEqual(
    playlist(r.hls).segments.map((segment) => segment.discontinuity),
    [false, false, true, false],
  );
  assert.ok(Math.abs(sum(seconds(r.hls)) - 8) < 1e-4, 'sound went on, so time did');
  assert.equal(r.hls.facts().framesDropped, 30);
});

test('another audio configuration: at the next key frame too; at once where there is no picture', () => {
  const next = audioTrack();
  const changed = (frames: MediaFrame[]) =>
    frames.map((frame) => (frame.kind === 'audio' && frame.dts >= 3 * S ? { ...frame, track: next } : frame));
  const r = rig();
  r.feed(changed(stream({ frames: 240, gop: 60, video: v, audio: a })));
  assert.deepEqual(
    r.whole.map((segment) => segment.tracks.audio),
    [a, a, next],
  );
  for (const { tracks, frames } of r.whole) {
    for (const frame of frames) assert.ok(frame.track === tracks.audio || frame.track === tracks.video);
  }
  const blind = rig();
  blind.feed(changed(stream({ frames: 240, gop: 60, audio: a })));
  const first = blind.whole.find((segment) => segment.tracks.audio === next)!.frames[0]!;
  assert.ok(first.dts >= 3 * S && first.dts < 3 * S + 1920);
  assert.equal(playlist(blind.hls).segments.filter((segment) => segment.discontinuity).length, 1);
});

test('a publisher that is gone: its last segment is in the playlist at once; the next one begins with a discontinuity', () => {
  const r = rig();
  r.feed(stream({ frames: 130, gop: 60, video: v, audio: a }));
  assert.equal(playlist(r.hls).segments.length, 2, 'while it is there');
  r.hls.interrupt();
  r.hls.interrupt();
  assert.equal(playlist(r.hls).segments.length, 3, 'once it is gone');
  assert.ok(Math.abs(playlist(r.hls).segments[2]!.seconds - 10 / 30) < 1e-4, 'to the end of its last frame');
  const from = 130 * 3000 + 4 * S;
  r.feed(stream({ from, frames: 200, gop: 60, video: videoTrack(), audio: a, epoch: 1 }));
  const { segments, mediaSequence, ended } = playlist(r.hls);
  assert.deepEqual(
    segments.map((segment) => segment.discontinuity),
    [false, false, false, true, false, false],
  );
  assert.equal(firsts(r)[3]!.dts, from, 'it starts at the new key frame');
  assert.equal(segments[3]!.at, Math.trunc(NOW + from / 90), 'the clock is read anew');
  assert.deepEqual([mediaSequence, ended], [SEQUENCE, false], 'and all else goes on');
});

test('PROGRAM-DATE-TIME goes on by media time, though frames arrive in bursts', () => {
  const r = rig();
  for (const frame of stream({ frames: 300, gop: 60, video: v, audio: a })) {
    r.clock.now = NOW + Math.floor(frame.dts / S / 3) * 3000;
    r.hls.write(frame);
  }
  assert.deepEqual(
    playlist(r.hls).segments.map((segment) => segment.at - NOW),
    [0, 2000, 4000, 6000],
  );
});

test('the window moves on, what left it can still be fetched for a window, then is gone', () => {
  const r = rigOf();
  const change = videoTrack();
  r.feed(stream({ frames: 120, gop: 60, video: v, audio: a }));
  r.feed(stream({ from: 4 * S, frames: 1800, gop: 60, video: change, audio: a }));
  const { mediaSequence, discontinuitySequence, segments } = playlist(r.hls);
  const made = r.hls.facts().segments;
  assert.equal(made, 31);
  assert.equal(segments.length, 6);
  assert.equal(mediaSequence, SEQUENCE + 25);
  assert.equal(discontinuitySequence, HOURS + 1, 'the one tag that left');
  const fetchable = Array.from(
    { length: made },
    (_, index) => r.hls.file(`${SEQUENCE + index}.m4s`) !== undefined,
  );
  // Its own length and that of the playlist it was in: RFC 8216 §6.2.2. window.test.ts has the rest.
  assert.equal(fetchable.indexOf(true), made - 13);
  assert.ok(fetchable.slice(made - 13).every(Boolean), 'there is a hole');
  for (const name of ['nonsense.ts', 'nonsense.m4s', '1.m4s', `0${SEQUENCE + made - 1}.m4s`])
    assert.equal(r.hls.file(name), undefined, name);
});

test('while segments are short, there are more of them', () => {
  const r = rigOf({ windowSegments: 3 });
  // A stream whose configuration changes every half second.
  for (let index = 0; index < 60; index++) {
    r.feed(stream({ from: index * 45_000, frames: 15, gop: 15, video: videoTrack(), audio: a }));
  }
  const length = sum(seconds(r.hls));
  assert.ok(length >= 6 && length < 7, `${length} s: three target durations`);
  const kept = r.whole.filter((_, index) => r.hls.file(`${SEQUENCE + index}.m4s`)).length;
  assert.ok(kept <= 2 * playlist(r.hls).segments.length + 1);
});

test('memory does not grow with time', () => {
  const r = rig(2, 6);
  let most = 0;
  for (let minute = 0; minute < 10; minute++) {
    r.feed(stream({ from: minute * 60 * S, frames: 1800, gop: 60, video: v, audio: a }));
    r.whole.length = 0;
    assert.ok(mediaOf(r.hls), 'somebody watches');
    if (minute === 0) most = r.hls.facts().bytesHeld;
    assert.ok(r.hls.facts().bytesHeld <= most * 1.05);
  }
  assert.ok(most > 0);
});

test('a life begins with the numbers it is given, which are those that the life before names as next', () => {
  const before = rig(2, 6);
  before.feed(stream({ frames: 900, gop: 60, video: v, audio: a }));
  before.hls.end();
  const old = playlist(before.hls);
  const after = rig(2, 6, NOW + 31_000, before.hls.next);
  after.feed(stream({ from: 31 * S, frames: 130, gop: 60, video: v, audio: a }));
  const { mediaSequence, discontinuitySequence, segments } = playlist(after.hls);
  assert.equal(mediaSequence, old.mediaSequence + old.segments.length, 'segments go on without a gap');
  assert.ok(discontinuitySequence > old.discontinuitySequence, 'another time line has another number');
  assert.equal(segments[0]!.discontinuity, false);
});

test('playlists are rendered once a change', () => {
  const r = rig();
  r.feed(stream({ frames: 130, gop: 60, video: v, audio: a }));
  const [media, multivariant] = [mediaOf(r.hls), r.hls.multivariant()];
  assert.ok(media && multivariant);
  assert.equal(mediaOf(r.hls), media);
  assert.equal(r.hls.multivariant(), multivariant);
  r.feed(stream({ from: 130 * 3000, frames: 20, gop: 60, video: v, audio: a }));
  assert.equal(mediaOf(r.hls), media, 'frames alone change nothing');
  r.feed([video(v, 7 * S, { key: true })]);
  assert.notEqual(mediaOf(r.hls), media);
  assert.notEqual(mediaOf(r.hls)!.etag, media.etag);
});

test('the multivariant playlist: measured rates, an address relative to itself', () => {
  const r = rig();
  r.feed(stream({ frames: 300, gop: 60, video: v, audio: a }));
  const bytes = r.hls.file(`${SEQUENCE}.ts`)!.bytes.length;
  const text = r.hls.multivariant()!.bytes.toString();
  const peak = Number(/[:,]BANDWIDTH=(\d+)/.exec(text)![1]);
  assert.ok(Math.abs(peak / (1.1 * bytes * 4) - 1) < 0.05, 'a tenth above the largest segment');
  assert.match(text, /FRAME-RATE=30\.000\ndemo\/media\.m3u8\n$/);
});

test('those who wait are called once, at the first segment', () => {
  const r = rig();
  const called: string[] = [];
  const note = (name: string) => () => void called.push(name);
  r.hls.whenReady(note('one'));
  r.hls.whenReady(note('gave up'))();
  const giveUpLate = r.hls.whenReady(note('two'));
  r.feed(stream({ frames: 60, gop: 60, video: v, audio: a }));
  assert.deepEqual(called, []);
  r.feed(stream({ from: 2 * S, frames: 200, gop: 60, video: v, audio: a }));
  assert.deepEqual(called, ['one', 'two']);
  giveUpLate();
  r.hls.whenReady(note('at once'));
  assert.deepEqual(called, ['one', 'two', 'at once']);
});

test('those who wait for several segments are called at the last of them, or at the end', () => {
  const r = rig();
  const called: string[] = [];
  r.hls.whenReady(() => called.push('three'), 3);
  r.hls.whenReady(() => called.push('many'), 10);
  r.feed(stream({ frames: 150, gop: 60, video: v, audio: a }));
  assert.deepEqual([r.hls.made, called], [2, []]);
  r.feed(stream({ from: 5 * S, frames: 120, gop: 60, video: v, audio: a }));
  assert.deepEqual(called, ['three']);
  r.hls.end();
  assert.deepEqual(called, ['three', 'many']);
});

test('a stream that ends without a segment lets those who wait go', () => {
  const r = rig();
  let called = 0;
  r.hls.whenReady(() => called++);
  r.hls.end();
  assert.equal(called, 1);
  assert.equal(mediaOf(r.hls), undefined);
  assert.equal(r.hls.multivariant(), undefined);
});

test('a stream shorter than a segment is one segment', () => {
  const r = rig();
  r.feed(stream({ frames: 10, gop: 60, video: v }));
  r.hls.end();
  assert.deepEqual([seconds(r.hls).length, playlist(r.hls).ended], [1, true]);
  assert.ok(Math.abs(seconds(r.hls)[0]! - 1 / 3) < 1e-4);
});

test('after the end everything can be fetched and nothing is written', () => {
  const r = rig();
  r.feed(stream({ frames: 130, gop: 60, video: v, audio: a }));
  r.hls.end();
  r.hls.end();
  r.feed(stream({ from: 20 * S, frames: 130, gop: 60, video: v, audio: a, epoch: 1 }));
  const { segments, ended } = playlist(r.hls);
  assert.equal(ended, true);
  assert.equal(segments.length, 3);
  assert.ok(segments.every((segment) => r.hls.file(segment.uri)));
});

test('a track that the container cannot carry is left out of it, in words', () => {
  const r = rig();
  const limited = audioTrack([0xb9, 0x90, 0]); // object type 23
  r.feed(stream({ frames: 130, gop: 60, video: v, audio: limited }));
  assert.match(r.hls.facts().problem ?? '', /23/, 'why');
  const text = r.hls.multivariant()!.bytes.toString();
  assert.match(text, /CODECS="avc1.64001F"/, 'MPEG-TS has the picture alone');
  assert.match(
    r.hls.multivariant({ container: 'fmp4', dvr: true })!.bytes.toString(),
    /,mp4a/,
    'CMAF has both',
  );
});

test('facts', () => {
  const r = rig();
  assert.deepEqual(r.hls.facts(), {
    segments: 0,
    lastSegmentSeconds: 0,
    windowSeconds: 0,
    targetDuration: undefined,
    bytesHeld: 0,
    framesDropped: 0,
    independent: true,
    problem: undefined,
  });
  r.feed(stream({ frames: 130, gop: 60, video: v }));
  const { segments, lastSegmentSeconds, windowSeconds, targetDuration, bytesHeld } = r.hls.facts();
  assert.deepEqual([segments, lastSegmentSeconds, windowSeconds, targetDuration], [2, 2, 4, 2]);
  assert.ok(bytesHeld > 0);
});

test('one picture a second, or one in two, is slow and not stalled: no scraps of segments', () => {
  for (const interval of [S, 2 * S]) {
    const r = rig();
    const frames = Array.from({ length: 40 }, (_, index) =>
      video(v, index * interval, { key: index % 4 === 0 }),
    );
    const last = 39 * interval;
    const sounds = Array.from({ length: Math.floor(last / 1920) }, (_, index) => audio(a, index * 1920));
    r.feed([...frames, ...sounds].sort((one, other) => one.dts - other.dts));
    const { segments, independent } = playlist(r.hls);
    assert.ok(independent, `every ${interval / S} s`);
    assert.ok(segments.length >= 3);
    for (const { seconds: length } of segments) assert.ok(length >= 3.9, `${length} s`);
  }
});

test('a publisher whose clock stands still does not fill the memory', () => {
  const r = rig();
  const payload = video(v, 0, { key: true, size: 1024 * 1024 }).payload;
  for (let index = 0; index < 700; index++) r.feed([video(v, index, { key: true, payload })]);
  const { bytesHeld } = r.hls.facts();
  assert.ok(bytesHeld < 400 * 1024 * 1024, `${bytesHeld} bytes of 700 MiB`);
});

test('who waits for the first segment when the stream ends is given a playlist with the end mark', () => {
  const r = rig();
  r.feed(stream({ frames: 10, gop: 60, video: v, audio: a }));
  const given: string[] = [];
  r.hls.whenReady(() => given.push(mediaOf(r.hls)?.bytes.toString() ?? 'none'));
  assert.deepEqual(given, [], 'no segment yet');
  r.hls.end();
  assert.equal(given.length, 1, 'called once');
  assert.match(given[0]!, /\.ts\n#EXT-X-ENDLIST\n$/);
});
