import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadSettings, type SettingsInput } from '../config/load.ts';
import type { Settings } from '../config/schema.ts';
import type { VideoFrame } from '../media/frame.ts';
import { EventFeed } from '../observe/events.ts';
import { createLog, type Log } from '../observe/log.ts';
import type { Recorder } from '../outputs/recorder/recorder.ts';
import { Admission } from '../servers/admission.ts';
import { HlsRoute } from '../servers/http/hls-route.ts';
import { HttpServer } from '../servers/http/http-server.ts';
import type { ServerReport } from '../servers/http/api/schemas/server.ts';
import { createPages } from '../servers/http/pages.ts';
import { PosterRoute } from '../servers/http/poster-route.ts';
import { withinOpenFiles } from '../servers/open-files.ts';
import { RtmpServer } from '../servers/rtmp/rtmp-server.ts';
import { Watching } from '../servers/watching.ts';
import { Pacing } from '../stream/pacing.ts';
import { StreamRegistry, type After } from '../stream/registry.ts';
import type { Stream } from '../stream/stream.ts';
import { ViewerTally } from '../stream/viewer-tally.ts';
import { Access } from './access.ts';
import { openDataDir } from './data-dir.ts';
import { Draining } from './draining.ts';
import { Examining } from './examining.ts';
import { Gatehouse } from './gatehouse.ts';
import { Hooking } from './hooking.ts';
import { HlsShelf } from './hls-shelf.ts';
import { lanAddresses } from './lan-address.ts';
import { LoadWatch } from './load-watch.ts';
import { NumberFile } from './number-file.ts';
import { NumberReserve } from './number-reserve.ts';
import { Operating } from './operating.ts';
import { Relaying, viewersOf } from './relaying.ts';
import { createRecorder, recordingAdmin } from './recording.ts';
import { RecordingsView } from './recordings-view.ts';
import { Reloading } from './reloading.ts';
import { measureViewers, reportStreams } from './reports.ts';
import { SettingsInForce, type ReloadReport } from './settings-in-force.ts';
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
  /** Reads the settings again for {@link Gateway.reload}; without it, only files that they name are read again. @throws {ConfigError} */
  readonly readSettings?: () => SettingsInput;
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
/** Said to whoever comes when it is over. */
const SHUTTING_DOWN = 'the gateway is shutting down';
/** How long answers under way get to finish. */
const DRAIN_MS = 1_500;

/** Builds the parts and stops them in reverse; the only place that knows all of them. */
export class Gateway extends EventEmitter<GatewayEvents> {
  readonly log: Log;
  readonly #settings: SettingsInForce;
  readonly #streams: StreamRegistry;
  readonly #numbers: NumberReserve;
  readonly #feed = new EventFeed(randomUUID(), Date.now);
  readonly #access: Access;
  readonly #operating: Operating;
  readonly #examining: Examining;
  readonly #relaying: Relaying;
  readonly #hls: HlsShelf;
  readonly #recorder: Recorder;
  readonly #recordings: RecordingsView;
  readonly #gatehouse: Gatehouse;
  readonly #hooking: Hooking;
  readonly #reloading: Reloading;
  readonly #draining: Draining;
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
    const { settings: given = {}, readSettings } = options;
    const settings = loadSettings({ flags: given });
    this.#settings = new SettingsInForce({
      settings,
      read: () => loadSettings({ flags: readSettings?.() ?? given }),
    });
    const inForce = (): Settings => this.settings;
    const ownLog = options.log ? undefined : createLog(settings.log);
    this.log = options.log ?? ownLog!;
    const now = (): number => performance.now();
    const after: After = (ms, callback) => {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    };
    const file = new NumberFile(resolve(settings.data.dir, NUMBERS));
    this.#numbers = new NumberReserve({ file, clock: Date.now, log: this.log });
    this.#access = new Access({ settings, after, log: this.log });
    this.#hls = new HlsShelf({
      ...settings.hls,
      clock: Date.now,
      after,
      numbers: this.#numbers,
      onProblem: (stream, why) => this.log.warn({ stream }, `not in HLS: ${why}`),
      onSegment: (seconds) => this.#operating.metrics.segmentMade(seconds),
    });
    this.#hooking = new Hooking({
      settings,
      feed: this.#feed,
      houseKey: this.houseKey,
      clock: Date.now,
      now,
      after,
      rtmpPort: () => this.#ports?.rtmp ?? settings.rtmp.port,
      log: this.log,
    });
    this.#gatehouse = new Gatehouse({
      settings,
      access: this.#access.rules,
      hooks: this.#hooking.judge,
      feed: this.#feed,
      refused: (action, reason) => this.#operating.metrics.visitRefused(action, reason),
      clock: Date.now,
      now,
      log: this.log,
    });
    const { visits, gate, clients, hlsViewers } = this.#gatehouse;
    this.#access.keys.listen((id, why) => void visits.kickKey(id, why));
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
      get graceSeconds() {
        return inForce().publish.graceSeconds;
      },
      after,
      opened: (stream) => this.#opened(stream),
      ended: (stream, reason) => this.#ended(stream, reason),
    });
    this.#relaying = new Relaying({
      settings,
      streams: this.#streams,
      viewers: (path) => viewersOf(this.#streams.find(path)) + hlsViewers.count(path),
      tell: (news) => this.#feed.tell(news),
      gate,
      log: this.log,
    });
    this.#ticker = new Ticker({
      now,
      streams: () => this.#streams.list(),
      everyTick: (at) => {
        load.look(at);
        this.#examining.beat(at);
      },
      everySecond: () => this.#everySecond(),
    });
    this.#recorder = createRecorder({
      settings: inForce,
      feed: this.#feed,
      now,
      clock: Date.now,
      after,
      log: this.log,
    });
    this.#recordings = new RecordingsView({
      settings: () => settings,
      recorder: this.#recorder,
      gate,
      clients,
      now,
      log: this.log,
    });
    this.#examining = new Examining({ feed: this.#feed, now, clock: Date.now, log: this.log });
    const posters = new PosterRoute({ keyFrame: (path) => this.#keyFrame(path), gate, clients });
    this.#operating = new Operating({
      settings: inForce,
      parts: {
        keys: this.#access.keys,
        visits,
        relays: this.#relaying,
        recordings: recordingAdmin(this.#recorder),
        health: this.#examining.health,
        reload: () => this.#reloading.reloadForApi(),
      },
      feed: this.#feed,
      streams: () => this.#streams.list(),
      audience: hlsViewers,
      clients,
      lateMs: this.#examining.lateMs,
      metrics: {
        viewers: () => measureViewers(tally),
        batchMs: () => pacing.batchMs,
        utilization: () => load.utilizationSinceAsked(),
        operation: { hooks: () => this.#hooking.metrics(), relays: () => this.#relaying.list() },
      },
      api: {
        streams: () =>
          reportStreams(this.#streams.list(), hlsViewers, (path) => this.#hls.find(path)?.newest.facts()),
        server: () => this.#describe(),
        sendPoster: (wanted) => posters.send(wanted),
        sendRecording: (wanted) => this.#recordings.send(wanted),
        recordingIsPublic: () => this.#recordings.isPublic,
      },
      now,
      clock: Date.now,
      after,
      log: this.log,
    });
    const { metrics } = this.#operating;
    const { viewerQueueBytes, viewerLagSeconds } = settings.delivery;
    const limits = { queueBytes: viewerQueueBytes, lagMs: viewerLagSeconds * 1000 };
    const watching = new Watching(this.#streams, limits, this.log);
    watching.onWant = (path, askedBy) => this.#relaying.want(path, askedBy);
    const admission = new Admission(withinOpenFiles(settings.limits, this.log), this.log);
    this.#rtmp = new RtmpServer({
      ...settings.rtmp,
      admission,
      streams: this.#streams,
      watching,
      get waitMs() {
        return inForce().play.waitSeconds * 1000;
      },
      get idleMs() {
        return inForce().publish.idleSeconds * 1000;
      },
      gate,
      relayId: this.#relaying.id,
      proxies: this.#gatehouse.rtmpProxies,
      closed: (reason) => metrics.connectionClosed('rtmp', reason),
      log: this.log,
    });
    this.#http = new HttpServer({
      host: settings.http.host,
      port: settings.http.port,
      admission,
      closed: (reason) => metrics.connectionClosed('http', reason),
      watching,
      gate,
      clients,
      hls: this.#gatehouse.hlsDoor(
        new HlsRoute({
          find: (path) => this.#hls.find(path),
          whenPublished: (path, ms, callback) => this.#whenHls(watching, path, ms, callback),
          seen: this.#gatehouse.seen,
          sent: (path, bytes) => this.#operating.hlsTraffic.sent(path, bytes),
          gzip: settings.http.gzip,
        }),
      ),
      pages: createPages({
        publicDir: options.publicDir ?? fileURLToPath(new URL('../../dist/public', import.meta.url)),
        ...this.#operating.pages,
        isReady: () => this.#ports !== undefined && this.#stopping === undefined,
        log: this.log,
      }),
      log: this.log,
    });
    this.#reloading = new Reloading({
      inForce: this.#settings,
      access: this.#access,
      hooking: this.#hooking,
      relaying: this.#relaying,
      operating: this.#operating,
      ownLog,
      log: this.log,
    });
    this.#draining = new Draining({ streams: this.#streams, shut: () => this.#shut(), log: this.log });
  }

  /** In force now. */
  get settings(): Settings {
    return this.#settings.current;
  }

  /**
   * The stream key that was made at this start because there was none: it leads to `live/cam`, and only its hash is kept.
   * Undefined before `start` and at every later start.
   */
  get firstKey(): string | undefined {
    return this.#access.firstKey;
  }

  /** Behind `?key=`, from this machine, publishes and plays anything as long as this process runs: for what it starts itself. */
  get houseKey(): string {
    return this.#access.rules.houseKey;
  }

  /** Opens the doors. @throws {ListenError | DataDirError | KeyFileError} */
  async start(): Promise<GatewayPorts> {
    if (this.#isStarted) throw new Error('a gateway can be started once; create another one');
    this.#isStarted = true;
    const dir = openDataDir(this.settings.data.dir);
    this.#operating.open(dir);
    this.#numbers.open();
    this.#access.open();
    this.#hooking.start();
    this.#relaying.load();
    const http = await this.#http.start();
    try {
      const rtmp = await this.#rtmp.start();
      this.#ports = { rtmp: rtmp.port, http: http.port };
    } catch (error) {
      this.#http.destroy();
      await this.#http.stop();
      throw error;
    }
    this.#gatehouse.start();
    this.#recordings.start();
    await this.#recorder.start();
    this.#relaying.start(this.#ports.rtmp);
    await this.#access.makeFirstKey();
    this.log.info({ version: VERSION, ...this.#ports }, 'gateway ready');
    return this.#ports;
  }

  /**
   * Reads the settings again, keys, API token and certificates too, and puts in force what can be; nobody is disturbed. If
   * something is faulty nothing changes, and the log says what it is. @throws {ConfigError | KeyFileError | DataDirError}
   */
  reload(): Promise<ReloadReport> {
    return this.#reloading.reload();
  }

  /**
   * Ends every stream properly (playlists get their end mark, viewers are closed), then the doors. Where `stop.drainSeconds`
   * says so, those who publish and watch first go on for so long. Safe to call twice.
   */
  stop(): Promise<void> {
    this.#isStarted = true; // there is nothing left to start
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** Ends the time in which those who are here go on: false if there is none, so that nothing is to be made shorter. */
  hurry(): boolean {
    return this.#draining.hurry();
  }

  async #stop(): Promise<void> {
    const { drainSeconds } = this.settings.stop;
    if (this.#ports) await this.#draining.wait(drainSeconds);
    this.log.info('stopping');
    this.#gatehouse.tick();
    const hasPlayers = this.#gatehouse.hlsViewers.total > 0;
    this.#relaying.stop();
    this.#streams.close('shutting down'); // before their publishers' connections, which would begin grace times
    const isRecorded = this.#recorder.stop();
    const isRtmpClosed = this.#rtmp.stop();
    if (hasPlayers) await new Promise((resolve) => setTimeout(resolve, LAST_PLAYLIST_MS));
    this.#operating.close();
    const isDrained = Promise.all([this.#http.stop(), isRtmpClosed]);
    const timer = setTimeout(() => {
      this.#rtmp.destroy();
      this.#http.destroy();
    }, DRAIN_MS);
    await isDrained;
    clearTimeout(timer);
    this.#recordings.close('shutting down');
    this.#gatehouse.close('shutting down');
    this.#ticker.stop();
    this.#hls.clear();
    await isRecorded;
    await this.#hooking.stop();
    await this.#numbers.close();
    await this.#access.close();
    this.log.info('stopped');
  }

  /** Nobody new: balancers hear it from /healthz, peers from the closed port and the gate. */
  #shut(): void {
    this.#gatehouse.gate.shut(SHUTTING_DOWN);
    void this.#rtmp.shut();
  }

  #opened(stream: Stream): void {
    this.#hls.open(stream);
    this.#examining.open(stream);
    this.#recorder.opened(stream);
    this.#relaying.opened(stream);
    this.#ticker.start();
    this.emit('streamStarted', stream.name.path);
  }

  #ended(stream: Stream, reason: string): void {
    this.#operating.streamEnded(stream);
    this.#examining.streamEnded(stream);
    this.log.info({ stream: stream.name.path, reason }, 'stream ended');
    if (this.#streams.list().length === 0) this.#ticker.stop();
    this.emit('streamEnded', stream.name.path, reason);
  }

  #everySecond(): void {
    this.#hls.tick();
    this.#operating.tick();
  }

  #keyFrame(path: string): VideoFrame | null | undefined {
    const stream = this.#streams.find(path);
    return stream && (stream.keyFrame ?? null);
  }

  /** A stream that is over is still served from the shelf for a while; one to come is waited for. */
  #whenHls(
    watching: Watching,
    path: string,
    ms: number,
    callback: (found: ReturnType<HlsShelf['find']>) => void,
  ): (() => void) | undefined {
    const isToCome = watching.want(path) > 0 && !watching.find(path); // what is on the shelf is over
    const found = this.#hls.find(path);
    if (found && !isToCome) {
      callback(found);
      return undefined;
    }
    return watching.whenPublished(path, ms, () => callback(this.#hls.find(path)));
  }

  #describe(): ServerReport {
    return {
      name: 'millrace',
      version: VERSION,
      uptimeSeconds: Math.round((Date.now() - this.#startedAt) / 100) / 10,
      rtmpPort: this.#ports?.rtmp ?? this.settings.rtmp.port,
      publishAccess: this.settings.access.publish,
      recordings: this.settings.record.watch,
      addresses: lanAddresses(),
    };
  }
}

/** The library's way in: `const gateway = createGateway({ settings: { rtmp: { port: 0 } } })`. */
export function createGateway(options: GatewayOptions = {}): Gateway {
  return new Gateway(options);
}
