import type { RtmpMessage } from '../protocols/rtmp/message.ts';
import type { ClientTarget } from '../protocols/rtmp/session/client-url.ts';
import type { RelayPath } from '../protocols/rtmp/session/relay-path.ts';
import type { TellRelay } from './relay-progress.ts';
import type { OpenLink, RtmpLink } from './rtmp-client.ts';
import type { RelayTime } from './time.ts';

/** What every relay shares. */
export interface RelayMeans {
  readonly open: OpenLink;
  readonly time: RelayTime;
  /** This gateway's own, see RelayPath. */
  readonly id: string;
  /** True for this gateway's own door. */
  readonly isSelf?: (address: string, port: number) => boolean;
  /** See RtmpClientOptions. */
  readonly extraCa?: string | undefined;
}

export interface RelayLineOptions {
  readonly means: RelayMeans;
  readonly mode: 'publish' | 'play';
  readonly target: ClientTarget;
  /** Never to be seen in what is said of problems. */
  readonly secrets: readonly string[];
  /** Relays passed before, without this gateway; asked at each attempt. */
  readonly path: () => RelayPath;
  /** Why no attempt may be made now, in words; undefined if one may. */
  readonly obstacle?: () => string | undefined;
  readonly started: (link: RtmpLink, path: RelayPath) => void;
  /** The same as {@link started}, of a connection that takes the place of one that stands. */
  readonly moved: (link: RtmpLink, path: RelayPath, handover: Handover) => void;
  /** A former connection, which has not been left yet, has ended by itself. */
  readonly formerLost?: () => void;
  readonly media?: (message: RtmpMessage) => void;
  readonly flush?: () => void;
  /** A connection that had started, or had not, is over; another one may follow. */
  readonly lost: (problem: string) => void;
  readonly tell: TellRelay;
}

/** How one connection takes the place of another. */
export interface Handover {
  /** Call when the former connection is not needed any more. It is closed then. */
  readonly leave: () => void;
  /** What comes goes on with the same frames: its clock minus the former one's, ms modulo 2^32. Undefined: it begins anew. */
  readonly offset: number | undefined;
}
