import type { Engine } from './engines.ts';

/** Where a viewing stands. `engine` is the one at work, or the one that is next. */
export type Situation =
  | { at: 'lookup' }
  | { at: 'starting' }
  | { at: 'playing' }
  | { at: 'blocked' }
  | { at: 'paused'; running: boolean }
  | { at: 'interrupted'; reachable: boolean }
  | { at: 'backoff'; ms: number; because: 'fault' | 'unreachable' }
  | { at: 'offline'; reachable: boolean }
  | { at: 'error'; sentence: string }
  /** This browser does not know the stream's codecs, as they are now: its publisher may change them. */
  | { at: 'unplayable'; sentence: string }
  /** This viewer may not watch: asking again by itself would change nothing, and look like guessing. */
  | { at: 'refused'; sentence: string };

export type ShownState = 'loading' | 'playing' | 'paused' | 'offline' | 'reconnecting' | 'error';

export interface Session {
  readonly situation: Situation;
  readonly engines: readonly [Engine, ...Engine[]];
  readonly forced: boolean;
  /** Index into `engines`. */
  readonly rung: number;
  /** Attempts since the last steady playing. */
  readonly attempt: number;
  /** Starts in a row that never showed a picture. */
  readonly faults: number;
  /** How many of them, in this round of the ladder, because the browser does not know the codecs. */
  readonly unsupported: number;
  readonly hadPicture: boolean;
  /** Ask the engine for pictures only: sound was promised and never came. */
  readonly withoutSound: boolean;
  /** Why the last engine gave up, for the error sentence. */
  readonly trouble: string;
}

export type SessionEvent =
  /** `fitting`: the engines that can play what the stream is made of now, if that is known; else why none can. */
  | { kind: 'found'; state: 'live' | 'grace' | 'waiting'; fitting?: Fitting }
  | { kind: 'missing' }
  | { kind: 'unreachable' }
  | { kind: 'picture' }
  | { kind: 'steady' }
  | { kind: 'ended' }
  | { kind: 'failed'; trouble: string; unsupported: boolean }
  | { kind: 'refused'; sentence: string }
  | { kind: 'stalled'; soundMayBeMissing: boolean }
  | { kind: 'tracks changed' }
  /** The viewer wants another rendition, or another engine that brings it. */
  | { kind: 'switch' }
  | { kind: 'blocked' }
  | { kind: 'pause' }
  | { kind: 'play' }
  | { kind: 'idle' }
  | { kind: 'timer' }
  | { kind: 'retry' };

/** Engines to try in this order, or a sentence for the viewer. */
export type Fitting = readonly [Engine, ...Engine[]] | string;

/** `wait` replaces the wait before it; when it is over, the `timer` event is due. */
export type Command =
  | { do: 'look up' }
  | { do: 'start' }
  | { do: 'stop' }
  /** To the edge. */
  | { do: 'jump' }
  /** After a pause: where it stood if there is a past, else to the edge. */
  | { do: 'go on' }
  | { do: 'wait'; ms: number };

export interface Step {
  readonly session: Session;
  readonly commands: readonly Command[];
}

export const engineOf = (session: Session): Engine => session.engines[session.rung] ?? session.engines[0];

/** What the page shows of a situation. */
export function shownState(session: Session): ShownState {
  const { at } = session.situation;
  switch (at) {
    case 'lookup':
    case 'starting':
      return session.hadPicture ? 'reconnecting' : 'loading';
    case 'blocked':
    case 'paused':
      return 'paused';
    case 'interrupted':
    case 'backoff':
      return 'reconnecting';
    case 'playing':
    case 'offline':
    case 'error':
      return at;
    case 'refused':
    case 'unplayable':
      return 'error';
  }
}
