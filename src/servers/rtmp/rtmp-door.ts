import type { Log } from '../../observe/log.ts';
import type { SessionBudgets } from '../../protocols/rtmp/session/server-session.ts';
import type { StreamRegistry } from '../../stream/registry.ts';
import type { Guest } from '../admission.ts';
import type { Watching } from '../watching.ts';
import type { CloseReason } from './close-reason.ts';
import type { ProcessorTime } from './processor-time.ts';

/** What every connection needs from the gateway. */
export interface RtmpDoor {
  readonly streams: StreamRegistry;
  readonly watching: Watching;
  /** How long a player waits for a stream that is not there yet. */
  readonly waitMs: number;
  /** A publisher that sends nothing for this long is closed. */
  readonly idleMs: number;
  /** The reason why a publisher is refused, or undefined. */
  readonly mayPublish: (origin: {
    readonly address: string;
    readonly isThisMachine: boolean;
  }) => string | undefined;
  /** Counts the end of a connection. */
  readonly closed: (reason: CloseReason) => void;
  readonly log: Log;
}

/** What a connection is given when it is let in. */
export interface RtmpEntry {
  readonly guest: Guest;
  readonly budgets: SessionBudgets;
  readonly processorTime: ProcessorTime;
}
