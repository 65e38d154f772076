import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FlvClock, wallClockOf } from '../../../public/player/flv-clock.ts';
import { ClockFit } from '../../../public/player/server-clock.ts';

test('half of the way there and back is the way back, and the browser’s own date does not count', () => {
  const fit = new ClockFit();
  assert.equal(fit.at(0), undefined, 'nothing has answered');
  fit.heard({ sentAt: 1000, cameAt: 1080, serverNow: 5_000_000 });
  assert.equal(fit.at(1040), 5_000_000);
  assert.equal(fit.at(2040), 5_001_000);
});

test('the quickest answer is believed, until it is long ago', () => {
  const fit = new ClockFit();
  fit.heard({ sentAt: 0, cameAt: 900, serverNow: 10_000 });
  fit.heard({ sentAt: 1000, cameAt: 1010, serverNow: 11_005 });
  fit.heard({ sentAt: 2000, cameAt: 2600, serverNow: 99_999 });
  assert.equal(fit.at(1005), 11_005);
  for (let i = 0; i < 5; i++) fit.heard({ sentAt: 3000 + i, cameAt: 3100 + i, serverNow: 23_050 + i });
  assert.equal(fit.at(3050), 23_050, 'clocks drift apart, so that old answers are forgotten');
});

test('an answer that came before it was asked for, or that is no number, is none', () => {
  const fit = new ClockFit();
  fit.heard({ sentAt: 10, cameAt: 5, serverNow: 1 });
  fit.heard({ sentAt: 10, cameAt: 15, serverNow: NaN });
  assert.equal(fit.at(20), undefined);
});

test('a mark says when the picture at its place came in, and so for all pictures after it', () => {
  const clock = new FlvClock();
  assert.equal(clock.at(3), undefined);
  clock.heard(1_000_000, 0);
  assert.equal(clock.at(2.5), 1_002_500);
});

test('one mark that came while the buffer was being filled does not count', () => {
  const clock = new FlvClock();
  clock.heard(1_000_000, 0);
  clock.heard(1_002_000, 2);
  clock.heard(1_004_000, 2.1); // two seconds of frames were not in the buffer yet
  clock.heard(1_006_000, 6);
  clock.heard(1_008_000, 8);
  assert.equal(clock.at(10), 1_010_000);
});

test('a publisher’s clock that jumped is followed', () => {
  const clock = new FlvClock();
  for (let i = 0; i < 5; i++) clock.heard(1_000_000 + i * 2000, i * 2);
  for (let i = 5; i < 10; i++) clock.heard(1_000_000 + i * 2000 + 30_000, i * 2);
  assert.equal(clock.at(20), 1_050_000);
});

test('only marks are marks', () => {
  assert.equal(wallClockOf({ onClock: { wallClock: 1_700_000_000_000 } }), 1_700_000_000_000);
  for (const data of [
    undefined,
    null,
    {},
    { onMetaData: { width: 1 } },
    { onClock: null },
    { onClock: { wallClock: 'now' } },
    { onClock: { wallClock: -1 } },
  ])
    assert.equal(wallClockOf(data), undefined, JSON.stringify(data));
  const clock = new FlvClock();
  clock.heard(NaN, 1);
  clock.heard(1, Infinity);
  assert.equal(clock.at(1), undefined);
});
