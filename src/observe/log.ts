import { createRequire } from 'node:module';
import { pino, stdTimeFunctions, type Logger } from 'pino';
import type pinoPretty from 'pino-pretty';
import { hideKeys } from '../media/key-shape.ts';

/** Structured log: fields first, then one sentence. */
export type Log = Pick<Logger, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'> & {
  child(fields: Readonly<Record<string, unknown>>): Log;
  /** Asked before something that costs is made only to be logged; a log without it gets everything. */
  readonly isLevelEnabled?: Logger['isLevelEnabled'];
};

export interface LogOptions {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** `auto`: for people on a terminal, JSON lines otherwise. */
  readonly format: 'auto' | 'pretty' | 'json';
}

/** Fields that may hold a secret; their values never reach the log. */
const SECRET_FIELDS = ['key', 'token', 'secret', 'password', 'authorization'];

/** A log whose level can be changed. */
export interface OwnLog extends Log {
  /** From now on; what was made by `child`, for a connection say, follows. */
  setLevel(level: LogOptions['level']): void;
}

/** Writes to standard error: standard output belongs to what a command was asked to print. */
export function createLog(options: LogOptions): OwnLog {
  const children = new Set<WeakRef<Logger>>();
  const gone = new FinalizationRegistry<WeakRef<Logger>>((child) => children.delete(child));
  const log = createPino(options, (child) => {
    const entry = new WeakRef(child);
    children.add(entry);
    gone.register(child, entry);
  });
  const setLevel: OwnLog['setLevel'] = (level) => {
    log.level = level;
    for (const child of children) {
      const there = child.deref();
      if (there) there.level = level;
    }
  };
  return Object.assign(log, { setLevel });
}

/** @param onChild pino's children have a level of their own */
function createPino({ level, format }: LogOptions, onChild: (child: Logger) => void): Logger {
  const options = {
    level,
    onChild,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: '***' },
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const isPretty = format === 'pretty' || (format === 'auto' && process.stderr.isTTY);
  if (!isPretty) return pino(options, pino.destination({ fd: 2, sync: true }));
  // Loaded where it is wanted: it would be a twentieth of what the collector of garbage has to look at.
  const pretty = createRequire(import.meta.url)('pino-pretty') as typeof pinoPretty;
  return pino(
    options,
    pretty({ destination: 2, sync: true, translateTime: 'SYS:HH:MM:ss.l', colorize: process.stderr.isTTY }),
  );
}

/**
 * A URL, path or query as it may be logged: user names, passwords, stream keys and parameter values are masked; any of the
 * latter may be a secret.
 */
export function maskQuery(text: string): string {
  const plain = hideKeys(text.replace(/:\/\/[^/@\s]*@/, '://***@'));
  const at = plain.indexOf('?');
  if (at < 0) return plain;
  const masked = plain
    .slice(at + 1)
    .split('&')
    .map((one) => (one.includes('=') ? one.replace(/=.*/s, '=***') : one && '***'));
  return plain.slice(0, at + 1) + masked.join('&');
}
