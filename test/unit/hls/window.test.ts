import assert from 'node:assert/strict';
import test from 'node:test';
import type { Segment } from '../../../src/outputs/hls/segment.ts';
import { SegmentWindow } from '../../../src/outputs/hls/window.ts';

const segmentOf = (seconds: number): Segment => ({
  bytes: Buffer.alloc(188),
  duration: seconds * 90_000,
  tracks: {},
  discontinuity: false,
  independent: true,
  programDateTime: 0,
  videoFrames: 1,
});

for (const [what, lengths] of [
  ['even segments', [2]],
  ['segments of many lengths', [2, 1, 2.4, 0.5, 2, 1.7]],
] as const) {
  test(`a segment that has left the playlist stays for its length and that of the longest playlist it was in: ${what}`, () => {
    const window = new SegmentWindow(6, 2, { sequence: 0, discontinuity: 0 });
    const longest = new Map<string, number>();
    const until = new Map<string, number>();
    let now = 0;
    let forgotten = 0;
    for (let index = 0; index < 200; index++) {
      const seconds = lengths[index % lengths.length]!;
      const before = window.segments;
      const listed = [...before];
      window.add(segmentOf(seconds));
      now += seconds;
      for (const { name, duration } of listed) {
        if (window.segments.some((one) => one.name === name)) continue;
        until.set(name, now + duration / 90_000 + longest.get(name)!);
      }
      const length = window.segments.reduce((sum, one) => sum + one.duration, 0) / 90_000;
      for (const { name } of window.segments) longest.set(name, Math.max(length, longest.get(name) ?? 0));
      for (const [name, end] of until) {
        const isThere = window.find(name) !== undefined;
        assert.ok(
          isThere || now >= end - 1e-6,
          `${name} is gone at ${now} s, and had to stay until ${end} s`,
        );
        if (!isThere) forgotten++;
      }
    }
    assert.ok(forgotten > 100, 'nothing is ever forgotten');
    assert.ok(window.bytes < 40 * 188, `${window.bytes / 188} segments are kept`);
  });
}
