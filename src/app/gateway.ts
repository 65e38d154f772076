import { EventEmitter } from 'node:events';
import type { Settings } from '../config/schema.ts';
import { createLog, type Log } from '../observe/log.ts';
import { openDataDir } from './data-dir.ts';
import { lockDataDir } from './data-lock.ts';
import type { GatewayPorts } from './doors.ts';
import type { Door } from './own-address.ts';
import {
  settingsOf,
  type CertificateFacts,
  type GatewayEvents,
  type GatewayOptions,
} from './gateway-options.ts';
import { House } from './house.ts';
import type { ReloadReport, SettingsInForce } from './settings-in-force.ts';
import { VERSION } from './version.ts';

export type { GatewayPorts } from './doors.ts';
export type { GatewayEvents, GatewayOptions } from './gateway-options.ts';

/** A gateway's life: opens and starts its parts in their order, and stops them in reverse. */
export class Gateway extends EventEmitter<GatewayEvents> {
  readonly log: Log;
  readonly #settings: SettingsInForce;
  readonly #house: House;
  #isStarted = false;
  #ports: GatewayPorts | undefined;
  #stopping: Promise<void> | undefined;
  /** Lets another gateway use the data directory. */
  #unlock = (): void => undefined;

  /** @throws {ConfigError} */
  constructor(options: GatewayOptions = {}) {
    super();
    this.#settings = settingsOf(options);
    const ownLog = options.log ? undefined : createLog(this.settings.log);
    this.log = options.log ?? ownLog!;
    this.#house = new House({
      settings: this.#settings,
      log: this.log,
      ownLog,
      publicDir: options.publicDir,
      ports: () => this.#ports,
      isStopping: () => this.#stopping !== undefined,
      streamStarted: (path) => this.emit('streamStarted', path),
      streamEnded: (path, reason) => this.emit('streamEnded', path, reason),
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
    return this.#house.access.firstKey;
  }

  /** Where the operator finds the API's token, when the gateway has started: a path, or the setting's name. */
  get tokenPlace(): string {
    return this.#house.operating.tokenPlace;
  }

  /** The certificate in force, when the gateway has started; undefined: TLS is not spoken. */
  get certificate(): CertificateFacts | undefined {
    const facts = this.#house.tls.facts;
    if (!facts) return undefined;
    const { names, fingerprint } = facts.pair;
    return { names, fingerprint, isSelfSigned: facts.isSelfSigned };
  }

  /** Behind `?key=`, from this machine, publishes and plays anything as long as this process runs: for what it starts itself. */
  get houseKey(): string {
    return this.#house.access.rules.houseKey;
  }

  /** Opens the doors. @throws {ListenError | DataDirError | KeyFileError | ConfigError} the last one for certificates */
  async start(): Promise<GatewayPorts> {
    if (this.#isStarted) throw new Error('a gateway can be started once; create another one');
    this.#isStarted = true;
    const dir = openDataDir(this.settings.data.dir);
    this.#unlock = await lockDataDir(dir, this.log);
    try {
      return await this.#open(dir);
    } catch (error) {
      this.#unlock();
      throw error;
    }
  }

  async #open(dir: string): Promise<GatewayPorts> {
    await this.#house.tls.open(dir);
    this.#house.operating.open(dir);
    await this.#house.onAir.open();
    this.#house.access.open();
    this.#house.hooking.start();
    this.#house.relaying.load();
    this.#ports = await this.#house.doors.open();
    this.#house.onAir.dvr.tidy();
    this.#house.gatehouse.start();
    this.#house.recordings.start();
    await this.#house.recorder.start();
    this.#house.relaying.start(this.#rtmpDoors(this.#ports));
    await this.#house.access.makeFirstKey();
    this.log.info({ version: VERSION, ...this.#ports }, 'gateway ready');
    return this.#ports;
  }

  #rtmpDoors({ rtmp, rtmps }: GatewayPorts): Door[] {
    const { host, tlsHost } = this.settings.rtmp;
    const secure = rtmps === undefined ? [] : [{ host: tlsHost || host, port: rtmps }];
    return [{ host, port: rtmp }, ...secure];
  }

  /**
   * Reads the settings again, keys, API token and certificates too, and puts in force what can be; nobody is disturbed. If
   * something is faulty nothing changes, and the log says what it is. @throws {ConfigError | KeyFileError | DataDirError}
   */
  reload(): Promise<ReloadReport> {
    return this.#house.reloading.reload();
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
    return this.#house.draining.hurry();
  }

  async #stop(): Promise<void> {
    const { drainSeconds } = this.settings.stop;
    if (this.#ports) await this.#house.draining.wait(drainSeconds);
    this.log.info('stopping');
    this.#house.gatehouse.tick();
    this.#house.relaying.stop();
    this.#house.onAir.dvr.keep();
    this.#house.onAir.streams.close('shutting down'); // before their publishers' connections, which would begin grace times
    const isRecorded = this.#house.recorder.stop();
    await this.#house.doors.close(() => this.#house.operating.close());
    this.#house.recordings.close('shutting down');
    this.#house.gatehouse.close('shutting down');
    await isRecorded;
    await this.#house.hooking.stop();
    await this.#house.onAir.close();
    await this.#house.access.close();
    this.#house.tls.close();
    this.#unlock();
    this.log.info('stopped');
  }
}

/** The library's way in: `const gateway = createGateway({ settings: { rtmp: { port: 0 } } })`. */
export function createGateway(options: GatewayOptions = {}): Gateway {
  return new Gateway(options);
}
