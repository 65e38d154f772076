import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Examining } from '../../../src/app/examining.ts';
import { EventFeed, type GatewayEvent } from '../../../src/observe/events.ts';
import { inter, key } from '../../support/media.ts';
import { recordingLog } from '../../support/recording-log.ts';
import { Stage } from '../../support/stage.ts';

function bench() {
  const { log, lines } = recordingLog();
  const events: GatewayEvent[] = [];
  const feed = new EventFeed('run', () => 0);
  feed.listen((event) => events.push(event));
  const stage = new Stage();
  let now = 0;
  const examining = new Examining({ feed, now: () => now, clock: () => now, log });
  examining.open(stage.stream);
  /** Pictures alone, without a second key frame, in real time. */
  const run = (seconds: number): void => {
    for (let frame = 0; frame < seconds * 30; frame++) {
      now += 100 / 3;
      stage.send((now < 40 ? key : inter)(Math.round(now)));
      if (frame % 3 === 2) examining.beat(now);
    }
  };
  return { examining, lines, events, stage, run };
}

test('the log is told of each verdict once, the feed of all that stand, with measurement and remedy', () => {
  const { lines, events, run } = bench();
  run(20);
  const told = lines.map(({ level, fields }) => `${level} ${String(fields['verdict'])}`);
  assert.deepEqual(told, ['warn keyframe-interval', 'info audio-missing', 'warn keyframe-interval'], 'news');
  const last = events.at(-1);
  assert.ok(last?.type === 'health', 'an event of health');
  assert.deepEqual(
    last.verdicts.map(({ code, severity }) => `${severity} ${code}`),
    ['error keyframe-interval', 'advice audio-missing'],
    'all that stands',
  );
  const [gop] = last.verdicts;
  assert.match(gop!.remedy, /Keyframe Interval/, 'what to do');
  assert.ok(Number(gop!.measured['gopSeconds']) > 10, 'what was measured');
});

test('a publisher that leaves is not called well', () => {
  const { lines, events, stage, examining, run } = bench();
  run(12);
  const before = lines.length;
  stage.stream.end('stream ended');
  assert.equal(lines.length, before, lines.at(-1)?.text);
  assert.deepEqual(examining.health('live/show'), [], 'nothing stands');
  const last = events.at(-1);
  assert.ok(last?.type === 'health' && last.verdicts.length === 0, 'the feed is told that nothing stands');
});
