import { randomBytes } from 'node:crypto';
import { EventFeed } from '../../src/observe/events.ts';
import { PlaybackTally, type PlaybackReport } from '../../src/observe/playback.ts';
import {
  ApiRefusal,
  type ApiParts,
  type HistoryPoint,
  type KeyAdmin,
  type KeyInfo,
  type RecordingAdmin,
  type RecordingInfo,
  type RelayAdmin,
  type RelayInfo,
  type VisitInfo,
} from '../../src/servers/http/api/parts.ts';
import type { StreamReport } from '../../src/servers/http/stream-report.ts';
import { configurationFor } from '../../src/servers/http/multitrack/configuration.ts';

export const STREAM: StreamReport = {
  app: 'live',
  stream: 'cam',
  state: 'live',
  startedAt: '2026-01-02T03:04:05.678Z',
  uptimeSeconds: 12.3,
  publisher: { address: '192.0.2.7', encoder: 'an encoder' },
  video: { codec: 'avc1.64001f', width: 1280, height: 720, fps: 25, gopSeconds: 2, bitrateKbps: null },
  audio: { codec: 'mp4a.40.2', sampleRate: 48_000, channels: 2, bitrateKbps: 128 },
  bitrateKbps: null,
  renditions: [
    { track: 0, kind: 'video', codec: 'avc1.64001f', width: 1280, height: 720, frameRate: 25, kbps: null },
    { track: 1, kind: 'audio', codec: 'Opus', channels: 2, sampleRate: 48_000, kbps: 64 },
  ],
  bytesIn: 1000,
  bytesOut: 5000,
  viewers: { total: 2, rtmp: 1, httpFlv: 0, wsFlv: 0, hls: 1 },
  delivery: {
    joining: 0,
    live: 1,
    lagging: 0,
    queuedBytes: 0,
    maxQueuedBytes: 0,
    lags: 0,
    skippedGops: 0,
    skippedBatches: 0,
    closed: { 'too slow': 1 },
  },
  dropped: { 'bad script data': 1 },
  problems: ['a track is odd'],
};

export const visit = (id: string, action: 'publish' | 'play', more: Partial<VisitInfo> = {}): VisitInfo => ({
  id,
  action,
  protocol: 'rtmp',
  stream: 'live/cam',
  address: '192.0.2.7',
  program: 'a program',
  since: '2026-01-02T03:04:05.678Z',
  bytesIn: 1,
  bytesOut: 2,
  ...more,
});

const NOW = '2026-01-02T03:04:05.678Z';

class FakeKeys implements KeyAdmin {
  readonly #keys = new Map<string, KeyInfo>();

  list(): readonly KeyInfo[] {
    return [...this.#keys.values()];
  }

  create(wish: Parameters<KeyAdmin['create']>[0]) {
    const { label = '', action, streams, networks = [], maxViewers, expiresAt } = wish;
    const key: KeyInfo = {
      id: `k-${this.#keys.size + 1}`,
      label,
      action,
      streams,
      networks,
      createdAt: NOW,
      ...(maxViewers !== undefined && { maxViewers }),
      ...(expiresAt !== undefined && { expiresAt }),
    };
    this.#keys.set(key.id, key);
    return Promise.resolve({ ...key, secret: randomBytes(16).toString('hex') });
  }

  rotate(id: string) {
    return Promise.resolve({ ...this.#find(id), secret: randomBytes(16).toString('hex') });
  }

  revoke(id: string) {
    const key = { ...this.#find(id), revokedAt: NOW };
    this.#keys.set(id, key);
    return Promise.resolve(key);
  }

  sign({ action }: Parameters<KeyAdmin['sign']>[0]) {
    if (action === 'play') throw new ApiRefusal(409, 'there is no secret for play: set access.playSecret');
    return { query: 'expires=1&signature=abc', expiresAt: NOW };
  }

  #find(id: string): KeyInfo {
    const key = this.#keys.get(id);
    if (!key) throw new ApiRefusal(404, `there is no key "${id}"`, 'id');
    return key;
  }
}

class FakeRecordings implements RecordingAdmin {
  #all: RecordingInfo[] = [];

  list({ stream }: { readonly stream?: string | undefined }) {
    return Promise.resolve(this.#all.filter((one) => stream === undefined || one.stream === stream));
  }

  find(id: string) {
    return Promise.resolve(this.#all.find((one) => one.id === id));
  }

  async remove(id: string) {
    const found = await this.find(id);
    if (!found) throw new ApiRefusal(404, `there is no recording "${id}"`);
    if (found.active) throw new ApiRefusal(409, 'it is still being written');
    this.#all = this.#all.filter((one) => one.id !== id);
  }

  start(stream: string, { formats }: { readonly formats: readonly ('mp4' | 'flv')[] }) {
    if (stream !== 'live/cam') throw new ApiRefusal(404, `no stream "${stream}" is being published`);
    const begun = formats.map((format) => ({
      id: `${stream}/a.${format}`,
      stream,
      file: `a.${format}`,
      format,
      startedAt: NOW,
      seconds: null,
      bytes: 0,
      active: true,
    }));
    this.#all.push(...begun);
    return Promise.resolve(begun);
  }

  stop(stream: string) {
    const closed = this.#all
      .filter((one) => one.stream === stream)
      .map((one) => ({ ...one, active: false, seconds: 1.5, bytes: 10 }));
    this.#all = closed;
    return Promise.resolve(closed);
  }
}

class FakeRelays implements RelayAdmin {
  readonly #all = new Map<string, RelayInfo>();

  list(): readonly RelayInfo[] {
    return [...this.#all.values()];
  }

  add({ direction, stream }: Parameters<RelayAdmin['add']>[0]): RelayInfo {
    const relay: RelayInfo = {
      id: `r-${this.#all.size + 1}`,
      direction,
      stream,
      url: 'rtmp://example.org/app/***',
      origin: 'api',
      state: 'connecting',
      problem: null,
      attempts: 1,
      bytes: 0,
      runningSince: null,
    };
    this.#all.set(relay.id, relay);
    return relay;
  }

  remove(id: string): boolean {
    return this.#all.delete(id);
  }
}

export interface FakeParts extends ApiParts {
  readonly feed: EventFeed;
  readonly here: Map<string, VisitInfo>;
  readonly kicked: [id: string, reason: string][];
  readonly reports: PlaybackReport[];
  /** Settings of the playback part. */
  readonly playing: { isWanted: boolean; wait: number };
}

const POINT: HistoryPoint = { at: 1000, kbpsIn: 1, kbpsOut: 2, fps: 25, viewers: 3, lateMs: null };

/** Every part of the API, complete but small. */
export function fakeParts(): FakeParts {
  const here = new Map<string, VisitInfo>();
  const kicked: [string, string][] = [];
  const reports: PlaybackReport[] = [];
  const playing = { isWanted: true, wait: 0 };
  const tally = new PlaybackTally();
  const feed = new EventFeed('run', () => Date.parse(NOW));
  return {
    feed,
    here,
    kicked,
    reports,
    playing,
    playback: {
      isWanted: () => playing.isWanted,
      take: () => playing.wait,
      heard: (report) => {
        reports.push(report);
        tally.heard(report, true);
      },
      summary: (stream) => tally.summary(stream),
      clock: () => Date.parse(NOW),
    },
    keys: new FakeKeys(),
    visits: {
      list: () => [...here.values()],
      kick: (id, reason) => {
        kicked.push([id, reason]);
        return here.delete(id);
      },
    },
    recordings: new FakeRecordings(),
    relays: new FakeRelays(),
    multitrack: {
      configure: ({ wish, app = 'live' }) =>
        Promise.resolve(
          configurationFor(
            wish,
            { renditions: [{ height: 720, bitrateKbps: 3000, codec: 'h264' }], audioKbps: 160 },
            [{ protocol: 'RTMP', url: `rtmp://127.0.0.1:1935/${app}` }],
          ),
        ),
    },
    health: (stream) =>
      stream === 'live/cam'
        ? [
            {
              code: 'keyframe-interval',
              severity: 'warning',
              text: 'A key frame comes every 8 s.',
              remedy: 'Set 2 s.',
              since: NOW,
              measured: { seconds: 8 },
            },
          ]
        : [],
    history: (stream) => (stream === 'live/cam' ? [POINT, { ...POINT, at: 3000 }] : []),
    events: (listener) => feed.listen(listener),
    settings: () => ({ api: { token: '***' } }),
    reload: () => Promise.resolve({ applied: ['access.publish'], needsRestart: [] }),
  };
}
