import type { Log } from '../../src/observe/log.ts';

export interface LogLine {
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  readonly text: string;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** A log that keeps its lines, those of its children with the children's fields. */
export function recordingLog(): { readonly log: Log; readonly lines: LogLine[] } {
  const lines: LogLine[] = [];
  const logWith = (bound: Readonly<Record<string, unknown>>): Log => {
    const at =
      (level: LogLine['level']) =>
      (...args: unknown[]): void => {
        const [first, second] = args;
        const own = typeof first === 'object' ? (first as Record<string, unknown>) : {};
        lines.push({
          level,
          text: String(typeof first === 'string' ? first : second),
          fields: { ...bound, ...own },
        });
      };
    return {
      trace: at('trace'),
      debug: at('debug'),
      info: at('info'),
      warn: at('warn'),
      error: at('error'),
      fatal: at('fatal'),
      child: (fields: Readonly<Record<string, unknown>>) => logWith({ ...bound, ...fields }),
    } as Log;
  };
  return { log: logWith({}), lines };
}
