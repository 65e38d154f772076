import { EventEmitter } from 'node:events';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publishRefusal } from '../access/publish-policy.ts';
import { loadSettings, type SettingsInput } from '../config/load.ts';
import type { Settings } from '../config/schema.ts';
import { createLog, type Log } from '../observe/log.ts';
import { Metrics } from '../observe/metrics.ts';
import { Admission } from '../servers/admission.ts';
import { HlsAudience } from '../servers/http/hls-audience.ts';
import { HlsRoute } from '../servers/http/hls-route.ts';
import { HttpServer } from '../servers/http/http-server.ts';
import { createPages } from '../servers/http/pages.ts';
import { withinOpenFiles } from '../servers/open-files.ts';
import { RtmpServer } from '../servers/rtmp/rtmp-server.ts';
import { Watching } from '../servers/watching.ts';
import { Pacing } from '../stream/pacing.ts';
import { StreamRegistry, type After } from '../stream/registry.ts';
import type { Stream } from '../stream/stream.ts';
import { ViewerTally } from '../stream/viewer-tally.ts';
import { openDataDir } from './data-dir.ts';
import { HlsShelf } from './hls-shelf.ts';
import { lanAddresses } from './lan-address.ts';
import { LoadWatch } from './load-watch.ts';
import { NumberFile } from './number-file.ts';
import { NumberReserve } from './number-reserve.ts';
import { measureStream, measureViewers, reportStreams } from './reports.ts';
import { Ticker } from './ticker.ts';
import { VERSION } from './version.ts';

/** What a program that embeds the gateway can listen to. */
export interface GatewayEvents {
  /** A stream has come to be: its name as `app/stream`. */
  streamStarted: [path: string];
  /** A stream is over, its grace time included. */
  streamEnded: [path: string, reason: string];
}

export interface GatewayOptions {
  /** Settings that differ from the defaults: `{ rtmp: { port: 0 } }`. */
  readonly settings?: SettingsInput;
  /** Where log lines go; by default what `log.level` and `log.format` say. */
  readonly log?: Log;
  /** The built player page; by default the one beside this file. */
  readonly publicDir?: string;
}

/** The ports that were really opened. */
export interface GatewayPorts {
  readonly rtmp: number;
  readonly http: number;
}

/** In the data directory: see NumberReserve. */
const NUMBERS = 'playlist-numbers.json';
/** How long players that poll get to fetch the last playlist after the gateway was told to stop. */
const LAST_PLAYLIST_MS = 2_500;
/** How long answers under way get to finish. */
const DRAIN_MS = 1_500;

/** Builds the parts and stops them in reverse; the only place that knows all of them. */
export class Gateway extends EventEmitter<GatewayEvents> {
  readonly settings: Settings;
  readonly log: Log;
  readonly #streams: StreamRegistry;
  readonly #numbers: NumberReserve;
  readonly #hls: HlsShelf;
  readonly #audience: HlsAudience;
  readonly #ticker: Ticker;
  readonly #rtmp: RtmpServer;
  readonly #http: HttpServer;
  readonly #startedAt = Date.now();
  #isStarted = false;
  #ports: GatewayPorts | undefined;
  #stopping: Promise<void> | undefined;

  /** @throws {ConfigError} */
  constructor(options: GatewayOptions = {}) {
    super();
    this.settings = loadSettings({ flags: options.settings ?? {} });
    const { settings } = this;
    this.log = options.log ?? createLog(settings.log);
    const now = (): number => performance.now();
    const after: After = (ms, callback) => {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    };
    const file = new NumberFile(resolve(settings.data.dir, NUMBERS));
    this.#numbers = new NumberReserve({ file, clock: Date.now, log: this.log });
    this.#hls = new HlsShelf({
      ...settings.hls,
      clock: Date.now,
      after,
      numbers: this.#numbers,
      onProblem: (stream, why) => this.log.warn({ stream }, `not in HLS: ${why}`),
    });
    this.#audience = new HlsAudience(now, settings.hls.segmentSeconds);
    const tally = new ViewerTally();
    const pacing = new Pacing(settings.delivery.batchMs);
    const load = new LoadWatch(pacing, this.log);
    this.#streams = new StreamRegistry({
      now,
      clock: Date.now,
      get batchMs() {
        return pacing.batchMs;
      },
      tally,
      graceSeconds: settings.publish.graceSeconds,
      after,
      opened: (stream) => this.#opened(stream),
      ended: (stream, reason) => this.#ended(stream, reason),
    });
    this.#ticker = new Ticker({
      now,
      streams: () => this.#streams.list(),
      everyTick: (at) => load.look(at),
      everySecond: () => this.#everySecond(),
    });
    const metrics = new Metrics({
      streams: () => this.#streams.list().map((stream) => measureStream(stream, this.#audience)),
      viewers: () => measureViewers(tally),
      batchMs: () => pacing.batchMs,
      utilization: () => load.utilizationSinceAsked(),
    });
    const { viewerQueueBytes, viewerLagSeconds } = settings.delivery;
    const limits = { queueBytes: viewerQueueBytes, lagMs: viewerLagSeconds * 1000 };
    const watching = new Watching(this.#streams, limits, this.log);
    const admission = new Admission(withinOpenFiles(settings.limits, this.log), this.log);
    this.#rtmp = new RtmpServer({
      ...settings.rtmp,
      admission,
      streams: this.#streams,
      watching,
      waitMs: settings.play.waitSeconds * 1000,
      idleMs: settings.publish.idleSeconds * 1000,
      mayPublish: (origin) => publishRefusal(settings.access.publish, origin),
      closed: (reason) => metrics.connectionClosed('rtmp', reason),
      log: this.log,
    });
    this.#http = new HttpServer({
      host: settings.http.host,
      port: settings.http.port,
      admission,
      closed: (reason) => metrics.connectionClosed('http', reason),
      watching,
      hls: new HlsRoute({
        find: (path) => this.#hls.find(path),
        whenPublished: (path, ms, callback) => this.#whenHls(watching, path, ms, callback),
        seen: (path, request) => this.#audience.seen(path, request),
        gzip: settings.http.gzip,
      }),
      pages: createPages({
        publicDir: options.publicDir ?? fileURLToPath(new URL('../../dist/public', import.meta.url)),
        streams: () =>
          reportStreams(this.#streams.list(), this.#audience, (path) => this.#hls.find(path)?.newest.facts()),
        server: () => this.#describe(),
        isReady: () => this.#ports !== undefined && this.#stopping === undefined,
        metrics: () => metrics.render(),
        log: this.log,
      }),
      log: this.log,
    });
  }

  /** Opens the doors. @throws {ListenError | DataDirError} */
  async start(): Promise<GatewayPorts> {
    if (this.#isStarted) throw new Error('a gateway can be started once; create another one');
    this.#isStarted = true;
    openDataDir(this.settings.data.dir);
    this.#numbers.open();
    const http = await this.#http.start();
    try {
      const rtmp = await this.#rtmp.start();
      this.#ports = { rtmp: rtmp.port, http: http.port };
    } catch (error) {
      this.#http.destroy();
      await this.#http.stop();
      throw error;
    }
    this.log.info({ version: VERSION, ...this.#ports }, 'gateway ready');
    return this.#ports;
  }

  /** Ends every stream properly (playlists get their end mark, viewers are closed), then the doors. Safe to call twice. */
  stop(): Promise<void> {
    this.#isStarted = true; // there is nothing left to start
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  async #stop(): Promise<void> {
    this.log.info('stopping');
    this.#audience.tick();
    const hasPlayers = this.#audience.total > 0;
    this.#streams.close('shutting down'); // before their publishers' connections, which would begin grace times
    const isRtmpClosed = this.#rtmp.stop();
    if (hasPlayers) await new Promise((resolve) => setTimeout(resolve, LAST_PLAYLIST_MS));
    const isDrained = Promise.all([this.#http.stop(), isRtmpClosed]);
    const timer = setTimeout(() => {
      this.#rtmp.destroy();
      this.#http.destroy();
    }, DRAIN_MS);
    await isDrained;
    clearTimeout(timer);
    this.#ticker.stop();
    this.#hls.clear();
    await this.#numbers.close();
    this.log.info('stopped');
  }

  #opened(stream: Stream): void {
    this.#hls.open(stream);
    this.#ticker.start();
    this.emit('streamStarted', stream.name.path);
  }

  #ended(stream: Stream, reason: string): void {
    this.log.info({ stream: stream.name.path, reason }, 'stream ended');
    if (this.#streams.list().length === 0) this.#ticker.stop();
    this.emit('streamEnded', stream.name.path, reason);
  }

  #everySecond(): void {
    this.#audience.tick();
    this.#hls.tick();
  }

  /** A stream that is over is still served from the shelf for a while; one to come is waited for. */
  #whenHls(
    watching: Watching,
    path: string,
    ms: number,
    callback: (found: ReturnType<HlsShelf['find']>) => void,
  ): () => void {
    const found = this.#hls.find(path);
    if (found) {
      callback(found);
      return () => undefined;
    }
    return watching.whenPublished(path, ms, () => callback(this.#hls.find(path)));
  }

  #describe(): object {
    return {
      name: 'millrace',
      version: VERSION,
      uptimeSeconds: Math.round((Date.now() - this.#startedAt) / 100) / 10,
      rtmpPort: this.#ports?.rtmp ?? this.settings.rtmp.port,
      publishAccess: this.settings.access.publish,
      addresses: lanAddresses(),
    };
  }
}

/** The library's way in: `const gateway = createGateway({ settings: { rtmp: { port: 0 } } })`. */
export function createGateway(options: GatewayOptions = {}): Gateway {
  return new Gateway(options);
}
