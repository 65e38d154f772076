import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inter, key } from '../../support/media.ts';
import { examine, type Habits } from './patient.ts';

/** The same every time: a stall must not depend on the day. */
const wobble = (index: number): number => ((index * 7919) % 13) - 6;

const healthy: Readonly<Record<string, Habits>> = {
  'a usual stream': {},
  'B-frames as encoders have them by default': { bFrames: 2 },
  '25 pictures a second with two B-frames': { fps: 25, bFrames: 2 },
  '60 pictures a second, 6 Mb/s': { fps: 60, bFrames: 3, bytes: (_, isKey) => (isKey ? 90_000 : 11_000) },
  'one picture a second': { fps: 1, gopSeconds: 2, seconds: 120 },
  'a camera with a variable rate': { interval: (index) => 33 + ((index * 31) % 40), seconds: 90 },
  'sound alone': { video: false },
  'a static picture: tiny frames, large key frames': {
    bytes: (_, isKey) => (isKey ? 120_000 : 300),
    gopSeconds: 4,
  },
  'a connection with some jitter': { arrival: (ms) => ms + 90 + 15 * wobble(Math.floor(ms / 33)) },
  'one hiccup of a second and a half': {
    arrival: (ms) => (ms > 30_000 && ms < 31_500 ? 31_500 : ms),
  },
  'sound somewhat behind': { soundShiftMs: -150 },
  'the metadata tells the rate, rounded': { fps: 29.97, metadata: { framerate: 30 } },
  'three B-frames at 25 pictures a second': { fps: 25, bFrames: 3 },
  'one frame in two hundred is missing': { sends: (index) => index % 200 !== 7 },
  'a quiet start: the first second comes at once': { arrival: (ms) => Math.max(ms, 1000) },
  'a publisher whose clock drifts by a tenth of a percent': { arrival: (ms) => ms * 1.001, seconds: 300 },
};

for (const [name, habits] of Object.entries(healthy)) {
  test(`silent on a good one: ${name}`, () => {
    const { found, news } = examine(habits);
    assert.deepEqual(
      [...found.values()].map(({ code, text }) => `${code}: ${text}`),
      [],
    );
    assert.equal(news.length, 0, 'nothing was announced');
  });
}

interface Case {
  readonly habits: Habits;
  readonly codes: readonly string[];
  readonly says: RegExp;
}

const ill: Readonly<Record<string, Case>> = {
  'key frames five seconds apart': {
    habits: { gopSeconds: 5 },
    codes: ['keyframe-interval'],
    says: /5\.0 s apart/,
  },
  'one key frame and never another': {
    habits: { gopSeconds: 600 },
    codes: ['keyframe-interval'],
    says: /apart/,
  },
  'key frames only': {
    habits: { gopSeconds: 1 / 30 },
    codes: ['keyframes-only'],
    says: /Every picture is a key frame/,
  },
  'a connection that carries four fifths': {
    habits: { arrival: (ms) => ms * 1.25 },
    codes: ['bitrate-starving'],
    says: /Only (79|80|81) %/,
  },
  'a file sent faster than time': {
    habits: { arrival: (ms) => ms / 2, seconds: 120 },
    codes: ['clock-fast'],
    says: /2 times as fast/,
  },
  'stalls of a second and a half, every four': {
    habits: {
      arrival: (ms) => {
        const within = ms % 4000;
        return within < 1500 ? ms - within + 1500 : ms;
      },
    },
    codes: ['frames-late'],
    says: /up to 1\d\d\d ms late/,
  },
  'a second that takes six times the mean': {
    habits: {
      bytes: (index) => (Math.floor(index / 30) % 10 === 3 ? 60_000 : 3_000),
    },
    codes: ['bitrate-bursting'],
    says: /1\d\.\d Mb\/s where/,
  },
  'one picture in eight dropped': {
    habits: { sends: (index) => index % 8 !== 3 },
    codes: ['frames-missing'],
    says: /1[123] % of the pictures are missing/,
  },
  'half the rate that the metadata promised': {
    habits: { fps: 30, metadata: { framerate: 60 } },
    codes: ['frames-missing'],
    says: /30 pictures a second come where the encoder announced 60/,
  },
  'a clock that jumps every twenty seconds': {
    habits: { epoch: (ms) => 1 + Math.floor(ms / 20_000) },
    codes: ['timestamps-jump'],
    says: /has jumped/,
  },
  'a file sent much faster than time is found soon': {
    habits: { arrival: (ms) => ms / 6, seconds: 60 },
    codes: ['clock-fast'],
    says: /6 times as fast/,
  },
  'a clock that is set four seconds on': {
    habits: { stampShift: (ms) => (ms < 20_000 ? 0 : 4_000), seconds: 40 },
    codes: ['timestamps-jump'],
    says: /jumped once/,
  },
  'sound that begins 400 ms before the picture': {
    habits: { sends: (_, ms) => ms >= 400 },
    codes: ['audio-offset'],
    says: /begin 4\d\d ms ahead of/,
  },
  'no sound at all': { habits: { audio: false }, codes: ['audio-missing'], says: /no sound track/ },
  'sound that stops': {
    habits: { sendsSound: (ms) => ms < 20_000 },
    codes: ['audio-stopped'],
    says: /No sound has come for/,
  },
  'a picture that stops': {
    habits: { sends: (_, ms) => ms < 20_000 },
    codes: ['video-stopped'],
    says: /No picture has come for/,
  },
  'sound 400 ms ahead': {
    habits: { soundShiftMs: 400 },
    codes: ['audio-offset'],
    says: /(3[7-9]\d|4\d\d) ms ahead of/,
  },
  'sound 500 ms behind': { habits: { soundShiftMs: -500 }, codes: ['audio-offset'], says: /ms behind/ },
  'eight B-frames in a row': {
    habits: { bFrames: 8 },
    codes: ['b-frames'],
    says: /8 B-frames in a row cost 267 ms/,
  },
  'ten bits a sample': {
    habits: { video: { codecString: 'avc1.6E0028' } },
    codes: ['codec-support'],
    says: /High 10/,
  },
  'six channels': { habits: { audio: { channels: 6 } }, codes: ['codec-support'], says: /6 channels/ },
  'HEVC: iPhones play it, Firefox does not': {
    habits: {
      track: (_, usual) => ({ ...usual, nalLengthSize: 4, codec: 'hevc', codecString: 'hvc1.1.6.L93.B0' }),
    },
    codes: ['codec-support'],
    says: /HEVC: iPhones.*Firefox .*do not/,
  },
  'AV1: Firefox plays it, older iPhones do not': {
    habits: { track: (_, usual) => ({ ...usual, codec: 'av1', codecString: 'av01.0.04M.08' }) },
    codes: ['codec-support'],
    says: /AV1: .*Firefox play it, iPhones before 15 Pro.* do not/,
  },
  'sound that Chrome does not know': {
    habits: { audio: { codec: 'ac3', codecString: 'ac-3' } },
    codes: ['codec-support'],
    says: /AC-3: iPhones.*Chrome and Firefox do not/,
  },
  'a picture that changes its size': {
    habits: { track: (ms, usual) => (ms < 30_000 ? usual : { ...usual, width: 320, height: 180 }) },
    codes: ['resolution-change'],
    says: /changed its size/,
  },
  'a configuration that cannot be used': {
    habits: { problems: ['the audio configuration cannot be used: SBR'] },
    codes: ['track-unusable'],
    says: /SBR/,
  },
};

for (const [name, { habits, codes, says }] of Object.entries(ill)) {
  test(`found: ${name}`, () => {
    const { found } = examine(habits);
    assert.deepEqual(
      [...found.keys()].sort(),
      [...codes].sort(),
      [...found.values()].map((one) => one.text).join('\n'),
    );
    const verdict = found.get(codes[0]!)!;
    assert.match(verdict.text, says);
    assert.ok(
      verdict.remedy.length > 20 && Object.keys(verdict.measured).length > 0,
      'says what to do, and what was measured',
    );
    assert.ok(verdict.since > 1_700_000_000_000, 'since when');
  });
}

test('a verdict falls when the symptom has gone, and both are announced once', () => {
  const { doctor, found, news } = examine({ sendsSound: (ms) => ms < 15_000 || ms > 30_000, seconds: 60 });
  assert.ok(found.has('audio-stopped'), 'stood');
  assert.deepEqual(doctor.verdicts, []);
  assert.equal(news.length, 2, 'once to stand and once to fall');
});

test('the next publisher is examined anew', () => {
  const { doctor } = examine({ gopSeconds: 600 });
  assert.equal(doctor.verdicts.length, 1, 'an illness to begin with');
  doctor.interrupt();
  assert.deepEqual(doctor.verdicts, []);
  doctor.write(key(100_000));
  doctor.write(inter(100_033));
  doctor.look();
  assert.deepEqual(doctor.verdicts, []);
});

test('only what is new is told as new, and what is over when it is', () => {
  const { news } = examine({ gopSeconds: 5, sendsSound: (ms) => ms < 15_000 || ms > 30_000 });
  const codes = (verdicts: readonly { readonly code: string }[]): string[] =>
    verdicts.map(({ code }) => code);
  assert.deepEqual(
    news.map(({ verdicts, come, healed }) => [codes(verdicts), codes(come), codes(healed)]),
    [
      [['keyframe-interval'], ['keyframe-interval'], []],
      [['keyframe-interval', 'audio-stopped'], ['audio-stopped'], []],
      [['keyframe-interval'], [], ['audio-stopped']],
    ],
  );
});

test('a verdict that grows graver is news, once', () => {
  const { news } = examine({ gopSeconds: 600 });
  assert.deepEqual(
    news.map(({ come }) => come.map(({ severity }) => severity)),
    [['warning'], ['error']],
  );
});

test('a publisher that goes is not healed', () => {
  const { doctor, news } = examine({ gopSeconds: 5 });
  doctor.interrupt();
  assert.deepEqual(news.at(-1), { verdicts: [], come: [], healed: [] });
});

test('what came late because we did not read is not held against the publisher', () => {
  /** Every five seconds nothing is read for 1.2 s. */
  const arrival = (ms: number): number => (ms % 5000 < 1200 ? ms - (ms % 5000) + 1200 : ms);
  const blamed = examine({ arrival });
  assert.ok(blamed.found.has('frames-late'), 'late by what can be seen');
  const { found } = examine({ arrival, heldUpMs: (now) => (now % 5000 < 2200 ? 1200 : 0) });
  assert.deepEqual([...found.keys()], []);
});

test('catching up after an outage is not sending faster than time', () => {
  /** Nothing for ten seconds, then twice as fast as time until it has caught up. */
  const arrival = (ms: number): number => {
    const since = ms - 40_000;
    return since < 0 ? ms : Math.max(ms, 50_000 + since / 2);
  };
  const { found } = examine({ arrival, seconds: 120 });
  assert.ok(!found.has('clock-fast'), [...found.keys()].join(' '));
});
