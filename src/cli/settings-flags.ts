import { type Command, InvalidArgumentError } from 'commander';
import { loadSettings, type SettingsInput } from '../config/load.ts';
import type { Settings } from '../config/schema.ts';

/** What the flags of `serve` and `check-config` hold after parsing. */
export interface SettingsFlags {
  readonly config?: string;
  readonly host?: string;
  readonly rtmpPort?: number | 'off';
  readonly httpPort?: number | 'off';
  readonly rtmpsPort?: number | 'off';
  readonly httpsPort?: number | 'off';
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsSelfSigned?: boolean;
  readonly dataDir?: string;
  readonly logLevel?: string;
}

const toNumber = (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value))
    throw new InvalidArgumentError('a whole number is needed.');
  return value;
};

const toNumberOrOff = (text: string): number | 'off' => (text === 'off' ? text : toNumber(text));

export function addSettingsFlags(command: Command): Command {
  return command
    .option('--config <file>', 'settings file (YAML)')
    .option('--host <address>', 'address to listen on, for RTMP and HTTP alike')
    .option('--rtmp-port <n>', 'port for RTMP; 0 is any free port, off none', toNumberOrOff)
    .option('--http-port <n>', 'port for HTTP; 0 is any free port, off none', toNumberOrOff)
    .option('--tls-cert <file>', 'certificate with its chain (PEM), for HTTPS and RTMPS')
    .option('--tls-key <file>', 'its key (PEM); by default in the same file')
    .option('--tls-self-signed', 'HTTPS and RTMPS with a certificate made here: for trying out')
    .option('--https-port <n>', 'port for HTTPS; by default 8443 if there is a certificate', toNumberOrOff)
    .option('--rtmps-port <n>', 'port for RTMPS; by default 1936 if there is a certificate', toNumberOrOff)
    .option('--data-dir <dir>', 'directory for what outlives the process')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent');
}

/** Flags as settings; what was not given is left out. */
function settingsOf(flags: SettingsFlags): SettingsInput {
  const section = (values: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  return {
    rtmp: section({ host: flags.host, port: flags.rtmpPort, tlsPort: flags.rtmpsPort }),
    http: section({ host: flags.host, port: flags.httpPort, tlsPort: flags.httpsPort }),
    tls: section({ cert: flags.tlsCert, key: flags.tlsKey, selfSigned: flags.tlsSelfSigned }),
    data: section({ dir: flags.dataDir }),
    log: section({ level: flags.logLevel }),
  };
}

/** Flags beat environment beats file beats default. @throws {ConfigError} */
export function settingsFrom(flags: SettingsFlags): Settings {
  return loadSettings({ file: flags.config, environment: process.env, flags: settingsOf(flags) });
}
