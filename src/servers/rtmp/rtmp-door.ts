import type { Log } from '../../observe/log.ts';
import type { ServerSession, SessionBudgets } from '../../protocols/rtmp/session/server-session.ts';
import type { StreamRegistry } from '../../stream/registry.ts';
import type { ViewerEnd, ViewerSink } from '../../stream/viewer.ts';
import type { Guest } from '../admission.ts';
import type { Gate } from '../gate.ts';
import type { Watching } from '../watching.ts';
import type { CloseReason } from './close-reason.ts';
import type { HeldTotal } from './held-share.ts';
import type { ProcessorTime } from './processor-time.ts';

/** What every connection needs from the gateway. */
export interface RtmpDoor {
  readonly streams: StreamRegistry;
  readonly watching: Watching;
  readonly gate: Gate;
  /** Tells this gateway from all others, so that relays in a circle are found; without it they are not. */
  readonly relayId?: string;
  /** How long a player waits for a stream that is not there yet. */
  readonly waitMs: number;
  /** A publisher that sends nothing for this long is closed. */
  readonly idleMs: number;
  /** Counts the end of a connection. */
  readonly closed: (reason: CloseReason) => void;
  readonly log: Log;
}

/** Who is at the other end of a connection. */
export interface RtmpPeer {
  /** The number of its connection: from 1, in the order of coming. */
  readonly connection: number;
  readonly address: string;
  readonly port: number;
  /** It is this machine itself, and no proxy stands in between. */
  readonly isThisMachine: boolean;
}

/** What a connection is given when it is let in. */
export interface RtmpEntry {
  readonly guest: Guest;
  readonly peer: RtmpPeer;
  readonly budgets: SessionBudgets;
  readonly processorTime: ProcessorTime;
  readonly held: HeldTotal;
}

/** What the publishers and players of one connection need of it. */
export interface RtmpLink {
  readonly door: RtmpDoor;
  readonly session: ServerSession;
  readonly peer: RtmpPeer;
  readonly log: Log;
  /** Something is published or played on it, or has been asked for. */
  readonly isInUse: boolean;
  /** Does what may fail by the peer's fault; a failure ends the connection. */
  guarded(work: () => void): void;
  /** Ends the connection after what is queued for the peer. The first reason counts. */
  close(reason: string): void;
  /** What a viewer's media is written to. */
  sink(close: (reason: ViewerEnd) => void): ViewerSink;
}

/** Characters of a peer's own text in a log line. */
export const MAX_LOGGED = 256;
