import type { StreamName } from '../media/stream-name.ts';

/** How somebody publishes or watches. `recording`: a file, or HLS made of one. */
export type VisitProtocol = 'rtmp' | 'http-flv' | 'ws-flv' | 'hls' | 'recording' | 'relay';

/** Somebody at a door who wants to publish or watch. Nothing in here has been checked but the name's spelling. */
export interface Visit {
  readonly action: 'publish' | 'play';
  readonly protocol: VisitProtocol;
  /** As asked for. A publish key stands where the stream's name would: `live/KEY`. */
  readonly name: StreamName;
  /** Parameters of the URL or of the key, without `?`: keys, signatures and tokens come in here. Never logged unmasked. */
  readonly query: string;
  /** `Authorization: Bearer …`, without the word; HTTP only. */
  readonly bearer?: string | undefined;
  /** IP address of the peer, the real one where a trusted proxy told it. */
  readonly address: string;
  /** True if the peer is this machine itself and no proxy stands in between. */
  readonly isThisMachine: boolean;
  /** `Origin`, or else `Referer`, of a browser's page; `pageUrl` of an RTMP player. */
  readonly origin?: string | undefined;
  /** What the encoder or player calls itself. */
  readonly program?: string | undefined;
  /** RTMP's `tcUrl`, else undefined. */
  readonly tcUrl?: string | undefined;
  /** RTMP's `swfUrl`, else undefined. */
  readonly swfUrl?: string | undefined;
  /** Number of the RTMP connection in this run of the program: what back ends of nginx-rtmp know as `clientid`. */
  readonly connection?: number | undefined;
}

/** What is known of a visit's traffic when it is over, bytes. */
export interface Traffic {
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** A visitor that was let in. Both ends of the visit are told to it, so that it is listed, counted and announced. */
export interface Pass {
  /** Of this visit, unique within the process's life: `v-…`; in the API, hooks and the log. */
  readonly id: string;
  /**
   * Publishing or playing has really begun. `kick` ends it when an operator or a rule wants so; it may be called late, never,
   * or before `began` returns.
   */
  began(kick: (reason: string) => void, traffic: () => Traffic): void;
  /** The visit is over, however; called once, also if it never began. */
  over(reason: string): void;
}

/** Why somebody may not come in, and where to go instead, if anywhere. */
export interface Refusal {
  /** For the person at the encoder or player, never a secret in it. */
  readonly reason: string;
  /** Look elsewhere: a URL of the same protocol (RTMP: `ex.redirect` of the refusal, code 302; HTTP: 302). */
  readonly redirect?: string | undefined;
  /** Nothing was shown that could let the visitor in: HTTP says 401 instead of 403. */
  readonly missing?: boolean | undefined;
  /** It is nobody's fault and will pass: HTTP says 503. */
  readonly isForNow?: boolean | undefined;
}

export type Verdict =
  /** `name` is where the visitor is led: behind a key, or by a hook's wish, it may be another than asked for. */
  | {
      readonly granted: true;
      readonly name: StreamName;
      readonly key?: string | undefined;
      readonly pass: Pass;
    }
  | ({ readonly granted: false } & Refusal);

/** An RTMP peer that has sent `connect`. */
export interface Caller {
  readonly address: string;
  readonly app: string;
  /** Parameters of app and tcUrl, without `?`. Never logged unmasked. */
  readonly query: string;
  readonly tcUrl: string;
  readonly program: string;
  /** `pageUrl` of a player. */
  readonly origin?: string | undefined;
  readonly swfUrl?: string | undefined;
  /** The number of its connection. */
  readonly connection?: number | undefined;
}

/**
 * Who may come in. Doors ask before they do anything that could be seen outside; the answer comes at once (before `ask`
 * returns) where nobody else has to be asked, or later. The returned function gives up: no answer comes after it.
 */
export interface Gate {
  ask(visit: Visit, answer: (verdict: Verdict) => void): () => void;
  /** Undefined: the peer may go on, else the reason why not. Same contract as `ask`. */
  connect(caller: Caller, answer: (refusal: Refusal | undefined) => void): () => void;
  /** A peer that was told to go on has gone; its visits are over already. */
  disconnected?(caller: Caller): void;
  /** Nobody is ever refused to watch this: HLS may be served to whoever has not been asked. It may change at any time. */
  isOpen(name: StreamName): boolean;
}
