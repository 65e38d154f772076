import type { IncomingMessage } from 'node:http';
import type { GatewayEvent } from '../../../observe/events.ts';
import type { PlaybackReport, PlaybackSummary } from '../../../observe/playback.ts';
import type { ClientRequest } from '../multitrack/client-request.ts';
import type { Configuration } from '../multitrack/configuration.ts';

/*
 * What the API needs of the rest of the house. The API knows only these shapes; the app gives it the parts that have them.
 * Anything that may be refused throws ApiRefusal.
 */

/** A wish that cannot be met, in words for the operator. The status is HTTP's: 400, 404, 409, 503. */
export class ApiRefusal extends Error {
  override readonly name = 'ApiRefusal';
  readonly status: number;
  /** The field that is wrong, if one is. */
  readonly field: string | undefined;

  constructor(status: number, message: string, field?: string) {
    super(message);
    this.status = status;
    this.field = field;
  }
}

/** Too much of something from one address. */
export class TooMany extends ApiRefusal {
  /** Until it may be tried again. */
  readonly seconds: number;

  /** @param what the first half of the sentence */
  constructor(what: string, seconds: number) {
    super(429, `${what}; try again in ${seconds} s`);
    this.seconds = seconds;
  }
}

/** A stream key without its secret. */
export interface KeyInfo {
  readonly id: string;
  readonly label: string;
  readonly action: 'publish' | 'play';
  /** Where it leads: for publish keys one stream or a pattern (`live/*`: the encoder may name the stream); for play keys a pattern. */
  readonly streams: string;
  /** CIDR; empty: everywhere. */
  readonly networks: readonly string[];
  /** At a time, of a play key; undefined: any number. */
  readonly maxViewers?: number;
  readonly createdAt: string;
  readonly expiresAt?: string;
  readonly revokedAt?: string;
  readonly lastUsedAt?: string;
}

export interface KeyWish {
  readonly label?: string | undefined;
  readonly action: 'publish' | 'play';
  readonly streams: string;
  readonly networks?: readonly string[] | undefined;
  readonly maxViewers?: number | undefined;
  readonly expiresAt?: string | undefined;
}

export interface KeyAdmin {
  list(): readonly KeyInfo[];
  /** The secret is told this once. It resolves when the key is on the disk. */
  create(wish: KeyWish): Promise<KeyInfo & { readonly secret: string }>;
  /** A new secret for the same key; the old one stops at once. */
  rotate(id: string): Promise<KeyInfo & { readonly secret: string }>;
  /** Whoever uses it now is sent away. */
  revoke(id: string): Promise<KeyInfo>;
  /** A URL that works until `expiresAt` (seconds since 1970) without a stored key; refused if there is no secret for the action. */
  sign(wish: { readonly action: 'publish' | 'play'; readonly stream: string; readonly seconds: number }): {
    readonly query: string;
    readonly expiresAt: string;
  };
}

/** A publisher or a viewer that is here now. */
export interface VisitInfo {
  readonly id: string;
  readonly action: 'publish' | 'play';
  readonly protocol: string;
  readonly stream: string;
  readonly address: string;
  readonly program: string;
  readonly since: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Of the key it came with, if it did. */
  readonly key?: string;
}

export interface VisitAdmin {
  list(): readonly VisitInfo[];
  /** False: there is no such visit. */
  kick(id: string, reason: string): boolean;
}

export interface RecordingInfo {
  /** `app/stream/file.mp4`: also its path below `/api/v1/recordings/`. */
  readonly id: string;
  readonly stream: string;
  readonly file: string;
  readonly format: 'mp4' | 'flv';
  readonly startedAt: string;
  readonly seconds: number | null;
  readonly bytes: number;
  /** Still being written. */
  readonly active: boolean;
}

export interface RecordingAdmin {
  list(filter: { readonly stream?: string | undefined }): Promise<readonly RecordingInfo[]>;
  find(id: string): Promise<RecordingInfo | undefined>;
  remove(id: string): Promise<void>;
  /** Starts on demand; gives the new recordings. */
  start(
    stream: string,
    wish: { readonly formats: readonly ('mp4' | 'flv')[] },
  ): Promise<readonly RecordingInfo[]>;
  /** Ends what was started on demand or by rule; gives what was closed. */
  stop(stream: string): Promise<readonly RecordingInfo[]>;
}

export interface RelayInfo {
  readonly id: string;
  readonly direction: 'push' | 'pull';
  readonly stream: string;
  /** Passwords, keys and parameters masked. */
  readonly url: string;
  readonly origin: 'settings' | 'api';
  readonly state: 'idle' | 'connecting' | 'running' | 'waiting' | 'stopped';
  /** Why it is not running, in words. */
  readonly problem: string | null;
  readonly attempts: number;
  readonly bytes: number;
  readonly runningSince: string | null;
}

export interface RelayAdmin {
  list(): readonly RelayInfo[];
  add(wish: {
    readonly direction: 'push' | 'pull';
    readonly stream: string;
    readonly url: string;
    readonly when?: 'watched' | 'always' | undefined;
  }): RelayInfo;
  /** False: there is no such relay. */
  remove(id: string): boolean;
}

/** What the stream doctor says: newest measurement, and what to do. */
export interface HealthVerdict {
  /** `keyframe-interval`, `bitrate-starving` … */
  readonly code: string;
  readonly severity: 'advice' | 'warning' | 'error';
  /** One sentence with the measurement. */
  readonly text: string;
  /** What to do, naming the encoder's menu where it is known. */
  readonly remedy: string;
  readonly since: string;
  readonly measured: Readonly<Record<string, number | string>>;
}

/** One point of a stream's recent past, every two seconds. */
export interface HistoryPoint {
  /** ms since 1970. */
  readonly at: number;
  readonly kbpsIn: number | null;
  readonly kbpsOut: number | null;
  readonly fps: number | null;
  readonly viewers: number;
  /** How late frames came beside the stream's own clock, ms, at most. */
  readonly lateMs: number | null;
}

export interface ReloadReport {
  /** Settings that are in force now. */
  readonly applied: readonly string[];
  /** Settings that differ in the file but need a restart. */
  readonly needsRestart: readonly string[];
}

/** What players tell of how well they play. */
export interface PlaybackDesk {
  /** `api.playbackReports` */
  isWanted(): boolean;
  /** Takes one report's worth of an address's allowance: 0, or the seconds until there is some again. */
  take(address: string): number;
  heard(report: PlaybackReport): void;
  /** @param stream `app/stream`; undefined: of all */
  summary(stream: string | undefined): readonly PlaybackSummary[];
  /** ms since 1970 */
  clock(): number;
}

/** An encoder's question what to send. */
export interface MultitrackAsk {
  readonly wish: ClientRequest;
  /** Application, if one is asked for. */
  readonly app: string | undefined;
  /** How it came. */
  readonly request: IncomingMessage;
}

export interface MultitrackDesk {
  configure(ask: MultitrackAsk): Promise<Configuration>;
}

export interface ApiParts {
  readonly multitrack: MultitrackDesk;
  readonly playback: PlaybackDesk;
  readonly keys: KeyAdmin;
  readonly visits: VisitAdmin;
  readonly recordings: RecordingAdmin;
  readonly relays: RelayAdmin;
  readonly health: (stream: string) => readonly HealthVerdict[];
  readonly history: (stream: string) => readonly HistoryPoint[];
  /** The returned function stops listening. */
  readonly events: (listener: (event: GatewayEvent) => void) => () => void;
  /** All settings in force, secrets masked. */
  readonly settings: () => Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly reload: () => Promise<ReloadReport>;
}
