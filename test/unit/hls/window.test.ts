import assert from 'node:assert/strict';
import test from 'node:test';
import { ticks } from '../../../src/media/time.ts';
import { KeptFrames } from '../../../src/outputs/hls/kept-frames.ts';
import { SegmentWindow } from '../../../src/outputs/hls/window.ts';

/** A segment of one part. */
function add(window: SegmentWindow, seconds: number): void {
  const head = {
    tracks: {},
    discontinuity: false,
    independent: true,
    programDateTime: 0,
    epoch: 0,
    movieStart: ticks(0),
  };
  const init = { number: 0, tracks: {}, bytes: Buffer.alloc(0) };
  const duration = seconds * 90_000;
  window.open(head, () => init);
  const bytes = Buffer.alloc(188);
  window.add({ duration, independent: true, bytes, frames: new KeptFrames(), firstFrame: 0, endFrame: 0 });
  window.close({ duration, videoFrames: 1 }, 2);
}

for (const [what, lengths] of [
  ['even segments', [2]],
  ['segments of many lengths', [2, 1, 2.4, 0.5, 2, 1.7]],
] as const) {
  test(`a segment that has left the playlist stays for its length and that of the longest playlist it was in: ${what}`, () => {
    const window = new SegmentWindow({ size: 6, first: { sequence: 0, discontinuity: 0 } });
    const longest = new Map<number, number>();
    const until = new Map<number, number>();
    let now = 0;
    let forgotten = 0;
    for (let index = 0; index < 200; index++) {
      const seconds = lengths[index % lengths.length]!;
      const before = window.segments;
      const listed = [...before];
      add(window, seconds);
      now += seconds;
      for (const { sequence: name, duration } of listed) {
        if (window.segments.some((one) => one.sequence === name)) continue;
        until.set(name, now + duration / 90_000 + longest.get(name)!);
      }
      const length = window.segments.reduce((sum, one) => sum + one.duration, 0) / 90_000;
      for (const { sequence: name } of window.segments)
        longest.set(name, Math.max(length, longest.get(name) ?? 0));
      for (const [name, end] of until) {
        const isThere = window.find(name) !== undefined;
        assert.ok(
          isThere || now >= end - 1e-6,
          `segment ${name} is gone at ${now} s, and had to stay until ${end} s`,
        );
        if (!isThere) forgotten++;
      }
    }
    assert.ok(forgotten > 100, 'nothing is ever forgotten');
    assert.ok(window.bytes < 40 * 188, `${window.bytes / 188} segments are kept`);
  });
}
