import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Settings } from '../config/schema.ts';
import { EventFeed } from '../observe/events.ts';
import { createLog, type Log } from '../observe/log.ts';
import type { Recorder } from '../outputs/recorder/recorder.ts';
import type { ClientAddresses } from '../servers/http/client-address.ts';
import { createPages } from '../servers/http/pages.ts';
import { PosterRoute } from '../servers/http/poster-route.ts';
import type { After } from '../stream/registry.ts';
import type { Stream } from '../stream/stream.ts';
import { Access } from './access.ts';
import { openDataDir } from './data-dir.ts';
import { Doors, type GatewayPorts } from './doors.ts';
import { Draining } from './draining.ts';
import { Examining } from './examining.ts';
import { Gatehouse } from './gatehouse.ts';
import { settingsOf, type GatewayEvents, type GatewayOptions } from './gateway-options.ts';
import { Hooking } from './hooking.ts';
import { MultitrackDesk } from './multitrack-desk.ts';
import { OnAir } from './on-air.ts';
import { Operating } from './operating.ts';
import { createRecorder, recordingAdmin } from './recording.ts';
import { RecordingsView } from './recordings-view.ts';
import { Relaying, viewersOf } from './relaying.ts';
import { Reloading } from './reloading.ts';
import { measureViewers, reportStreams } from './reports.ts';
import { describeServer } from './server-report.ts';
import type { ReloadReport, SettingsInForce } from './settings-in-force.ts';
import { Tls } from './tls.ts';
import { VERSION } from './version.ts';

export type { GatewayPorts } from './doors.ts';
export type { GatewayEvents, GatewayOptions } from './gateway-options.ts';

/** Said to whoever comes when it is over. */
const SHUTTING_DOWN = 'the gateway is shutting down';

/** The clocks of the house. */
const TIME = {
  now: (): number => performance.now(),
  clock: Date.now,
  after: ((ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  }) satisfies After,
};

/** Builds the parts and stops them in reverse; the only place that knows all of them. */
export class Gateway extends EventEmitter<GatewayEvents> {
  readonly log: Log;
  readonly #options: GatewayOptions;
  readonly #settings: SettingsInForce;
  readonly #feed = new EventFeed(randomUUID(), Date.now);
  readonly #access: Access;
  readonly #hooking: Hooking;
  readonly #gatehouse: Gatehouse;
  readonly #onAir: OnAir;
  readonly #relaying: Relaying;
  readonly #recorder: Recorder;
  readonly #recordings: RecordingsView;
  readonly #examining: Examining;
  readonly #operating: Operating;
  readonly #tls: Tls;
  readonly #doors: Doors;
  readonly #reloading: Reloading;
  readonly #draining: Draining;
  readonly #startedAt = Date.now();
  #isStarted = false;
  #ports: GatewayPorts | undefined;
  #stopping: Promise<void> | undefined;

  /** @throws {ConfigError} */
  constructor(options: GatewayOptions = {}) {
    super();
    this.#options = options;
    this.#settings = settingsOf(options);
    const { settings } = this;
    const ownLog = options.log ? undefined : createLog(settings.log);
    this.log = options.log ?? ownLog!;
    const common = { ...TIME, settings: () => this.settings, feed: this.#feed, log: this.log };
    // Who may come in.
    this.#access = new Access({ ...common, settings });
    this.#tls = new Tls({ clock: Date.now, settings, log: this.log });
    const rtmpPort = (): number => this.#ports?.rtmp ?? this.#tls.plan.rtmp ?? 0;
    this.#hooking = new Hooking({ ...common, settings, houseKey: this.houseKey, rtmpPort });
    this.#gatehouse = this.#buildGatehouse();
    const { gate, clients, visits } = this.#gatehouse;
    this.#access.keys.listen((id, why) => void visits.kickKey(id, why));
    // What is on the air, and what takes from it and gives to it.
    this.#onAir = this.#buildOnAir();
    this.#relaying = this.#buildRelaying();
    this.#recorder = createRecorder(common);
    this.#recordings = new RecordingsView({ ...common, recorder: this.#recorder, gate, clients });
    this.#examining = new Examining(common);
    // The operator, and the doors.
    this.#operating = this.#buildOperating();
    this.#doors = this.#buildDoors();
    this.#reloading = new Reloading({
      inForce: this.#settings,
      access: this.#access,
      hooking: this.#hooking,
      relaying: this.#relaying,
      operating: this.#operating,
      tls: this.#tls,
      ownLog,
      log: this.log,
    });
    const { streams } = this.#onAir;
    this.#draining = new Draining({
      streams,
      shut: () => this.#shut(),
      askToReconnect: (description) => this.#doors.askToReconnect(description),
      log: this.log,
    });
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

  /** Where the operator finds the API's token, when the gateway has started: a path, or the setting's name. */
  get tokenPlace(): string {
    return this.#operating.tokenPlace;
  }

  /** The certificate in force, when the gateway has started; undefined: TLS is not spoken. */
  get certificate(): { readonly fingerprint: string; readonly isSelfSigned: boolean } | undefined {
    const facts = this.#tls.facts;
    return facts && { fingerprint: facts.pair.fingerprint, isSelfSigned: facts.isSelfSigned };
  }

  /** Behind `?key=`, from this machine, publishes and plays anything as long as this process runs: for what it starts itself. */
  get houseKey(): string {
    return this.#access.rules.houseKey;
  }

  /** Opens the doors. @throws {ListenError | DataDirError | KeyFileError | ConfigError} the last one for certificates */
  async start(): Promise<GatewayPorts> {
    if (this.#isStarted) throw new Error('a gateway can be started once; create another one');
    this.#isStarted = true;
    const dir = openDataDir(this.settings.data.dir);
    await this.#tls.open(dir);
    this.#operating.open(dir);
    await this.#onAir.open();
    this.#access.open();
    this.#hooking.start();
    this.#relaying.load();
    this.#ports = await this.#doors.open();
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
    this.#relaying.stop();
    this.#onAir.dvr.keep();
    this.#onAir.streams.close('shutting down'); // before their publishers' connections, which would begin grace times
    const isRecorded = this.#recorder.stop();
    await this.#doors.close(() => this.#operating.close());
    this.#recordings.close('shutting down');
    this.#gatehouse.close('shutting down');
    await isRecorded;
    await this.#hooking.stop();
    await this.#onAir.close();
    await this.#access.close();
    this.#tls.close();
    this.log.info('stopped');
  }

  /** Nobody new: balancers hear it from /healthz, peers from the closed port and the gate. */
  #shut(): void {
    this.#gatehouse.gate.shut(SHUTTING_DOWN);
    this.#doors.shut();
  }

  #buildGatehouse(): Gatehouse {
    return new Gatehouse({
      ...TIME,
      settings: this.settings,
      access: this.#access.rules,
      hooks: this.#hooking.judge,
      feed: this.#feed,
      covers: (path, part) => this.#onAir.ladders.covers(path, part),
      refused: (action, reason) => this.#operating.metrics.visitRefused(action, reason),
      log: this.log,
    });
  }

  #buildOnAir(): OnAir {
    return new OnAir({
      ...TIME,
      settings: () => this.settings,
      opened: (stream) => this.#opened(stream),
      ended: (stream, reason) => this.#ended(stream, reason),
      everyTick: (now) => this.#examining.beat(now),
      everySecond: () => this.#operating.tick(),
      onSegment: (seconds) => this.#operating.metrics.segmentMade(seconds),
      log: this.log,
    });
  }

  #buildRelaying(): Relaying {
    const { streams } = this.#onAir;
    const { gate, hlsViewers } = this.#gatehouse;
    return new Relaying({
      settings: this.settings,
      streams,
      viewers: (path) => viewersOf(streams.find(path)) + hlsViewers.count(path) + this.#watchesLadder(path),
      tell: (news) => this.#feed.tell(news),
      gate,
      log: this.log,
    });
  }

  /** Players of the ladder that a stream is in: whichever of the members they are at, they may go over to it. */
  #watchesLadder(path: string): number {
    const ladder = this.#onAir.ladders.above(path);
    return ladder === undefined ? 0 : this.#gatehouse.hlsViewers.count(ladder);
  }

  #buildOperating(): Operating {
    const { streams, hls, tally, pacing, load } = this.#onAir;
    const { gate, clients, visits, hlsViewers } = this.#gatehouse;
    const posters = new PosterRoute({ keyFrame: (path) => this.#onAir.keyFrame(path), gate, clients });
    return new Operating({
      ...TIME,
      settings: () => this.settings,
      parts: {
        keys: this.#access.keys,
        visits,
        relays: this.#relaying,
        multitrack: this.#multitrackDesk(clients),
        recordings: recordingAdmin(this.#recorder),
        health: this.#examining.health,
        reload: () => this.#reloading.reloadForApi(),
      },
      feed: this.#feed,
      streams: () => streams.list(),
      audience: hlsViewers,
      clients,
      lateMs: this.#examining.lateMs,
      metrics: {
        viewers: () => measureViewers(tally),
        batchMs: () => pacing.batchMs,
        utilization: () => load.utilizationSinceAsked(),
        operation: {
          hooks: () => this.#hooking.metrics(),
          relays: () => this.#relaying.list(),
          hlsWaiting: () => this.#doors.hlsWaiting,
          dvrBytes: () => this.#onAir.dvr.bytes,
          certificateSeconds: () => this.#tls.secondsLeft,
        },
      },
      api: {
        streams: () =>
          reportStreams(streams.list(), hlsViewers, {
            hlsOf: (path) => hls.find(path)?.facts(),
            dvrSecondsOf: (name) => this.#onAir.hlsSettings.of(name).dvrSeconds,
            dvrKeptOf: (name) => this.#onAir.dvr.keptOf(name),
            ladderOf: (name) => this.#onAir.ladders.report(name, (path) => hlsViewers.count(path)),
          }),
        server: () =>
          describeServer({
            settings: this.settings,
            ports: this.#ports ?? { rtmp: this.#tls.plan.rtmp ?? 0 },
            uptimeMs: Date.now() - this.#startedAt,
          }),
        sendPoster: (wanted) => posters.send(wanted),
        sendRecording: (wanted) => this.#recordings.send(wanted),
        recordingIsPublic: () => this.#recordings.isPublic,
      },
      log: this.log,
    });
  }

  #buildDoors(): Doors {
    const { metrics, hlsTraffic, pages } = this.#operating;
    return new Doors({
      settings: () => this.settings,
      onAir: this.#onAir,
      gatehouse: this.#gatehouse,
      relaying: this.#relaying,
      tls: this.#tls,
      pages: createPages({
        publicDir: this.#options.publicDir ?? fileURLToPath(new URL('../../dist/public', import.meta.url)),
        ...pages,
        isReady: () => this.#ports !== undefined && this.#stopping === undefined,
        log: this.log,
      }),
      closed: (door, reason) => metrics.connectionClosed(door, reason),
      hlsSent: (path, bytes) => hlsTraffic.sent(path, bytes),
      log: this.log,
    });
  }

  #opened(stream: Stream): void {
    this.#examining.open(stream);
    this.#recorder.opened(stream);
    this.#relaying.opened(stream);
    this.emit('streamStarted', stream.name.path);
  }

  #ended(stream: Stream, reason: string): void {
    this.#operating.streamEnded(stream);
    this.#examining.streamEnded(stream);
    this.log.info({ stream: stream.name.path, reason }, 'stream ended');
    this.emit('streamEnded', stream.name.path, reason);
  }

  #multitrackDesk(clients: ClientAddresses): MultitrackDesk {
    return new MultitrackDesk({
      settings: () => this.settings,
      access: this.#access.rules,
      clients,
      ports: () => this.#ports ?? { rtmp: 0 },
      log: this.log,
    });
  }
}

/** The library's way in: `const gateway = createGateway({ settings: { rtmp: { port: 0 } } })`. */
export function createGateway(options: GatewayOptions = {}): Gateway {
  return new Gateway(options);
}
