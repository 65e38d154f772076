import { pino, stdTimeFunctions, type Logger } from 'pino';
import pretty from 'pino-pretty';

/** Structured log: fields first, then one sentence. */
export type Log = Pick<Logger, 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal'> & {
  child(fields: Readonly<Record<string, unknown>>): Log;
};

export interface LogOptions {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** `auto`: for people on a terminal, JSON lines otherwise. */
  readonly format: 'auto' | 'pretty' | 'json';
}

/** Fields that may hold a secret; their values never reach the log. */
const SECRET_FIELDS = ['key', 'token', 'secret', 'password', 'authorization'];

/** Writes to standard error: standard output belongs to what a command was asked to print. */
export function createLog({ level, format }: LogOptions): Log {
  const options = {
    level,
    base: null,
    timestamp: stdTimeFunctions.isoTime,
    redact: { paths: SECRET_FIELDS.flatMap((field) => [field, `*.${field}`]), censor: '***' },
    formatters: { level: (label: string) => ({ level: label }) },
  };
  const isPretty = format === 'pretty' || (format === 'auto' && process.stderr.isTTY);
  if (!isPretty) return pino(options, pino.destination({ fd: 2, sync: true }));
  return pino(
    options,
    pretty({ destination: 2, sync: true, translateTime: 'SYS:HH:MM:ss.l', colorize: process.stderr.isTTY }),
  );
}

/** A URL, path or query as it may be logged: user names, passwords and parameter values are masked; any may be a secret. */
export function maskQuery(text: string): string {
  const plain = text.replace(/:\/\/[^/@\s]*@/, '://***@');
  const at = plain.indexOf('?');
  if (at < 0) return plain;
  const masked = plain
    .slice(at + 1)
    .split('&')
    .map((one) => (one.includes('=') ? one.replace(/=.*/s, '=***') : one && '***'));
  return plain.slice(0, at + 1) + masked.join('&');
}
