import { loadSettings, type SettingsInput } from '../config/load.ts';
import type { Log } from '../observe/log.ts';
import { SettingsInForce } from './settings-in-force.ts';

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

/** The certificate of HTTPS and RTMPS. */
export interface CertificateFacts {
  /** Names and addresses it is good for. */
  readonly names: readonly string[];
  /** SHA-256, as browsers show it: `AB:CD:…`. */
  readonly fingerprint: string;
  /** It was made here, for trying out. */
  readonly isSelfSigned: boolean;
}

/** The settings as they are, and the way to read them again. @throws {ConfigError} */
export function settingsOf({ settings = {}, readSettings }: GatewayOptions): SettingsInForce {
  return new SettingsInForce({
    settings: loadSettings({ flags: settings }),
    read: () => loadSettings({ flags: readSettings?.() ?? settings }),
  });
}
