import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Engine } from '../../../public/player/engines.ts';
import { begin, step } from '../../../public/player/session-step.ts';
import {
  engineOf,
  shownState,
  type Command,
  type Session,
  type SessionEvent,
} from '../../../public/player/session.ts';

const LADDER: readonly [Engine, ...Engine[]] = ['ws-flv', 'http-flv', 'hls'];
const LIVE: SessionEvent = { kind: 'found', state: 'live' };
const GRACE: SessionEvent = { kind: 'found', state: 'grace' };
const PICTURE: SessionEvent = { kind: 'picture' };
const FAILED: SessionEvent = { kind: 'failed', trouble: 'It broke.', unsupported: false };
const UNSUPPORTED: SessionEvent = { kind: 'failed', trouble: 'No such codec.', unsupported: true };
const STALLED: SessionEvent = { kind: 'stalled', soundMayBeMissing: false };
const TIMER: SessionEvent = { kind: 'timer' };
const MISSING: SessionEvent = { kind: 'missing' };
const SWITCH: SessionEvent = { kind: 'switch' };
const HLS_ALONE: SessionEvent = { kind: 'found', state: 'live', fitting: ['hls'] };
const UNPLAYABLE: SessionEvent = { kind: 'found', state: 'live', fitting: 'HEVC is not for you.' };

interface Seen {
  readonly session: Session;
  /** What the last event made the page do. */
  readonly done: readonly string[];
}

const words = (commands: readonly Command[]): string[] =>
  commands.map((c) => (c.do === 'wait' ? `wait ${c.ms}` : c.do));

/** Runs events from the start, with the shortest back-off. */
function after(events: readonly SessionEvent[], engines = LADDER, forced = false): Seen {
  let { session, commands } = begin(engines, forced);
  for (const event of events) ({ session, commands } = step(session, event, 0));
  return { session, done: words(commands) };
}

const shown = (...events: SessionEvent[]): string => shownState(after(events).session);

test('a viewing begins with a question, starts, and plays with the first picture', () => {
  assert.deepEqual(words(begin(LADDER, false).commands), ['look up']);
  assert.equal(shown(), 'loading');
  assert.deepEqual(after([LIVE]).done, ['start']);
  assert.equal(shown(LIVE), 'loading');
  assert.equal(shown(LIVE, PICTURE), 'playing');
});

test('a stream that is not on the air is asked for until it is', () => {
  assert.deepEqual(after([MISSING]).done, ['stop', 'wait 2000']);
  assert.equal(shown(MISSING), 'offline');
  assert.deepEqual(after([MISSING, TIMER]).done, ['look up']);
  assert.deepEqual(after([MISSING, TIMER, MISSING]).done, ['stop', 'wait 2000']);
  assert.deepEqual(after([MISSING, TIMER, LIVE]).done, ['start']);
  assert.equal(shown({ kind: 'found', state: 'waiting' }), 'offline');
});

test('an engine that shows nothing makes way for the next, while the stream is live', () => {
  const second = after([LIVE, FAILED, LIVE]);
  assert.deepEqual(second.done, ['start']);
  assert.equal(engineOf(second.session), 'http-flv');
  const third = after([LIVE, FAILED, LIVE, STALLED, LIVE]);
  assert.equal(engineOf(third.session), 'hls');
});

test('an engine is not to blame when the stream is gone', () => {
  const back = after([LIVE, FAILED, MISSING, TIMER, LIVE]);
  assert.equal(engineOf(back.session), 'ws-flv');
});

test('after the last engine comes the first again, with a wait', () => {
  const round = after([LIVE, FAILED, LIVE, FAILED, LIVE, FAILED, LIVE]);
  assert.equal(engineOf(round.session), 'ws-flv');
  assert.deepEqual(round.done, ['wait 500']);
  assert.deepEqual(after([LIVE, FAILED, LIVE, FAILED, LIVE, FAILED, LIVE, TIMER]).done, ['start']);
});

test('codecs that no engine can play end the trying', () => {
  const end = after([LIVE, UNSUPPORTED, LIVE, UNSUPPORTED, LIVE, UNSUPPORTED]);
  assert.deepEqual(end.session.situation, { at: 'error', sentence: 'No such codec.' });
  assert.deepEqual(end.done, ['stop']);
  assert.equal(shown(LIVE, UNSUPPORTED, LIVE, FAILED, LIVE, UNSUPPORTED), 'loading');
});

test('a connection that ends while playing is opened again by the same engine, at once the first time', () => {
  const lost = after([LIVE, PICTURE, { kind: 'ended' }]);
  assert.deepEqual(lost.done, ['stop', 'look up']);
  assert.equal(shownState(lost.session), 'reconnecting');
  const again = after([LIVE, PICTURE, { kind: 'ended' }, LIVE]);
  assert.deepEqual(again.done, ['start']);
  assert.equal(engineOf(again.session), 'ws-flv');
  assert.deepEqual(after([LIVE, PICTURE, { kind: 'ended' }, LIVE, PICTURE, { kind: 'ended' }, LIVE]).done, [
    'wait 500',
  ]);
});

test('an engine that shows a picture each time and loses it again makes way for one that reads something else', () => {
  const once = [PICTURE, FAILED, LIVE, TIMER];
  const twice = after([LIVE, ...once, ...once]);
  assert.equal(engineOf(twice.session), 'ws-flv');
  const thrice = after([LIVE, ...once, ...once, ...once]);
  assert.equal(engineOf(thrice.session), 'hls');
  assert.equal(thrice.session.attempt, 0, 'without a wait');
  const forced = after([LIVE, ...once, ...once, ...once], ['ws-flv'], true);
  assert.equal(engineOf(forced.session), 'ws-flv');
  const steady = after([LIVE, ...once, ...once, PICTURE, { kind: 'steady' }, FAILED, LIVE, TIMER]);
  assert.equal(engineOf(steady.session), 'ws-flv', 'not one that has played steadily');
});

test('steady playing forgives earlier failures', () => {
  const events: SessionEvent[] = [
    LIVE,
    PICTURE,
    { kind: 'ended' },
    LIVE,
    PICTURE,
    { kind: 'steady' },
    { kind: 'ended' },
    LIVE,
  ];
  assert.deepEqual(after(events).done, ['start']);
});

test('in the publisher’s grace time the connection is kept, and the picture comes back by itself', () => {
  const asked = after([LIVE, PICTURE, STALLED]);
  assert.deepEqual(asked.done, ['look up']);
  assert.equal(shownState(asked.session), 'reconnecting');
  assert.deepEqual(after([LIVE, PICTURE, STALLED, GRACE]).done, ['wait 2000']);
  assert.deepEqual(after([LIVE, PICTURE, STALLED, GRACE, TIMER]).done, ['look up']);
  assert.equal(shown(LIVE, PICTURE, STALLED, GRACE, PICTURE), 'playing');
  assert.equal(shown(LIVE, PICTURE, STALLED, GRACE, TIMER, MISSING), 'offline');
});

test('a picture that stops because the server is out of reach is not put down to the encoder', () => {
  const unreachable = [LIVE, PICTURE, STALLED, { kind: 'unreachable' }] as const;
  assert.deepEqual(after(unreachable).session.situation, { at: 'interrupted', reachable: false });
  assert.deepEqual(after(unreachable).done, ['wait 2000']);
  assert.deepEqual(after([...unreachable, TIMER, GRACE]).session.situation, {
    at: 'interrupted',
    reachable: true,
  });
  assert.equal(shown(...unreachable, PICTURE), 'playing');
});

test('a live stream without new pictures is started anew', () => {
  assert.deepEqual(after([LIVE, PICTURE, STALLED, LIVE]).done, ['stop', 'start']);
});

test('sound that was promised and does not come is left out before the engine is given up', () => {
  const silent: SessionEvent = { kind: 'stalled', soundMayBeMissing: true };
  const first = after([LIVE, silent]);
  assert.deepEqual(
    [first.session.withoutSound, engineOf(first.session), first.done],
    [true, 'ws-flv', ['start']],
  );
  const second = after([LIVE, silent, silent, LIVE]);
  assert.deepEqual([second.session.withoutSound, engineOf(second.session)], [false, 'http-flv']);
});

test('a track that comes late is taken in by a new start', () => {
  const joined = after([LIVE, PICTURE, { kind: 'tracks changed' }]);
  assert.deepEqual(joined.done, ['start']);
  assert.deepEqual(after([LIVE, { kind: 'tracks changed' }]).done, ['start'], 'also while it is waited for');
  assert.deepEqual(after([LIVE, PICTURE, STALLED, { kind: 'tracks changed' }]).done, []);
});

test('a refused autoplay waits for the viewer, and a frame decoded in between changes nothing', () => {
  assert.equal(shown(LIVE, { kind: 'blocked' }, PICTURE), 'paused');
  assert.deepEqual(after([LIVE, { kind: 'blocked' }, { kind: 'play' }]).done, ['jump']);
  assert.equal(shown(LIVE, { kind: 'blocked' }, { kind: 'play' }, PICTURE), 'playing');
});

test('a short pause goes on in the same connection; a long one gives the connection up', () => {
  const paused: SessionEvent[] = [LIVE, PICTURE, { kind: 'pause' }];
  assert.equal(shown(...paused), 'paused');
  assert.deepEqual(after([...paused, { kind: 'play' }]).done, ['go on']);
  assert.deepEqual(after([...paused, { kind: 'idle' }]).done, ['stop']);
  assert.deepEqual(after([...paused, { kind: 'idle' }, { kind: 'play' }]).done, ['look up']);
  assert.deepEqual(after([...paused, { kind: 'ended' }]).session.situation, { at: 'paused', running: false });
});

test('a server that does not answer is asked again, slower each time', () => {
  const once = after([{ kind: 'unreachable' }]);
  assert.equal(shownState(once.session), 'reconnecting');
  assert.deepEqual(once.done, ['stop', 'wait 500']);
  assert.deepEqual(after([{ kind: 'unreachable' }, TIMER]).done, ['look up']);
  assert.deepEqual(after([{ kind: 'unreachable' }, TIMER, { kind: 'unreachable' }]).done, [
    'stop',
    'wait 1000',
  ]);
  assert.equal(shown(MISSING, TIMER, { kind: 'unreachable' }), 'offline');
});

test('a forced engine gets some chances and no substitute', () => {
  const forced = (...events: SessionEvent[]): Seen => after(events, ['http-flv'], true);
  assert.deepEqual(forced(LIVE, FAILED, LIVE).done, ['wait 500']);
  const failedFiveTimes = [
    LIVE,
    FAILED,
    ...Array.from({ length: 4 }, () => [LIVE, TIMER, FAILED]).flat(),
    LIVE,
  ];
  const end = forced(...failedFiveTimes);
  assert.deepEqual(end.session.situation, { at: 'error', sentence: 'It broke.' });
  assert.deepEqual(forced(...failedFiveTimes, { kind: 'retry' }).done, ['stop', 'look up']);
  assert.equal(shownState(forced(LIVE, FAILED, MISSING).session), 'offline');
});

test('“try now” starts with a clean slate', () => {
  const anew = after([LIVE, FAILED, LIVE, FAILED, LIVE, FAILED, LIVE, { kind: 'retry' }, LIVE]);
  assert.equal(engineOf(anew.session), 'ws-flv');
  assert.deepEqual(anew.done, ['start']);
});

const anyEvent: fc.Arbitrary<SessionEvent> = fc.constantFrom<SessionEvent>(
  LIVE,
  GRACE,
  { kind: 'found', state: 'waiting' },
  MISSING,
  { kind: 'unreachable' },
  PICTURE,
  { kind: 'steady' },
  { kind: 'ended' },
  FAILED,
  UNSUPPORTED,
  STALLED,
  { kind: 'stalled', soundMayBeMissing: true },
  { kind: 'tracks changed' },
  { kind: 'blocked' },
  { kind: 'pause' },
  { kind: 'play' },
  { kind: 'idle' },
  TIMER,
  { kind: 'retry' },
  SWITCH,
  HLS_ALONE,
  UNPLAYABLE,
);

/**
 * What keeps a viewing going. Without one of these under way it would hang for ever:
 * an answer, an engine that the watchdog watches, a wait, or a viewer who is asked to act.
 */
test('whatever happens, something is always under way or the viewer is asked', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 40 }), (events) => {
      const first = begin(LADDER, false);
      let { session } = first;
      let under = { engine: false, asking: true, waiting: false };
      for (const event of events) {
        // Events can only come from what is under way.
        if (event.kind === 'timer' && !under.waiting) continue;
        if (
          (event.kind === 'found' || event.kind === 'missing' || event.kind === 'unreachable') &&
          !under.asking
        )
          continue;
        if (
          (event.kind === 'picture' ||
            event.kind === 'stalled' ||
            event.kind === 'ended' ||
            event.kind === 'failed') &&
          !under.engine
        )
          continue;
        if (event.kind === 'timer') under = { ...under, waiting: false };
        if (event.kind === 'found' || event.kind === 'missing' || event.kind === 'unreachable')
          under = { ...under, asking: false };
        const next = step(session, event, 0.5);
        ({ session } = next);
        for (const command of next.commands) under = carriedOut(under, command);
        const { at } = session.situation;
        const asksViewer = at === 'paused' || at === 'error' || at === 'blocked';
        if (!asksViewer && !under.engine && !under.asking && !under.waiting) return false;
        if ((at === 'starting' || at === 'playing' || at === 'interrupted') && !under.engine) return false;
        if (at === 'lookup' && !under.asking) return false;
        if ((at === 'offline' || at === 'backoff' || at === 'unplayable') && !under.waiting && !under.asking)
          return false;
      }
      return true;
    }),
    { numRuns: 3000 },
  );
});

test('only engines that can play the stream are tried', () => {
  const first = after([HLS_ALONE]);
  assert.deepEqual([engineOf(first.session), first.done], ['hls', ['start']]);
  const again = after([LIVE, FAILED, LIVE, FAILED, { ...LIVE, fitting: LADDER }]);
  assert.equal(engineOf(again.session), 'hls', 'the same ladder goes on where it was');
});

test('a stream that this browser cannot play is asked for again: its publisher may change it', () => {
  const told = after([UNPLAYABLE]);
  assert.deepEqual(told.session.situation, { at: 'unplayable', sentence: 'HEVC is not for you.' });
  assert.deepEqual([shownState(told.session), told.done], ['error', ['stop', 'wait 2000']]);
  assert.deepEqual(after([UNPLAYABLE, TIMER]).done, ['look up']);
  assert.deepEqual(after([UNPLAYABLE, TIMER, UNPLAYABLE]).done, ['stop', 'wait 2000']);
  assert.deepEqual(after([UNPLAYABLE, TIMER, HLS_ALONE]).done, ['start']);
  assert.equal(shown(UNPLAYABLE, TIMER, MISSING), 'offline');
  assert.deepEqual(after([UNPLAYABLE, { kind: 'unreachable' }]).done, ['wait 2000']);
});

test('another rendition is a new start of the same engine, without a question', () => {
  const other = after([LIVE, PICTURE, SWITCH]);
  assert.deepEqual([other.done, engineOf(other.session)], [['start'], 'ws-flv']);
  assert.deepEqual(after([SWITCH]).done, [], 'there is nothing to switch yet');
  assert.deepEqual(after([MISSING, SWITCH]).done, []);
});

interface UnderWay {
  readonly engine: boolean;
  readonly asking: boolean;
  readonly waiting: boolean;
}

function carriedOut(under: UnderWay, command: Command): UnderWay {
  switch (command.do) {
    case 'look up':
      return { ...under, asking: true };
    case 'start':
      return { ...under, engine: true };
    case 'stop':
      return { ...under, engine: false };
    case 'wait':
      return { ...under, waiting: true };
    case 'jump':
    case 'go on':
      return under;
  }
}

test('who is refused is told so, and nothing is asked again until the viewer wants it', () => {
  const refused: SessionEvent = { kind: 'refused', sentence: 'This address has expired.' };
  const { session, done } = after([LIVE, refused]);
  assert.deepEqual(session.situation, { at: 'refused', sentence: 'This address has expired.' });
  assert.deepEqual(done, ['stop']);
  assert.equal(shownState(session), 'error');
  assert.deepEqual(after([LIVE, refused, TIMER]).done, [], 'back on line is no reason');
  assert.deepEqual(after([LIVE, refused, { kind: 'retry' }]).done, ['stop', 'look up']);
  assert.equal(shown(LIVE, PICTURE, refused), 'error', 'while it plays, too');
  assert.equal(shown(MISSING, refused), 'offline', 'late news of an engine that is gone');
});
