import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AmfObject } from '../../../src/amf/value.ts';
import type { Frame } from '../../../src/media/frame.ts';
import { ticksFromMs } from '../../../src/media/time.ts';
import { Stream } from '../../../src/stream/stream.ts';
import { Viewer } from '../../../src/stream/viewer.ts';
import { AUDIO, audioTrack, inter, key, sound, VIDEO, videoTrack } from '../../support/media.ts';
import { RecordingSink } from '../../support/recording-sink.ts';
import { nameOf, publisherFrom, Stage } from '../../support/stage.ts';
import { textFormat } from '../../support/text-format.ts';

test('a viewer who comes before the first frames is admitted once both tracks are known', () => {
  const stage = new Stage();
  const { sink } = stage.join(textFormat());
  stage.send(key(0));
  stage.send(inter(40), inter(80));
  assert.equal(sink.writes.length, 0, 'a header now would promise pictures only');
  stage.send(inter(120), sound(125));
  assert.equal(sink.text, 'H[va] C[v]0 C[a]0 K200 P240 P280 P320 A325');
  assert.equal(sink.writes.length, 1);
});

test('or after a second of media if only one kind comes', () => {
  const alone = (at: number) => sound(at, { alone: true });
  for (const { first, next, begins } of [
    { first: key, next: inter, begins: 'H[v] C[v]0 K200 P1199 P1200' },
    // The cache of sound alone has just begun its next second.
    { first: alone, next: alone, begins: 'H[a] C[a]0 A200' },
  ]) {
    const stage = new Stage();
    const { sink } = stage.join(textFormat());
    stage.send(first(0));
    stage.send(next(999));
    stage.time.advance(1000);
    stage.stream.flush();
    assert.equal(sink.writes.length, 0, 'just before');
    stage.send(next(1000));
    stage.time.advance(1000);
    stage.stream.flush();
    assert.equal(sink.text, begins);
    assert.equal(sink.writes.length, 1);
  }
});

test('a viewer who leaves before it was admitted is never written to', () => {
  const stage = new Stage();
  const { sink, viewer } = stage.join(textFormat());
  stage.stream.leave(viewer);
  stage.send(key(0), sound(0));
  assert.equal(sink.writes.length, 0);
});

test('a viewer who was told to go before it was admitted stays closed', () => {
  const stage = new Stage();
  const { sink, viewer } = stage.join(textFormat());
  viewer.close('kicked');
  stage.send(key(0), sound(0));
  stage.send(inter(40));
  assert.deepEqual([viewer.state, sink.writes.length, sink.closed], ['closed', 0, ['kicked']]);
});

test('facts come from frames, not from what the publisher says', () => {
  const stage = new Stage();
  stage.publication.describe(AmfObject.of({ hasAudio: true, encoder: 'x' }));
  assert.deepEqual(stage.stream.facts.tracks, {});
  stage.send(key(0));
  assert.deepEqual(stage.stream.facts.tracks, { video: VIDEO });
  assert.equal(stage.stream.facts.metadata?.get('encoder'), 'x');
});

test('a released publication can no longer do anything; the next one goes on where it stopped', () => {
  const stage = new Stage();
  const seen: Frame[] = [];
  stage.stream.attach({ write: (frame) => seen.push(frame), flush: () => undefined, end: () => undefined });
  const former = stage.publication;
  const reasons: string[] = [];
  assert.deepEqual([former.origin, former.formerTracks], [0, {}]);
  assert.equal(former.newEpoch(), 1);
  stage.send(key(0), sound(100));
  former.release('done');
  assert.deepEqual([stage.stream.state, stage.stream.publisher], ['grace', undefined]);

  const next = stage.stream.publish(publisherFrom(), (reason) => reasons.push(reason));
  assert.equal(next.origin, ticksFromMs(140), 'behind the newest frame, whichever track it was of');
  assert.equal(next.formerTracks.video, VIDEO);
  assert.equal(next.formerTracks.audio, AUDIO);
  assert.equal(stage.stream.state, 'live');

  former.write(key(9999));
  former.describe(AmfObject.of({ encoder: 'ghost' }));
  former.release('again');
  former.flush();
  assert.equal(former.newEpoch(), 1, 'nor begin a time line');
  assert.equal(seen.length, 2);
  assert.deepEqual([stage.stream.facts.metadata, stage.stream.state, reasons], [undefined, 'live', []]);
  assert.equal(next.newEpoch(), 2);
  next.release('bye');
  next.release('bye again');
  assert.deepEqual(reasons, ['bye']);
});

test('tracks are remembered over publishers that sent nothing, or only one kind', () => {
  const stage = new Stage();
  stage.send(key(0), sound(0));
  stage.publish();
  assert.equal(stage.publish().formerTracks.video, VIDEO);
  const other = videoTrack('w');
  stage.send(key(1000, { track: other }));
  assert.deepEqual(stage.stream.facts.tracks, { video: other });
  const { formerTracks } = stage.publish();
  assert.equal(formerTracks.video, other);
  assert.equal(formerTracks.audio, AUDIO);
});

test('viewers live on through a republish: no header again, no configuration that did not change', () => {
  const stage = new Stage();
  const { sink } = stage.join(textFormat());
  stage.send(key(0), sound(0));
  stage.publication.release('gone');
  stage.publish();
  stage.send(key(500, { epoch: 2 }), sound(505, { epoch: 2 }));
  assert.equal(sink.text, 'H[va] C[v]0 C[a]0 K200 A200 K700 A705');
  stage.publish();
  stage.send(key(900, { track: videoTrack('w') }), sound(905));
  assert.ok(sink.text.endsWith(' C[w]1100 K1100 A1105'), sink.text);
  assert.deepEqual(sink.closed, []);
});

for (const batchMs of [0, 350]) {
  test(`a viewer who joins after a republish sees nothing of the publisher before (batches of ${batchMs} ms)`, () => {
    const stage = new Stage(batchMs);
    const format = textFormat();
    const old = stage.join(format);
    stage.send(key(0), sound(0));
    stage.time.advance(1000);
    stage.stream.flush();
    stage.publish();
    const early = stage.join(format);
    stage.time.advance(1000);
    stage.send(key(500, { track: videoTrack('w') }), sound(505, { track: audioTrack('b') }));
    const late = stage.join(format);
    stage.time.advance(1000);
    stage.stream.flush();
    assert.ok(old.sink.text.endsWith('C[w]700 K700 C[b]705 A705'), old.sink.text);
    for (const { sink } of [early, late]) {
      assert.ok(!/K200|A200|C\[v\]/.test(sink.text), sink.text);
      assert.match(sink.text, /^H\[wb\] C\[w\]0 /);
      assert.match(sink.text, / K700 .*A705$/);
    }
  });
}

test('after a republish, too, nobody is admitted before both tracks are known', () => {
  const stage = new Stage();
  const format = textFormat();
  stage.send(key(0), sound(0));
  stage.publish();
  const { sink } = stage.join(format);
  stage.send(key(500));
  assert.equal(sink.writes.length, 0);
  stage.send(inter(540), sound(545));
  assert.match(sink.text, /^H\[va\] C\[v\]/);
});

test('a new publisher that begins with pictures that need others: nothing of the old GOP is given out', () => {
  const stage = new Stage();
  const format = textFormat();
  stage.send(key(0), sound(0));
  stage.join(format);
  stage.publish();
  stage.send(inter(500), sound(505));
  const { sink } = stage.join(format);
  stage.send(inter(540));
  assert.equal(sink.writes.length, 0);
  stage.send(key(580), sound(585));
  assert.equal(sink.text, 'H[va] C[v]0 C[a]0 K780 A785');
});

test('a track that only the former publisher sent is not promised to new viewers; it may come back', () => {
  const stage = new Stage();
  const format = textFormat();
  const old = stage.join(format);
  stage.send(key(0), sound(0));
  stage.publish();
  stage.send(key(500));
  stage.send(inter(1500));
  const late = stage.join(format);
  assert.equal(late.sink.text, 'H[v] C[v]0 K700 P1700');
  stage.send(inter(1540), sound(1545));
  assert.ok(late.sink.text.endsWith('P1740 C[a]1745 A1745'), late.sink.text);
  assert.ok(old.sink.text.endsWith('C[a]1745 A1745'));
});

test('what is held for company goes out when the stream ends', () => {
  for (const batchMs of [0, 350]) {
    const stage = new Stage(batchMs);
    stage.send(key(0), sound(0));
    const { sink } = stage.join(textFormat());
    stage.send(sound(21));
    stage.stream.end('shutting down');
    assert.ok(sink.text.endsWith('A221'), sink.text);
    assert.deepEqual(sink.closed, ['shutting down']);
  }
});

test('the end closes everybody once, kicks the publisher and stops everything', () => {
  const stream = new Stream(nameOf('live/show'), { now: () => 0, clock: () => 7, batchMs: 0 });
  assert.deepEqual([stream.startedAt, stream.state], [7, 'grace']);
  const publisher = publisherFrom();
  const released: string[] = [];
  const publication = stream.publish(publisher, (reason) => released.push(reason));
  const ends: string[] = [];
  let written = 0;
  stream.attach({ write: () => written++, flush: () => undefined, end: (reason) => ends.push(reason) });
  const format = textFormat();
  const watch = (): RecordingSink => {
    const sink = new RecordingSink();
    stream.join(format, new Viewer(sink), true);
    return sink;
  };
  const early = watch();
  publication.write(key(0));
  publication.write(sound(0));
  publication.flush();
  const live = watch();
  publication.write(inter(40));
  stream.end('stream ended');
  stream.end('shutting down');
  publication.write(inter(80));
  publication.release('late');
  const tooLate = watch();
  for (const sink of [early, live, tooLate]) assert.deepEqual(sink.closed, ['stream ended']);
  assert.ok(live.text.endsWith('P240'), 'what was written before is passed on');
  assert.deepEqual([ends, publisher.kicks, released, written], [['stream ended'], ['stream ended'], [], 3]);
  assert.deepEqual([stream.state, stream.publisher], ['ended', undefined]);
});

test('sinks get every frame in the order of arrival, also when nobody watches', () => {
  const stage = new Stage();
  const seen: Frame[] = [];
  let flushes = 0;
  stage.stream.attach({ write: (frame) => seen.push(frame), flush: () => flushes++, end: () => undefined });
  const frames = [sound(0), key(10), sound(5), inter(50)];
  stage.send(...frames);
  assert.deepEqual(seen, frames);
  assert.equal(flushes, 1);
});

test('a track that has gone silent is not promised to new viewers, and comes back in line', () => {
  const stage = new Stage();
  const format = textFormat();
  stage.send(key(0), sound(5));
  for (const time of [1000, 2000, 3000]) stage.send(key(time));
  assert.match(stage.join(format).sink.text, /^H\[va\] /, 'three seconds of silence are borne');
  stage.send(key(4000));
  const late = stage.join(format);
  assert.match(late.sink.text, /^H\[v\] C\[v\]0 K/);
  assert.ok(!late.sink.text.includes('C[a]'), late.sink.text);
  stage.send(sound(4010), inter(4040));
  assert.match(late.sink.text, /C\[a\]\d+ A\d+ P\d+$/);
});

test('a picture that has gone is not promised to new viewers, who get the sound; and comes back in line', () => {
  const stage = new Stage();
  const format = textFormat();
  stage.send(key(0), sound(5), inter(40), sound(45));
  const early = stage.join(format);
  for (let time = 12_100; time <= 14_000; time += 100) {
    stage.send(sound(time, { alone: true }));
    stage.time.advance(100);
    stage.stream.flush();
  }
  assert.deepEqual(Object.keys(stage.stream.facts.tracks), ['audio']);
  const late = stage.join(format);
  stage.send(sound(14_021, { alone: true }), inter(14_040), key(14_080), sound(14_090));
  stage.time.advance(1000);
  stage.stream.flush();
  assert.deepEqual(Object.keys(stage.stream.facts.tracks).sort(), ['audio', 'video']);
  assert.match(late.sink.text, /^H\[a\] C\[a\]\d+ (?:A\d+ )+C\[v\]\d+ (?:P\d+ )?K\d+ A\d+$/);
  assert.match(early.sink.text, /K\d+ A\d+$/, 'whoever was there all the time');
});
