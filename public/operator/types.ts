/* What the API tells the operator; shapes of `/api/v1/openapi.json`. */

export interface Key {
  readonly id: string;
  readonly label: string;
  readonly action: 'publish' | 'play';
  readonly streams: string;
  readonly networks: readonly string[];
  readonly maxViewers?: number;
  readonly createdAt: string;
  readonly expiresAt?: string;
  readonly revokedAt?: string;
  readonly lastUsedAt?: string;
}

/** The secret is told this once. */
export type NewKey = Key & { readonly secret: string };

export interface Visit {
  readonly id: string;
  readonly action: 'publish' | 'play';
  readonly protocol: string;
  readonly stream: string;
  readonly address: string;
  readonly program: string;
  readonly since: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly key?: string;
}

export interface Verdict {
  readonly code: string;
  readonly severity: 'advice' | 'warning' | 'error';
  readonly text: string;
  readonly remedy: string;
  readonly since: string;
}

/** What viewers' pages have told of one protocol. */
export interface Playback {
  readonly protocol: string;
  readonly medianStartSeconds: number | null;
  readonly medianDelaySeconds: number | null;
  readonly watchedSeconds: number;
  readonly stallsPerHour: number | null;
}

/** One point of a stream's past, every two seconds. */
export interface Point {
  /** ms since 1970. */
  readonly at: number;
  readonly kbpsIn: number | null;
  readonly kbpsOut: number | null;
  readonly fps: number | null;
  readonly viewers: number;
  readonly lateMs: number | null;
}

export interface Recording {
  readonly id: string;
  readonly stream: string;
  readonly file: string;
  readonly format: 'mp4' | 'flv';
  readonly startedAt: string;
  readonly seconds: number | null;
  readonly bytes: number;
  readonly active: boolean;
}

export interface Relay {
  readonly id: string;
  readonly direction: 'push' | 'pull';
  readonly stream: string;
  readonly url: string;
  readonly origin: 'settings' | 'api';
  readonly state: 'idle' | 'connecting' | 'running' | 'waiting' | 'stopped';
  readonly problem: string | null;
  readonly attempts: number;
  readonly bytes: number;
  readonly runningSince: string | null;
}

export type Settings = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

export interface Reload {
  readonly applied: readonly string[];
  readonly needsRestart: readonly string[];
}

/** One event of the event stream; what it has beside these depends on its type. */
export interface HouseEvent {
  readonly id: string;
  readonly at: string;
  readonly type: string;
  readonly stream?: string;
  readonly [more: string]: unknown;
}
