import { backoffMs } from './backoff.ts';
import type { Engine } from './engines.ts';
import {
  engineOf,
  type Command,
  type Session,
  type SessionEvent,
  type Situation,
  type Step,
} from './session.ts';

/** How often an offline or interrupted stream is asked for, in ms: half of it is what a viewer waits on average. */
const ASK_AGAIN_MS = 2000;
/**
 * Starts that a forced engine is given before the page says that it does not work. With the waits in between it is some ten
 * seconds: a player of HLS may need more segments than a stream that has just begun can have.
 */
const FORCED_STARTS = 5;

/** Starts in a row that did not come to steady playing: the next engine may do better. */
const UNSTEADY_STARTS = 3;

const LOOK_UP: Command = { do: 'look up' };
const START: Command = { do: 'start' };
const STOP: Command = { do: 'stop' };
const ASK_AGAIN: Command = { do: 'wait', ms: ASK_AGAIN_MS };

export function begin(engines: readonly [Engine, ...Engine[]], forced: boolean): Step {
  const session: Session = {
    situation: { at: 'lookup' },
    engines,
    forced,
    rung: 0,
    attempt: 0,
    faults: 0,
    unsupported: 0,
    hadPicture: false,
    withoutSound: false,
    trouble: '',
  };
  return { session, commands: [LOOK_UP] };
}

const stay = (session: Session): Step => ({ session, commands: [] });
const go = (session: Session, situation: Situation, ...commands: Command[]): Step => ({
  session: { ...session, situation },
  commands,
});

/** Everything learned about engines is forgotten: the next start is a first one. */
const afresh = (session: Session): Session => ({
  ...session,
  rung: 0,
  attempt: 0,
  faults: 0,
  unsupported: 0,
  withoutSound: false,
  trouble: '',
});

/**
 * One event, one step. `random` in [0, 1) is only used for the back-off's jitter.
 * An event that means nothing in this situation changes nothing: engines and answers may come late.
 */
export function step(session: Session, event: SessionEvent, random: number): Step {
  switch (event.kind) {
    case 'found':
      return found(session, event, random);
    case 'missing':
      return missing(session);
    case 'unreachable':
      return unreachable(session, random);
    case 'picture':
      return picture(session);
    case 'steady':
      return session.situation.at === 'playing' ? stay({ ...session, attempt: 0 }) : stay(session);
    case 'ended':
      return lost(session, '', false);
    case 'failed':
      return lost(session, event.trouble, event.unsupported);
    case 'refused':
      return hasEngine(session)
        ? go(session, { at: 'refused', sentence: event.sentence }, STOP)
        : stay(session);
    case 'stalled':
      return stalled(session, event.soundMayBeMissing);
    case 'tracks changed':
      return session.situation.at === 'playing' || session.situation.at === 'starting'
        ? go({ ...session, withoutSound: false }, { at: 'starting' }, START)
        : stay(session);
    case 'switch':
      return isRunning(session) || isPausedRunning(session)
        ? go({ ...session, withoutSound: false }, { at: 'starting' }, START)
        : stay(session);
    case 'blocked':
      return isRunning(session) ? go(session, { at: 'blocked' }) : stay(session);
    case 'pause':
      return isRunning(session) ? go(session, { at: 'paused', running: true }) : stay(session);
    case 'play':
      return play(session);
    case 'idle':
      return isPausedRunning(session) ? go(session, { at: 'paused', running: false }, STOP) : stay(session);
    case 'timer':
      return timer(session);
    case 'retry':
      return go(afresh(session), { at: 'lookup' }, STOP, LOOK_UP);
  }
}

const isRunning = ({ situation }: Session): boolean =>
  situation.at === 'starting' || situation.at === 'playing' || situation.at === 'interrupted';
const hasEngine = (session: Session): boolean =>
  isRunning(session) || isPausedRunning(session) || session.situation.at === 'blocked';
const isPausedRunning = ({ situation }: Session): boolean => situation.at === 'paused' && situation.running;

function found(was: Session, event: Extract<SessionEvent, { kind: 'found' }>, random: number): Step {
  const { state, fitting } = event;
  const { at } = was.situation;
  const mayStart = at === 'lookup' || at === 'offline' || at === 'unplayable' || at === 'interrupted';
  if (!mayStart) return stay(was);
  if (state === 'live' && typeof fitting === 'string')
    return go(was, { at: 'unplayable', sentence: fitting }, STOP, ASK_AGAIN);
  const session = typeof fitting === 'object' ? withEngines(was, fitting) : was;
  if (at === 'interrupted') {
    // In its grace time a stream keeps its viewers: the connection is good, there is just nobody to fill it.
    return state === 'live' ? restart(session, random) : go(session, { at, reachable: true }, ASK_AGAIN);
  }
  if (state !== 'live') return toOffline(session, true);
  if (at === 'offline' || at === 'unplayable') return go(afresh(session), { at: 'starting' }, START);
  if (session.forced && session.faults >= FORCED_STARTS)
    return go(session, { at: 'error', sentence: session.trouble }, STOP);
  return startAfterBackoff(session, random);
}

/** Another ladder is begun from its foot. */
function withEngines(session: Session, engines: readonly [Engine, ...Engine[]]): Session {
  const isSame =
    engines.length === session.engines.length && engines.every((one, i) => one === session.engines[i]);
  return isSame ? session : { ...session, engines, rung: 0, unsupported: 0 };
}

function restart(session: Session, random: number): Step {
  const next = startAfterBackoff(tryingAgain(session), random);
  return { ...next, commands: [STOP, ...next.commands] };
}

/** By the same engine, or by one that reads something else where this one shows a picture each time and cannot keep it up. */
function tryingAgain(session: Session): Session {
  const attempt = session.attempt + 1;
  const isFlv = (engine: Engine): boolean => engine.endsWith('flv');
  const other = session.engines.findIndex(
    (engine, index) => index > session.rung && isFlv(engine) !== isFlv(engineOf(session)),
  );
  return attempt < UNSTEADY_STARTS || session.forced || other < 0
    ? { ...session, attempt }
    : { ...session, attempt: 0, rung: other };
}

function startAfterBackoff(session: Session, random: number): Step {
  const ms = backoffMs(session.attempt, random);
  return ms === 0
    ? go(session, { at: 'starting' }, START)
    : go(session, { at: 'backoff', ms, because: 'fault' }, { do: 'wait', ms });
}

function toOffline(session: Session, reachable: boolean): Step {
  return go({ ...afresh(session), hadPicture: false }, { at: 'offline', reachable }, STOP, ASK_AGAIN);
}

function missing(session: Session): Step {
  const { at } = session.situation;
  return at === 'lookup' || at === 'offline' || at === 'interrupted' || at === 'unplayable'
    ? toOffline(session, true)
    : stay(session);
}

function unreachable(session: Session, random: number): Step {
  const { at } = session.situation;
  if (at === 'offline') return go(session, { at, reachable: false }, ASK_AGAIN);
  if (at === 'unplayable') return { session, commands: [ASK_AGAIN] };
  // The picture may come back sooner than the API: leave the connection to the watchdog and ask again.
  if (at === 'interrupted') return go(session, { at, reachable: false }, ASK_AGAIN);
  if (at !== 'lookup') return stay(session);
  const attempt = Math.max(2, session.attempt + 1);
  const ms = backoffMs(attempt, random);
  return go({ ...session, attempt }, { at: 'backoff', ms, because: 'unreachable' }, STOP, { do: 'wait', ms });
}

function picture(session: Session): Step {
  const { at } = session.situation;
  if (at !== 'starting' && at !== 'interrupted') return stay(session);
  return go({ ...session, hadPicture: true, faults: 0, unsupported: 0, trouble: '' }, { at: 'playing' });
}

/** The engine's connection is gone, or it cannot go on. Whether that is its fault is for the server to say. */
function lost(session: Session, trouble: string, unsupported: boolean): Step {
  const { at } = session.situation;
  if (at === 'paused' || at === 'blocked') return go(session, { at: 'paused', running: false }, STOP);
  if (at === 'playing' || at === 'interrupted') {
    return go({ ...tryingAgain(session), trouble }, { at: 'lookup' }, STOP, LOOK_UP);
  }
  return at === 'starting' ? nextRung(session, trouble, unsupported) : stay(session);
}

/** This engine showed nothing: the next one. After the last one, all over again, with a wait. */
function nextRung(session: Session, trouble: string, isUnsupported: boolean): Step {
  const last = session.rung + 1 >= session.engines.length;
  const unsupported = session.unsupported + (isUnsupported ? 1 : 0);
  const next: Session = {
    ...session,
    trouble: trouble || session.trouble || 'The connection ended before a picture came.',
    faults: session.faults + 1,
    unsupported: last ? 0 : unsupported,
    withoutSound: false,
    rung: last ? 0 : session.rung + 1,
    attempt: last ? Math.max(2, session.attempt + 1) : session.attempt,
  };
  // Trying again does not teach a browser a codec.
  if (last && unsupported >= session.engines.length)
    return go(next, { at: 'error', sentence: next.trouble }, STOP);
  return go(next, { at: 'lookup' }, STOP, LOOK_UP);
}

function stalled(session: Session, soundMayBeMissing: boolean): Step {
  const { at } = session.situation;
  if (at === 'playing') return go(session, { at: 'interrupted', reachable: true }, LOOK_UP);
  if (at !== 'starting') return stay(session);
  if (soundMayBeMissing && !session.withoutSound)
    return go({ ...session, withoutSound: true }, { at }, START);
  return nextRung(session, 'No picture came in time.', false);
}

function play(session: Session): Step {
  const { situation } = session;
  if (situation.at === 'blocked') return go(session, { at: 'starting' }, { do: 'jump' });
  if (isPausedRunning(session)) return go(session, { at: 'starting' }, { do: 'go on' });
  return situation.at === 'paused' ? go(session, { at: 'lookup' }, LOOK_UP) : stay(session);
}

function timer(session: Session): Step {
  const { situation } = session;
  if (situation.at === 'offline' || situation.at === 'interrupted' || situation.at === 'unplayable')
    return { session, commands: [LOOK_UP] };
  if (situation.at !== 'backoff') return stay(session);
  return situation.because === 'unreachable'
    ? go(session, { at: 'lookup' }, LOOK_UP)
    : go(session, { at: 'starting' }, START);
}
