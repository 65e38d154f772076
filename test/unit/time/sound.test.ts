import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ASC_44K, ASC_48K, hex } from '../../support/media.ts';
import { assertPlayable, audioConfig, discontinuities, HOUR, numbersOf, range, readHls, Rig } from './rig.ts';

/*
 * Sound is timed by its samples. RTMP says whole milliseconds, so that 23.22 ms become 23 and 24: clicks in Safari, and
 * minutes of lag after hours where the error adds up.
 */

/** AudioSpecificConfigs, and how long a frame is in samples at which rate. */
const CONFIGS = [
  { name: 'AAC-LC at 44.1 kHz', config: ASC_44K, samples: 1024, rate: 44_100 },
  { name: 'AAC-LC at 48 kHz', config: ASC_48K, samples: 1024, rate: 48_000 },
  { name: 'AAC-LC at 32 kHz', config: hex('1290'), samples: 1024, rate: 32_000 },
  { name: 'frames of 960 samples at 48 kHz', config: hex('1194'), samples: 960, rate: 48_000 },
  {
    name: 'AAC-LC at 22.05 kHz, or HE-AAC with implicit SBR',
    config: hex('1390'),
    samples: 2048,
    rate: 44_100,
  },
  { name: 'HE-AAC with explicit SBR in front', config: hex('2b920800'), samples: 2048, rate: 44_100 },
  { name: 'HE-AAC with explicit SBR behind', config: hex('1390 56e5a0'), samples: 2048, rate: 44_100 },
] as const;

for (const { name, config, samples, rate } of CONFIGS) {
  const length = (samples * 90_000) / rate;

  test(`clicks and drift: an hour of ${name} is never a millisecond off its samples, nor a tick from frame to frame`, () => {
    const rig = new Rig();
    rig.input.audio(0, audioConfig(config));
    let last: number | undefined;
    const frame = hex('af 01 2110045a');
    for (let count = 0; count * length < HOUR * 90; count++) {
      rig.frames.length = 0;
      rig.input.audio(Math.floor((count * length) / 90), frame);
      const { dts } = rig.frames[0]!;
      if (Math.abs(dts - count * length) >= 90)
        assert.fail(`frame ${count} is at ${dts}, not at ${count * length}`);
      if (last !== undefined && Math.abs(dts - last - length) > 1)
        assert.fail(`frame ${count}: ${dts - last} ticks`);
      last = dts;
    }
  });

  // ADTS, and with it a transport stream, has no word for frames of 960 samples.
  if (samples === 960) continue;
  test(`Safari clicks: ${name} in HLS follows on within a tick, and FLV within a millisecond of the truth`, () => {
    const rig = new Rig().configure(false, config);
    const hls = rig.hls();
    let watchers: ReturnType<Rig['watchAll']> = [];
    for (let count = 0; count * length < 30 * 90_000; count++) {
      if (count === 100) watchers = rig.watchAll();
      rig.audio(Math.floor((count * length) / 90));
      rig.clock += length / 90; // so that nothing is held for company
    }
    hls.end();
    const read = readHls(hls);
    assertPlayable(read);
    assert.equal(discontinuities(read), 0);
    assert.deepEqual(numbersOf(read, 'audio'), range(0, rig.sounds));
    const packets = read.segments.flatMap(({ audio }) => audio);
    packets.slice(1).forEach(({ pts, numbers }, index) => {
      const before = packets[index]!;
      const step = (pts - before.pts) / before.numbers.length;
      assert.ok(
        Math.abs(pts - before.pts - before.numbers.length * length) <= 1,
        `frame ${numbers[0]}: ${step} ticks a frame`,
      );
    });
    for (const watcher of watchers) {
      const [first, ...rest] = watcher.of('audio');
      assert.ok(rest.length > 300, watcher.protocol);
      for (const { at, number } of rest) {
        const truth = ((number - first!.number) * length) / 90;
        assert.ok(Math.abs(at - first!.at - truth) <= 1, `${watcher.protocol}: frame ${number}`);
      }
    }
  });
}

test('300 ms of sound are lost: what follows is where it belongs, at once', () => {
  const rig = new Rig().configure();
  const hls = rig.hls();
  const at = rig.show(0, 50);
  rig.show(at, 7, { audio: false }); // 280 ms
  const before = rig.sounds;
  rig.show(at + 280, 68);
  hls.end();
  const read = readHls(hls);
  assertPlayable(read);
  assert.equal(discontinuities(read), 0, 'a gap is no discontinuity');
  rig.frames
    .filter(({ kind }) => kind === 'audio')
    .forEach(({ dts }, number) => {
      const sent = number < before ? (number * 64) / 3 : 2280 + ((number - before) * 64) / 3;
      assert.ok(Math.abs(dts / 90 - sent) <= 10, `frame ${number} at ${dts / 90} ms, not ${sent}`);
    });
});

test('sound that comes in bursts of one timestamp is spread out again', () => {
  const rig = new Rig().configure();
  rig.show(0, 25);
  for (let burst = 0; burst < 200; burst++) {
    for (let count = 0; count < 3; count++) rig.audio(1002 + burst * 64);
  }
  const times = rig.frames.filter(({ kind }) => kind === 'audio').map(({ dts }) => dts);
  times.slice(1).forEach((time, index) => {
    const step = time - times[index]!;
    assert.ok(Math.abs(step - 1920) <= 2, `${step} ticks behind frame ${index}`);
  });
});

/** How much later than the pictures the sound is, in ms, against what the encoder said of both: the newest of each. */
function soundLate(rig: Rig, pictureAt: number, soundAt: number): number {
  const newest = (kind: string): number => rig.frames.findLast((frame) => frame.kind === kind)!.dts / 90;
  return newest('audio') - soundAt - (newest('video') - pictureAt);
}

for (const back of [120, 350, 500, 777, 1000])
  test(`sound is late for minutes after a clock that went back ${back} ms: both are where the encoder says, once past it`, () => {
    const rig = new Rig().configure();
    const at = rig.show(0, 75) - back;
    const before = rig.sounds;
    rig.show(at, 75);
    const last = at + Math.floor(((rig.sounds - before - 1) * 64) / 3);
    const late = soundLate(rig, at + 74 * 40, last);
    assert.ok(Math.abs(late) <= 11, `sound is ${late} ms late`);
  });

for (const early of [30, 60, 99])
  test(`sound that begins ${early} ms before the first picture, and comes after it, is not late for minutes`, () => {
    const rig = new Rig().configure();
    rig.show(1000, 75, { soundAt: 1000 - early });
    const last = 1000 - early + Math.floor(((rig.sounds - 1) * 64) / 3);
    const late = soundLate(rig, 1000 + 74 * 40, last);
    assert.ok(Math.abs(late) <= 11, `sound is ${late} ms late`);
    for (const { dts } of rig.frames) assert.ok(dts >= 0, `a frame at ${dts}, before the stream's origin`);
  });
