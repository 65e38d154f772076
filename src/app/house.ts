import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { Settings } from '../config/schema.ts';
import { EventFeed } from '../observe/events.ts';
import type { Log, OwnLog } from '../observe/log.ts';
import type { Recorder } from '../outputs/recorder/recorder.ts';
import type { ClientAddresses } from '../servers/http/client-address.ts';
import { createPages } from '../servers/http/pages.ts';
import { PosterRoute } from '../servers/http/poster-route.ts';
import type { Stream } from '../stream/stream.ts';
import { Access } from './access.ts';
import { CLOCKS } from './clocks.ts';
import { Doors, type GatewayPorts } from './doors.ts';
import { Draining } from './draining.ts';
import { Examining } from './examining.ts';
import { Gatehouse } from './gatehouse.ts';
import { Hooking } from './hooking.ts';
import { MultitrackDesk } from './multitrack-desk.ts';
import { OnAir } from './on-air.ts';
import { Operating, type OperatingOptions } from './operating.ts';
import { createRecorder, recordingAdmin } from './recording.ts';
import { RecordingsView } from './recordings-view.ts';
import { Relaying, viewersOf } from './relaying.ts';
import { Reloading } from './reloading.ts';
import { measureViewers, reportStreams } from './reports.ts';
import { describeServer } from './server-report.ts';
import type { SettingsInForce } from './settings-in-force.ts';
import { Tls } from './tls.ts';

/** Said to whoever comes when it is over. */
const SHUTTING_DOWN = 'the gateway is shutting down';

export interface HouseOptions {
  readonly settings: SettingsInForce;
  readonly log: Log;
  /** If it is its own, its level goes by the settings. */
  readonly ownLog: OwnLog | undefined;
  /** Of the built pages; by default those that come with it. */
  readonly publicDir: string | undefined;
  /** Undefined until the doors are open. */
  readonly ports: () => GatewayPorts | undefined;
  readonly isStopping: () => boolean;
  readonly streamStarted: (path: string) => void;
  readonly streamEnded: (path: string, reason: string) => void;
}

/** All parts of a gateway, built and put together; the only place that knows all of them. Nothing of it runs by itself. */
export class House {
  readonly access: Access;
  readonly tls: Tls;
  readonly hooking: Hooking;
  readonly gatehouse: Gatehouse;
  readonly onAir: OnAir;
  readonly relaying: Relaying;
  readonly recorder: Recorder;
  readonly recordings: RecordingsView;
  readonly examining: Examining;
  readonly operating: Operating;
  readonly doors: Doors;
  readonly reloading: Reloading;
  readonly draining: Draining;
  readonly #options: HouseOptions;
  readonly #feed = new EventFeed(randomUUID(), Date.now);
  readonly #startedAt = Date.now();

  /** @throws {ConfigError} */
  constructor(options: HouseOptions) {
    this.#options = options;
    const settings = this.#settings;
    const { log } = options;
    const common = { ...CLOCKS, settings: () => this.#settings, feed: this.#feed, log };
    // Who may come in.
    this.access = new Access({ ...common, settings });
    this.tls = new Tls({ clock: Date.now, settings, log });
    const rtmpPort = (): number => this.#options.ports()?.rtmp ?? this.tls.plan.rtmp ?? 0;
    this.hooking = new Hooking({ ...common, settings, houseKey: this.access.rules.houseKey, rtmpPort });
    this.gatehouse = this.#buildGatehouse();
    const { gate, clients, visits } = this.gatehouse;
    this.access.keys.listen((id, why) => void visits.kickKey(id, why));
    // What is on the air, and what takes from it and gives to it.
    this.onAir = this.#buildOnAir();
    this.relaying = this.#buildRelaying();
    this.recorder = createRecorder(common);
    this.recordings = new RecordingsView({ ...common, recorder: this.recorder, gate, clients });
    this.examining = new Examining(common);
    // The operator, and the doors.
    this.operating = this.#buildOperating();
    this.doors = this.#buildDoors();
    this.reloading = new Reloading({
      inForce: options.settings,
      access: this.access,
      hooking: this.hooking,
      relaying: this.relaying,
      operating: this.operating,
      tls: this.tls,
      ownLog: options.ownLog,
      log,
    });
    const { streams } = this.onAir;
    this.draining = new Draining({
      streams,
      shut: () => this.shut(),
      askToReconnect: (description) => this.doors.askToReconnect(description),
      log,
    });
  }

  get #settings(): Settings {
    return this.#options.settings.current;
  }

  /** Nobody new: balancers hear it from /healthz, peers from the closed port and the gate. */
  shut(): void {
    this.gatehouse.gate.shut(SHUTTING_DOWN);
    this.doors.shut();
  }

  #buildGatehouse(): Gatehouse {
    return new Gatehouse({
      ...CLOCKS,
      settings: this.#settings,
      access: this.access.rules,
      hooks: this.hooking.judge,
      feed: this.#feed,
      covers: (path, part) => this.onAir.ladders.covers(path, part),
      targetSecondsOf: (path) => this.onAir.targetSecondsOf(path),
      refused: (action, reason) => this.operating.metrics.visitRefused(action, reason),
      log: this.#options.log,
    });
  }

  #buildOnAir(): OnAir {
    return new OnAir({
      ...CLOCKS,
      settings: () => this.#settings,
      opened: (stream) => this.#opened(stream),
      ended: (stream, reason) => this.#ended(stream, reason),
      everyTick: (now) => this.examining.beat(now),
      everySecond: () => this.operating.tick(),
      onSegment: (seconds) => this.operating.metrics.segmentMade(seconds),
      feed: this.#feed,
      log: this.#options.log,
    });
  }

  #buildRelaying(): Relaying {
    const { streams } = this.onAir;
    const { gate, hlsViewers } = this.gatehouse;
    return new Relaying({
      settings: this.#settings,
      streams,
      viewers: (path) => viewersOf(streams.find(path)) + hlsViewers.count(path) + this.#watchesLadder(path),
      tell: (news) => this.#feed.tell(news),
      gate,
      log: this.#options.log,
    });
  }

  /** Players of the ladder that a stream is in: whichever of the members they are at, they may go over to it. */
  #watchesLadder(path: string): number {
    const ladder = this.onAir.ladders.above(path);
    return ladder === undefined ? 0 : this.gatehouse.hlsViewers.count(ladder);
  }

  #buildOperating(): Operating {
    const { streams } = this.onAir;
    const { gate, clients, visits, hlsViewers } = this.gatehouse;
    return new Operating({
      ...CLOCKS,
      settings: () => this.#settings,
      parts: {
        keys: this.access.keys,
        visits,
        relays: this.relaying,
        multitrack: this.#multitrackDesk(clients),
        recordings: recordingAdmin(this.recorder),
        health: this.examining.health,
        reload: () => this.reloading.reloadForApi(),
      },
      feed: this.#feed,
      streams: () => streams.list(),
      audience: hlsViewers,
      clients,
      lateMs: this.examining.lateMs,
      metrics: this.#measures(),
      api: this.#answers(new PosterRoute({ keyFrame: (path) => this.onAir.keyFrame(path), gate, clients })),
      log: this.#options.log,
    });
  }

  #measures(): OperatingOptions['metrics'] {
    const { tally, pacing, load, dvr } = this.onAir;
    return {
      viewers: () => measureViewers(tally),
      batchMs: () => pacing.batchMs,
      utilization: () => load.utilizationSinceAsked(),
      operation: {
        hooks: () => this.hooking.metrics(),
        relays: () => this.relaying.list(),
        hlsWaiting: () => this.doors.hlsWaiting,
        dvrBytes: () => dvr.bytes,
        certificateSeconds: () => this.tls.secondsLeft,
      },
    };
  }

  #answers(posters: PosterRoute): OperatingOptions['api'] {
    const { streams, hls, dvr, ladders } = this.onAir;
    const { hlsViewers } = this.gatehouse;
    return {
      streams: () =>
        reportStreams(streams.list(), hlsViewers, {
          hlsOf: (path) => hls.find(path)?.facts(),
          dvrSecondsOf: (name) => hls.settingsOf(name).dvrSeconds,
          dvrKeptOf: (name) => dvr.keptOf(name),
          ladderOf: (name) => ladders.report(name, (path) => hlsViewers.count(path)),
        }),
      server: () =>
        describeServer({
          settings: this.#settings,
          ports: this.#options.ports() ?? { rtmp: this.tls.plan.rtmp ?? 0 },
          uptimeMs: Date.now() - this.#startedAt,
        }),
      sendPoster: (wanted) => posters.send(wanted),
      sendRecording: (wanted) => this.recordings.send(wanted),
      recordingIsPublic: () => this.recordings.isPublic,
    };
  }

  #buildDoors(): Doors {
    const { metrics, hlsTraffic, pages } = this.operating;
    return new Doors({
      settings: () => this.#settings,
      onAir: this.onAir,
      gatehouse: this.gatehouse,
      relaying: this.relaying,
      tls: this.tls,
      pages: createPages({
        publicDir: this.#options.publicDir ?? fileURLToPath(new URL('../../dist/public', import.meta.url)),
        ...pages,
        isReady: () => this.#options.ports() !== undefined && !this.#options.isStopping(),
        log: this.#options.log,
      }),
      closed: (door, reason) => metrics.connectionClosed(door, reason),
      hlsSent: (path, bytes) => hlsTraffic.sent(path, bytes),
      log: this.#options.log,
    });
  }

  #opened(stream: Stream): void {
    this.examining.open(stream);
    this.recorder.opened(stream);
    this.relaying.opened(stream);
    this.#options.streamStarted(stream.name.path);
  }

  #ended(stream: Stream, reason: string): void {
    this.operating.streamEnded(stream);
    this.examining.streamEnded(stream);
    this.#options.log.info({ stream: stream.name.path, reason }, 'stream ended');
    this.#options.streamEnded(stream.name.path, reason);
  }

  #multitrackDesk(clients: ClientAddresses): MultitrackDesk {
    return new MultitrackDesk({
      settings: () => this.#settings,
      access: this.access.rules,
      clients,
      ports: () => this.#options.ports() ?? { rtmp: 0 },
      log: this.#options.log,
    });
  }
}
