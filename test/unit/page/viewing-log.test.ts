import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { playbackReportSchema } from '../../../src/servers/http/api/schemas/playback.ts';
import { maySpeak } from '../../../public/player/reports.ts';
import { protocolOf, stateForLog } from '../../../public/player/report-words.ts';
import { begin, step } from '../../../public/player/session-step.ts';
import type { SessionEvent } from '../../../public/player/session.ts';
import { ViewingLog, type Moment } from '../../../public/player/viewing-log.ts';

const moment = (now: number, more: Partial<Moment> = {}): Moment => ({
  now,
  protocol: 'ws-flv',
  state: 'moving',
  delaySeconds: 0.9,
  lines: 720,
  ...more,
});

test('a viewing’s start, time, stops and delay', () => {
  const log = new ViewingLog();
  log.wished(1000);
  log.wished(1200);
  log.look(moment(1250, { state: 'idle', delaySeconds: undefined }));
  log.shown(1450);
  log.shown(9999);
  for (let now = 1500; now <= 5500; now += 500) log.look(moment(now));
  log.look(moment(6000, { state: 'stuck' }));
  log.look(moment(6500, { state: 'stuck' }));
  log.look(moment(7000));
  log.trouble('network');
  assert.deepEqual(log.take(), {
    protocol: 'ws-flv',
    startSeconds: 0.45,
    watchedSeconds: 5.5,
    stalls: 1,
    stalledSeconds: 1,
    delaySeconds: 0.9,
    lines: 720,
    troubles: ['network'],
  });
  assert.equal(log.take(), undefined, 'it was told');
  log.look(moment(7500));
  const next = log.take();
  assert.deepEqual([next?.startSeconds, next?.watchedSeconds, next?.stalls], [undefined, 0.5, 0]);
});

test('a wait in which nothing was watched is nothing to tell', () => {
  const log = new ViewingLog();
  log.wished(0);
  for (let now = 0; now < 60_000; now += 250) log.look(moment(now, { state: 'idle' }));
  assert.equal(log.take(), undefined);
});

test('a viewer who leaves with the first picture still tells how long it took', () => {
  const log = new ViewingLog();
  log.wished(0);
  log.look(moment(100, { state: 'idle' }));
  log.shown(400);
  const report = log.take();
  assert.deepEqual([report?.startSeconds, report?.watchedSeconds], [0.4, 0]);
});

test('a stream that came after an hour of waiting did not take an hour to start', () => {
  const log = new ViewingLog();
  log.wished(0);
  log.gaveUp();
  log.wished(3_600_000);
  log.shown(3_600_500);
  log.look(moment(3_600_500));
  log.look(moment(3_600_750));
  assert.equal(log.take()?.startSeconds, 0.5);
});

test('a page that slept did not watch meanwhile', () => {
  const log = new ViewingLog();
  log.look(moment(0));
  log.look(moment(3_600_000));
  assert.equal(log.take()?.watchedSeconds, 2);
});

test('what was watched by another protocol is told by itself', () => {
  const log = new ViewingLog();
  log.look(moment(0));
  log.look(moment(500));
  const former = log.look(moment(1000, { protocol: 'hls' }));
  assert.deepEqual([former?.protocol, former?.watchedSeconds], ['ws-flv', 0.5]);
  log.look(moment(1500, { protocol: 'hls' }));
  const last = log.take();
  assert.deepEqual([last?.protocol, last?.watchedSeconds], ['hls', 0.5]);
});

test('whatever happens, the server takes the report', () => {
  const looks = fc.record({
    after: fc.double({ min: 0, max: 1e7, noNaN: true }),
    protocol: fc.constantFrom('ws-flv' as const, 'll-hls' as const),
    state: fc.constantFrom('moving' as const, 'stuck' as const, 'idle' as const),
    delaySeconds: fc.option(fc.double({ noNaN: true, noDefaultInfinity: true }), { nil: undefined }),
    lines: fc.option(fc.integer({ min: 1, max: 16_384 }), { nil: undefined }),
    troubles: fc.nat(20),
  });
  fc.assert(
    fc.property(fc.array(looks, { maxLength: 60 }), (all) => {
      const log = new ViewingLog();
      log.wished(0);
      let now = 0;
      const taken = all.map(({ after, troubles, ...more }) => {
        now += after;
        log.shown(now);
        for (let i = 0; i < troubles; i++) log.trouble('codec');
        return log.look({ now, ...more });
      });
      for (const report of [...taken, log.take()])
        if (report) playbackReportSchema.parse({ stream: 'live/cam', ...report });
    }),
    { numRuns: 300 },
  );
});

test('viewers opt out by the address, by “do not track” and by Global Privacy Control', () => {
  const browser = (more: object): Navigator => more as Navigator;
  assert.equal(maySpeak('', browser({ doNotTrack: null })), true);
  assert.equal(maySpeak('?report=1', browser({ doNotTrack: '0', globalPrivacyControl: false })), true);
  assert.equal(maySpeak('?report=0', browser({})), false);
  assert.equal(maySpeak('', browser({ doNotTrack: '1' })), false);
  assert.equal(maySpeak('', browser({ globalPrivacyControl: true })), false);
});

test('a picture that stands because its encoder is gone is no failure of the way to the viewer', () => {
  const after = (...events: SessionEvent[]) =>
    events.reduce((session, event) => step(session, event, 0).session, begin(['ws-flv'], false).session);
  const playing = after({ kind: 'found', state: 'live' }, { kind: 'picture' });
  const standing = { session: playing, isPaused: false, isStarved: false, isOnAir: true };
  assert.equal(stateForLog(standing), 'moving');
  assert.equal(stateForLog({ ...standing, isStarved: true }), 'stuck');
  assert.equal(stateForLog({ ...standing, isPaused: true }), 'idle');
  const stopped = step(playing, { kind: 'stalled', soundMayBeMissing: false }, 0).session;
  assert.equal(stateForLog({ ...standing, session: stopped }), 'stuck');
  assert.equal(stateForLog({ ...standing, session: stopped, isOnAir: false }), 'idle');
  assert.deepEqual(
    [
      protocolOf('native', false),
      protocolOf('hls', true),
      protocolOf('hls', false),
      protocolOf('ws-flv', true),
    ],
    ['native-hls', 'll-hls', 'hls', 'ws-flv'],
  );
});
