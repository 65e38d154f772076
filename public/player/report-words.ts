import type { Engine } from './engines.ts';
import { shownState, type Session } from './session.ts';
import type { Moment, Protocol } from './viewing-log.ts';

export function protocolOf(engine: Engine, isLowLatency: boolean): Protocol {
  if (engine === 'native') return 'native-hls';
  return engine === 'hls' && isLowLatency ? 'll-hls' : engine;
}

export interface Standing {
  readonly session: Session;
  readonly isPaused: boolean;
  /** The video has nothing to play on with. */
  readonly isStarved: boolean;
  /** The server says that the encoder sends. */
  readonly isOnAir: boolean;
}

/** A picture that stands because its encoder is gone is no failure of the way to the viewer. */
export function stateForLog({ session, isPaused, isStarved, isOnAir }: Standing): Moment['state'] {
  const { at } = session.situation;
  if (at === 'playing' && !isPaused) return isStarved ? 'stuck' : 'moving';
  return shownState(session) === 'reconnecting' && isOnAir ? 'stuck' : 'idle';
}
