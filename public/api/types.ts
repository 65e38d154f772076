/** What `GET /api/v1/streams` says of one stream. Numbers are unknown (`null`) until the server has measured them. */
export interface Stream {
  readonly app: string;
  readonly stream: string;
  /** `grace`: the publisher went away a moment ago and may come back; `waiting`: viewers wait, nobody publishes. */
  readonly state: 'live' | 'grace' | 'waiting';
  readonly startedAt: string;
  readonly uptimeSeconds: number;
  readonly publisher: { readonly address: string; readonly encoder: string | null } | null;
  readonly video: VideoFacts | null;
  readonly audio: AudioFacts | null;
  readonly bitrateKbps: number | null;
  /** All pictures and sounds; 0 is the main one of its kind. */
  readonly renditions?: readonly Rendition[];
  /** How far back viewers of HLS can go, in seconds. */
  readonly dvrSeconds?: number;
  /** Why a track cannot be used, in words. */
  readonly problems?: readonly string[];
  readonly viewers: {
    readonly total: number;
    readonly rtmp: number;
    readonly httpFlv: number;
    readonly wsFlv: number;
    readonly hls: number;
  };
}

export interface Rendition {
  readonly track: number;
  readonly kind: 'video' | 'audio';
  readonly codec: string;
  readonly width?: number | null;
  readonly height?: number | null;
  readonly frameRate?: number | null;
  readonly channels?: number | null;
  readonly sampleRate?: number | null;
  readonly kbps?: number | null;
}

export interface VideoFacts {
  readonly codec: string;
  readonly width: number | null;
  readonly height: number | null;
  readonly fps: number | null;
  readonly gopSeconds: number | null;
  readonly bitrateKbps: number | null;
}

export interface AudioFacts {
  readonly codec: string;
  readonly sampleRate: number | null;
  readonly channels: number | null;
  readonly bitrateKbps: number | null;
}

/** `GET /api/v1/server`. */
export interface Server {
  readonly name: string;
  readonly version: string;
  readonly uptimeSeconds: number;
  readonly rtmpPort: number;
  readonly rtmpsPort?: number;
  readonly publishAccess: string;
  /** Who may watch recordings. */
  readonly recordings?: 'operator' | 'viewers';
  /** Whether pages are asked to tell how well they play. */
  readonly playbackReports?: boolean;
  /** This machine's addresses as its network sees them, best first. */
  readonly addresses: readonly string[];
}
