import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AmfObject } from '../../../src/amf/value.ts';
import type { Frame } from '../../../src/media/frame.ts';
import { audioTrack, data, inter, key, sound, videoTrack } from '../../support/media.ts';
import { Stage, type Watched } from '../../support/stage.ts';
import { textFormat } from '../../support/text-format.ts';

const last = ({ sink }: Watched): Buffer[] => sink.writes.at(-1) ?? [];
const sinceWrite = ({ sink }: Watched, from: number): string =>
  Buffer.concat(sink.writes.slice(from).flat()).toString().trim();

test('all viewers of a batch get the one same Buffer, and each frame is made once', () => {
  const stage = new Stage();
  const format = textFormat();
  stage.send(key(0), sound(0));
  const viewers = [stage.join(format), stage.join(format), stage.join(format, { fromGop: false })];
  stage.send(key(40), sound(45));
  const made = format.written;
  stage.send(inter(80), sound(66), inter(120));
  assert.equal(format.written, made + 3);
  const [first, ...others] = viewers;
  assert.equal(last(first!).length, 1);
  for (const other of others) {
    assert.equal(last(other).length, 1);
    assert.equal(last(other)[0], last(first!)[0], 'the same object, not the same bytes');
  }
  assert.equal(last(first!)[0]?.toString(), 'P280 A266 P320 ');
});

test('a joiner gets header, configurations and the GOP in one write; from then on the others’ buffers', () => {
  const stage = new Stage();
  const format = textFormat();
  stage.send(key(0), sound(0));
  const early = stage.join(format);
  stage.send(inter(40), sound(21));
  stage.send(inter(80), sound(42));
  const late = stage.join(format);
  assert.equal(late.sink.writes.length, 1);
  assert.equal(late.sink.text, 'H[va] C[v]0 C[a]0 K200 A200 P240 A221 P280 A242');
  stage.send(inter(120));
  assert.equal(last(late)[0], last(early)[0]);
  assert.equal(late.sink.text, early.sink.text);
  const later = stage.join(format);
  const shared = new Set(late.sink.buffers);
  assert.ok(
    later.sink.buffers.every((bytes) => shared.has(bytes)),
    'the cache is shared, not copied',
  );
});

test('frames of the open batch reach a joiner once', () => {
  const stage = new Stage(350);
  const format = textFormat();
  stage.send(key(0), sound(0));
  const first = stage.join(format);
  stage.time.advance(100);
  stage.send(inter(40), sound(40));
  const second = stage.join(format);
  stage.time.advance(350);
  stage.stream.flush();
  for (const { sink } of [first, second]) assert.equal(sink.text, 'H[va] C[v]0 C[a]0 K200 A200 P240 A240');
});

test('?gop=0 waits for the next key frame and starts exactly there', () => {
  const stage = new Stage();
  const format = textFormat();
  stage.send(key(0), sound(0), inter(40));
  const live = stage.join(format, { fromGop: false });
  stage.send(inter(80), sound(60));
  assert.deepEqual([live.viewer.state, live.sink.writes.length], ['joining', 0]);
  stage.send(sound(81), key(120), sound(102));
  // The new viewer made this wire, whose zero lies with the GOP that was there.
  assert.equal(live.sink.text, 'H[va] C[v]0 C[a]0 K320 A302');
  assert.equal(live.sink.writes.length, 1);
});

test('batchMs 0: a batch closes with each flush that has a picture; sound waits for company, 40 ms at most', () => {
  const stage = new Stage(0);
  const format = textFormat();
  stage.send(key(0), sound(0));
  const viewer = stage.join(format);
  const start = viewer.sink.writes.length;
  stage.send(sound(21));
  stage.time.advance(20);
  stage.send(sound(42));
  assert.equal(viewer.sink.writes.length, start, 'sound is held');
  stage.send(inter(40));
  assert.equal(viewer.sink.writes.length, start + 1, 'and rides along with the picture');
  assert.equal(sinceWrite(viewer, start), 'A221 A242 P240');
  stage.send(sound(64));
  stage.time.advance(39);
  stage.stream.flush();
  assert.equal(viewer.sink.writes.length, start + 1, 'just before');
  stage.time.advance(1);
  stage.stream.flush();
  assert.equal(viewer.sink.writes.length, start + 2, 'by age, without a picture');
  stage.send(inter(80));
  stage.send(inter(120));
  assert.equal(viewer.sink.writes.length, start + 4, 'one write for each picture');
  stage.stream.flush();
  assert.equal(viewer.sink.writes.length, start + 4, 'nothing open, nothing written');
});

test('batchMs 350: a batch closes by its age', () => {
  const stage = new Stage(350);
  const format = textFormat();
  stage.send(key(0), sound(0));
  const viewer = stage.join(format);
  const start = viewer.sink.writes.length;
  stage.send(inter(40));
  for (let at = 80; at <= 360; at += 40) {
    stage.time.advance(40);
    stage.send(inter(at));
  }
  stage.time.advance(349 - 320);
  stage.stream.flush();
  assert.equal(viewer.sink.writes.length, start, 'just before');
  stage.time.advance(1);
  stage.stream.flush();
  assert.equal(viewer.sink.writes.length, start + 1);
  assert.equal(last(viewer)[0]?.toString(), 'P240 P280 P320 P360 P400 P440 P480 P520 P560 ');
});

test('batchMs 350: what a publisher sends ahead of time does not become one batch of any size', () => {
  const stage = new Stage(350);
  const format = textFormat();
  stage.send(key(0), sound(0));
  const viewer = stage.join(format);
  const start = viewer.sink.writes.length;
  for (let at = 40; at <= 240; at += 40) stage.send(inter(at, { bytes: 50_000 }));
  assert.equal(viewer.sink.writes.length, start + 1, '300 kB in no time');
  stage.send(inter(280));
  assert.equal(viewer.sink.writes.length, start + 1, 'the next one waits again');
});

test('several key frames in one batch: a joiner starts at the last of them', () => {
  const stage = new Stage();
  const format = textFormat();
  stage.send(key(0), sound(0));
  const live = stage.join(format);
  const joining = stage.join(format, { fromGop: false });
  stage.send(key(40), sound(45), inter(80), key(120), sound(125));
  assert.equal(joining.sink.text, 'H[va] C[v]0 C[a]0 K320 A325');
  assert.equal(last(live)[0]?.toString(), 'K240 A245 P280 K320 A325 ');
  assert.equal(stage.join(format).sink.text, joining.sink.text);
});

test('a viewer who falls behind loses whole GOPs and goes on at a key frame with the configurations', () => {
  const stage = new Stage();
  const format = textFormat();
  stage.send(key(0), sound(0));
  const slow = stage.join(format, { limits: { queueBytes: 1000, lagMs: 5000 } });
  const quick = stage.join(format);
  stage.send(inter(40));
  const start = slow.sink.writes.length;
  slow.sink.queuedBytes = 1001;
  stage.send(inter(80), sound(85));
  slow.sink.queuedBytes = 0;
  stage.send(inter(120), sound(125));
  stage.send(sound(160), key(165), sound(170));
  stage.send(inter(200));
  assert.equal(sinceWrite(slow, start), 'C[v]365 C[a]365 K365 A370 P400');
  assert.equal(last(slow)[0], last(quick)[0], 'and then shares with the others again');
  assert.equal(quick.viewer.lags, 0);
  assert.ok(quick.sink.text.endsWith('P280 A285 P320 A325 A360 K365 A370 P400'), 'nobody else lost a frame');
});

test('a viewer who reads nothing is closed; the others go on', () => {
  const stage = new Stage();
  const format = textFormat();
  stage.send(key(0), sound(0));
  const dead = stage.join(format, { limits: { queueBytes: 1000, lagMs: 5000 } });
  const quick = stage.join(format);
  dead.sink.queuedBytes = 5000;
  const given = dead.sink.writes.length;
  for (let at = 40; at <= 10_000; at += 40) {
    stage.time.advance(40);
    stage.send(at % 2000 === 0 ? key(at) : inter(at));
  }
  assert.deepEqual(dead.sink.closed, ['too slow']);
  assert.equal(dead.sink.writes.length, given, 'nothing was heaped up for it');
  assert.equal(quick.sink.writes.length, 1 + 250);
});

test('each format is made only if somebody watches in it, and no longer when nobody does', () => {
  const stage = new Stage();
  const one = textFormat({ id: 'one' });
  const two = textFormat({ id: 'two' });
  stage.send(key(0), sound(0), inter(40));
  assert.equal(one.written + two.written, 0, 'nobody watches');
  const first = stage.join(one);
  const second = stage.join(two);
  stage.send(inter(80));
  assert.deepEqual([one.written, two.written], [4, 4], 'the GOP so far and the new frame');
  assert.equal(first.sink.text, second.sink.text);
  stage.stream.leave(second.viewer);
  stage.send(inter(120));
  assert.deepEqual([one.written, two.written], [5, 4]);
  const again = stage.join(two);
  assert.equal(again.sink.text, first.sink.text, 'a later one starts as if it had never stopped');
});

test('a late track, and a changed configuration: in line, in front of the first frame of it, once', () => {
  const stage = new Stage();
  const format = textFormat();
  const changed = videoTrack('w');
  stage.send(key(0));
  stage.send(inter(1000));
  const viewer = stage.join(format);
  assert.equal(viewer.sink.text, 'H[v] C[v]0 K200 P1200');
  stage.send(sound(1010), inter(1040));
  stage.send(sound(1030), inter(1080));
  stage.send(key(2000, { track: changed }), sound(2010));
  stage.send(key(3000, { track: changed }), sound(3010));
  assert.equal(sinceWrite(viewer, 1), 'C[a]1210 A1210 P1240 A1230 P1280 C[w]2200 K2200 A2210 K3200 A3210');
  assert.equal(stage.join(format).sink.text, 'H[wa] C[w]0 C[a]0 K3200 A3210');
});

test('the header tells a joiner of a track that came after the GOP began', () => {
  const stage = new Stage();
  const format = textFormat();
  stage.send(key(0));
  stage.send(inter(1000));
  stage.join(format);
  stage.send(sound(1010), inter(1040));
  const { sink } = stage.join(format);
  assert.equal(sink.text, 'H[va] C[v]0 K200 P1200 C[a]1210 A1210 P1240');
});

test('a configuration that changes between key frames: a joiner gets the old one first, then the new', () => {
  const stage = new Stage();
  const format = textFormat();
  stage.send(key(0), sound(0));
  stage.join(format);
  stage.send(inter(40), sound(21, { track: audioTrack('b') }));
  assert.equal(stage.join(format).sink.text, 'H[vb] C[v]0 C[a]0 K200 A200 P240 C[b]221 A221');
});

test('a format that does not want pictures starts with any sound', () => {
  const stage = new Stage();
  const format = textFormat({ wants: (frame: Frame) => frame.kind !== 'video' });
  stage.send(key(0), sound(0));
  stage.send(inter(40), sound(21));
  stage.time.advance(100);
  const first = stage.join(format);
  assert.equal(first.sink.text, 'H[va] C[a]0 A200 A221');
  stage.time.advance(100);
  stage.send(sound(42));
  stage.time.advance(100);
  stage.send(sound(64));
  assert.ok(!first.sink.text.includes('K') && first.sink.text.endsWith('A242 A264'), first.sink.text);
  const second = stage.join(format);
  assert.match(second.sink.text, /^H\[va\] C\[a\]0 A\d+( A\d+)?$/);
});

test('sound alone: held for 40 ms, and a joiner gets a second of it at most', () => {
  const stage = new Stage();
  const format = textFormat();
  for (let count = 0; count < 100; count++) {
    stage.time.advance(21);
    stage.send(sound(count * 21, { alone: true }));
  }
  const { sink } = stage.join(format);
  const given = sink.text.split(' ').filter((word) => word.startsWith('A'));
  assert.ok(given.length > 0 && given.length <= 48, `${given.length} frames`);
  const before = sink.writes.length;
  for (let count = 100; count < 200; count++) {
    stage.time.advance(21);
    stage.send(sound(count * 21, { alone: true }));
  }
  const writes = sink.writes.length - before;
  assert.ok(writes <= 50, `two frames and more to a write, not ${100 / writes}`);
  assert.equal(sink.text.match(/A\d+/g)?.length, given.length + 100 - (sink.text.endsWith('A4379') ? 0 : 1));
});

test('data travels in its place', () => {
  const stage = new Stage();
  const format = textFormat();
  stage.send(key(0), sound(0));
  const { sink } = stage.join(format);
  stage.send(data(10), inter(40));
  assert.ok(sink.text.endsWith('A200 D210 P240'));
});

test('metadata of one batch say each what they were, in their turn', () => {
  const stage = new Stage(350);
  const format = textFormat();
  stage.send(key(0), sound(0));
  const { sink } = stage.join(format);
  for (const [at, title] of [
    [10, 'first'],
    [20, 'second'],
  ] as const) {
    stage.publication.describe(AmfObject.of({ title }));
    stage.send({ ...data(at), name: 'onMetaData' }, inter(at + 20));
  }
  stage.time.advance(350);
  stage.stream.flush();
  assert.ok(sink.text.endsWith('A200 M[va:first]210 P230 M[va:second]220 P240'), sink.text);
});

test('a GOP that grew too long gives joiners nothing until the next key frame', () => {
  const stage = new Stage();
  const format = textFormat();
  stage.send(key(0), sound(0));
  const { sink: live } = stage.join(format);
  stage.send(inter(20_000), sound(20_010));
  stage.send(inter(31_000), sound(31_010));
  const late = stage.join(format);
  assert.deepEqual([late.viewer.state, late.sink.writes.length], ['joining', 0]);
  stage.send(inter(32_000));
  assert.equal(late.sink.writes.length, 0);
  stage.send(key(33_000), sound(33_010));
  assert.equal(late.sink.text, 'H[va] C[v]0 C[a]0 K33200 A33210');
  assert.ok(live.text.includes('P31200 A31210 P32200'), 'who is live does not notice');
});

test('bytes out are counted past the end of viewers and of wires', () => {
  const stage = new Stage();
  const format = textFormat();
  stage.send(key(0), sound(0));
  const [one, two] = [stage.join(format), stage.join(format)];
  const [fanout] = stage.stream.fanouts;
  assert.ok(fanout);
  assert.equal(fanout.viewerCount, 2);
  stage.send(inter(40));
  const total = one.viewer.bytesOut + two.viewer.bytesOut;
  assert.ok(total > 0);
  assert.equal(fanout.bytesOut, total);
  stage.stream.leave(one.viewer);
  assert.equal(fanout.bytesOut, total);
  stage.stream.leave(two.viewer);
  stage.stream.leave(two.viewer);
  assert.deepEqual([fanout.bytesOut, fanout.viewerCount, [...fanout.viewers()].length], [total, 0, 0]);
  const three = stage.join(format);
  assert.deepEqual(stage.stream.bytesOut, { text: total + three.viewer.bytesOut });
});

test('frames just before the wire’s first do not get a time below zero', () => {
  const stage = new Stage();
  const format = textFormat();
  stage.send(key(1000), sound(900), sound(795), sound(700));
  assert.equal(stage.join(format).sink.text, 'H[va] C[v]0 C[a]0 K200 A100 A0 A0');
});
