import { resolve } from 'node:path';
import { ConfigError } from '../config/load.ts';
import { KeyFileError } from '../access/key-file.ts';
import type { Log, OwnLog } from '../observe/log.ts';
import { ApiRefusal } from '../servers/http/api/parts.ts';
import type { Access } from './access.ts';
import { DataDirError } from './data-dir.ts';
import type { Hooking } from './hooking.ts';
import type { Operating } from './operating.ts';
import type { Relaying } from './relaying.ts';
import type { ReloadReport, SettingsInForce } from './settings-in-force.ts';
import type { Tls } from './tls.ts';

export interface ReloadingOptions {
  readonly inForce: SettingsInForce;
  readonly access: Access;
  readonly hooking: Hooking;
  readonly relaying: Relaying;
  readonly operating: Operating;
  readonly tls: Tls;
  /** Undefined: the log is somebody else's, and so is its level. */
  readonly ownLog: OwnLog | undefined;
  readonly log: Log;
}

/** Asked for whenever they are needed, so that nothing has to be done about them. */
const READ_WHEN_NEEDED = [
  'publish.graceSeconds',
  'publish.idleSeconds',
  'play.waitSeconds',
  'record.rules',
  'record.preSeconds',
  'record.keepDays',
  'record.keepBytes',
  'record.watch',
  'hls.segmentSeconds',
  'hls.windowSegments',
  'hls.container',
  'hls.lowLatency',
  'hls.partSeconds',
  'hls.streams',
  'hls.dvrSeconds',
  'hls.dvrBytes',
  'hls.clipSeconds',
  'stop.drainSeconds',
  'stop.reconnectTo',
  'api.playbackReports',
  'ladder.groups',
  'ladder.sounds',
  'ladder.renditions',
  'ladder.audioKbps',
  'ladder.app',
  'ladder.ingest',
] as const;

/** Puts other settings in force while the gateway runs, and files that they name; nobody who is here is disturbed. */
export class Reloading {
  readonly #options: ReloadingOptions;

  constructor(options: ReloadingOptions) {
    this.#options = options;
    const { inForce, access, hooking, relaying, operating, tls, ownLog } = options;
    inForce.onReload(({ relay }) => relaying.prepare(relay));
    inForce.onReload((settings) => tls.prepare(settings));
    if (tls.plan.certificate) inForce.onChange(['tls.*'], () => undefined); // else only a restart opens its ports
    inForce.onReload(({ api, data }) => operating.reopen(resolve(data.dir), api));
    inForce.onReload(async () => {
      await access.keys.reload(); // last, since it is in force when it is read
      return () => undefined;
    });
    inForce.onChange(['access.*'], (settings) => access.apply(settings.access));
    inForce.onChange(['hooks.*'], (settings) => hooking.update(settings));
    inForce.onChange(['relay.*'], (settings) => relaying.apply(settings.relay));
    inForce.onChange(['api.*', ...READ_WHEN_NEEDED], () => undefined);
    if (ownLog) inForce.onChange(['log.level'], ({ log }) => ownLog.setLevel(log.level));
  }

  /** All sources again. If something in them is faulty nothing changes. @throws {ConfigError | KeyFileError | DataDirError} */
  async reload(): Promise<ReloadReport> {
    const { inForce, log } = this.#options;
    try {
      const report = await inForce.reload();
      const { applied, needsRestart } = report;
      if (needsRestart.length > 0)
        log.warn({ needsRestart }, 'settings have changed that only a restart puts in force');
      log.info({ applied }, 'settings, keys and token have been read again');
      return report;
    } catch (error) {
      if (!isOperatorsFault(error)) throw error;
      log.error(`settings stay as they were: ${error.message}`);
      throw error;
    }
  }

  /** The same for the API. @throws {ApiRefusal} */
  async reloadForApi(): Promise<ReloadReport> {
    try {
      return await this.reload();
    } catch (error) {
      if (isOperatorsFault(error)) throw new ApiRefusal(409, `settings stay as they were: ${error.message}`);
      throw error;
    }
  }
}

const isOperatorsFault = (error: unknown): error is Error =>
  [ConfigError, KeyFileError, DataDirError].some((kind) => error instanceof kind);
