import { type Command, InvalidArgumentError } from 'commander';
import { loadSettings, type SettingsInput } from '../config/load.ts';
import type { Settings } from '../config/schema.ts';

/** What the flags of `serve` and `check-config` hold after parsing. */
export interface SettingsFlags {
  readonly config?: string;
  readonly host?: string;
  readonly rtmpPort?: number;
  readonly httpPort?: number;
  readonly dataDir?: string;
  readonly logLevel?: string;
}

const toNumber = (text: string): number => {
  const value = Number(text);
  if (text.trim() === '' || !Number.isInteger(value))
    throw new InvalidArgumentError('a whole number is needed.');
  return value;
};

export function addSettingsFlags(command: Command): Command {
  return command
    .option('--config <file>', 'settings file (YAML)')
    .option('--host <address>', 'address to listen on, for RTMP and HTTP alike')
    .option('--rtmp-port <n>', 'port for RTMP; 0 is any free port', toNumber)
    .option('--http-port <n>', 'port for HTTP; 0 is any free port', toNumber)
    .option('--data-dir <dir>', 'directory for what outlives the process')
    .option('--log-level <level>', 'trace, debug, info, warn, error or silent');
}

/** Flags as settings; what was not given is left out. */
function settingsOf(flags: SettingsFlags): SettingsInput {
  const section = (values: Readonly<Record<string, unknown>>) =>
    Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
  return {
    rtmp: section({ host: flags.host, port: flags.rtmpPort }),
    http: section({ host: flags.host, port: flags.httpPort }),
    data: section({ dir: flags.dataDir }),
    log: section({ level: flags.logLevel }),
  };
}

/** Flags beat environment beats file beats default. @throws {ConfigError} */
export function settingsFrom(flags: SettingsFlags): Settings {
  return loadSettings({ file: flags.config, environment: process.env, flags: settingsOf(flags) });
}
