import type { Settings } from '../config/schema.ts';
import { maskedSettings } from '../config/masked.ts';
import type { EventFeed } from '../observe/events.ts';
import type { Log } from '../observe/log.ts';
import { Metrics, type MetricsSource } from '../observe/metrics.ts';
import { PlaybackTally } from '../observe/playback.ts';
import { createApi, type Api, type ApiOptions } from '../servers/http/api/api.ts';
import { Debts, REPORTS } from '../servers/http/api/debts.ts';
import { Operators, type OperatorsOptions } from '../servers/http/api/operators.ts';
import type { ApiParts, PlaybackDesk } from '../servers/http/api/parts.ts';
import type { HlsAudience } from '../servers/http/hls-audience.ts';
import type { PagesOptions } from '../servers/http/pages.ts';
import type { After } from '../stream/registry.ts';
import type { Stream } from '../stream/stream.ts';
import { openApiToken, type ApiToken } from './api-token.ts';
import { HlsTraffic } from './hls-traffic.ts';
import { measureStream } from './reports.ts';
import { StreamPast } from './stream-past.ts';
import { VERSION } from './version.ts';

export interface OperatingOptions {
  /** In force now: they may change. */
  readonly settings: () => Settings;
  readonly parts: Omit<ApiParts, 'history' | 'events' | 'settings' | 'playback'>;
  readonly feed: EventFeed;
  readonly streams: () => readonly Stream[];
  readonly audience: Pick<HlsAudience, 'count'>;
  /** How late a stream's frames came in the last second, ms, at most. */
  readonly lateMs: (path: string) => number | undefined;
  readonly metrics: Pick<MetricsSource, 'viewers' | 'batchMs' | 'utilization' | 'operation'>;
  readonly api: Pick<ApiOptions, 'streams' | 'server' | 'sendPoster' | 'sendRecording' | 'recordingIsPublic'>;
  readonly clients: OperatorsOptions['clients'];
  /** ms, monotonic. */
  readonly now: () => number;
  /** ms since 1970. */
  readonly clock: () => number;
  readonly after: After;
  readonly log: Log;
}

/** What an operator sees and does: the API, the metrics, and the past of streams. */
export class Operating {
  readonly metrics: Metrics;
  readonly past: StreamPast;
  readonly hlsTraffic = new HlsTraffic();
  readonly #options: OperatingOptions;
  readonly #operators: Operators;
  readonly #api: Api;
  #token: ApiToken | undefined;

  constructor(options: OperatingOptions) {
    this.#options = options;
    const { parts, feed, streams, audience, lateMs, now, clock, after, log } = options;
    this.past = new StreamPast({
      clock,
      lateMs,
      hls: (path) => ({ bytes: this.hlsTraffic.of(path), viewers: audience.count(path) }),
    });
    this.metrics = new Metrics({
      ...options.metrics,
      streams: () => streams().map((stream) => this.#measure(stream)),
      now,
      version: VERSION,
    });
    feed.listen((event) => this.metrics.happened(event));
    this.#operators = new Operators({
      token: () => this.#token?.token ?? '',
      trustLoopback: () => options.settings().api.trustLoopback,
      now,
      clients: options.clients,
    });
    this.#api = createApi({
      ...options.api,
      parts: {
        ...parts,
        playback: this.#playbackDesk(),
        history: (path) => this.past.of(path),
        events: (listener) => feed.listen(listener),
        settings: () => maskedSettings(options.settings()),
      },
      operators: this.#operators,
      version: VERSION,
      after,
      refused: (status) => this.metrics.apiRefused(status),
      log,
    });
  }

  /** Finds or makes the token. Call when there is a data directory. @throws {DataDirError} */
  open(dir: string): ApiToken {
    const { settings, log } = this.#options;
    this.#token = openApiToken({ dir, configured: settings().api.token, log });
    const { place, isNew } = this.#token;
    log.info({ place }, isNew ? 'a token for the API has been made' : 'the token of the API is in its place');
    return this.#token;
  }

  /**
   * Reads the token again, from the settings or its file; the returned function puts it in force. Browsers that signed in with
   * another one are signed out then. @throws {DataDirError}
   */
  reopen(dir: string, { token }: Settings['api']): () => void {
    const found = openApiToken({ dir, configured: token, log: this.#options.log });
    return () => {
      if (found.token !== this.#token?.token) this.#operators.signOutAll();
      this.#token = found;
    };
  }

  /** Where the token is to be found, once it has been opened. */
  get tokenPlace(): string {
    return this.#token?.place ?? '';
  }

  /** For the pages. */
  get pages(): Pick<PagesOptions, 'api' | 'metrics' | 'metricsRefusal'> {
    return {
      api: this.#api.router,
      metrics: () => this.metrics.render(),
      metricsRefusal: (request) =>
        this.#options.settings().api.metrics === 'open' || this.#operators.meet(request).isOperator
          ? undefined
          : 'metrics are for the operator: send the API token as "Authorization: Bearer …" (api.metrics)',
    };
  }

  /** Call about once a second while there are streams. */
  tick(): void {
    this.past.tick(this.#options.streams());
  }

  streamEnded(stream: Stream): void {
    const { received, sent } = this.#measure(stream);
    this.metrics.streamEnded(stream.name.path, received, sent);
    this.past.ended(stream);
    this.hlsTraffic.forget(stream.name.path);
  }

  /** Ends the answers that would go on for ever. */
  close(): void {
    this.#api.close();
  }

  #playbackDesk(): PlaybackDesk {
    const { settings, clock, now, streams } = this.#options;
    const tally = new PlaybackTally();
    const debts = new Debts(now, REPORTS);
    return {
      clock,
      isWanted: () => settings().api.playbackReports,
      take(address) {
        const wait = debts.wait(address);
        if (wait === 0) debts.count(address);
        return wait;
      },
      heard: (report) => {
        tally.heard(
          report,
          streams().some(({ name }) => name.path === report.stream),
        );
        this.metrics.playback.heard(report);
      },
      summary: (stream) => tally.summary(stream),
    };
  }

  #measure(stream: Stream): ReturnType<typeof measureStream> {
    const { audience, lateMs } = this.#options;
    const { path } = stream.name;
    return measureStream(stream, {
      hlsViewers: audience.count(path),
      hlsBytes: this.hlsTraffic.of(path),
      lateMs: lateMs(path),
    });
  }
}
