import { inspect } from 'node:util';

/** A node:test reporter for logs: a line per test that failed, was skipped or took long; the rest is only counted. */
const LONG_MS = 2_000;
const BEHIND = /generated asynchronous activity after the test ended/;

/** An error with those that led to it: the last one tells most. */
function told(error) {
  const words = error?.stack ?? (typeof error === 'string' ? error : inspect(error));
  return error?.cause === undefined ? words : `${words}\nbecause of ${told(error.cause)}`;
}

export default async function* brief(source) {
  for await (const { type, data } of source) {
    if (type === 'test:stderr' || type === 'test:stdout') {
      yield data.message;
      continue;
    }
    // What happened behind the end of a test fails its file, and is told nowhere else.
    if (type === 'test:diagnostic' && BEHIND.test(data.message)) yield `${data.message}\n`;
    if ((type !== 'test:pass' && type !== 'test:fail') || data.details?.type === 'suite') continue;
    const ms = Math.round(data.details?.duration_ms ?? 0);
    if (type === 'test:fail') {
      const error = data.details?.error;
      yield `not ok  ${data.name} (${ms} ms)\n${told(error?.cause ?? error)}\n`;
    } else if (data.skip !== undefined && data.skip !== false) {
      yield `skipped ${data.name}${typeof data.skip === 'string' ? `: ${data.skip}` : ''}\n`;
    } else if (ms >= LONG_MS) {
      yield `ok      ${data.name} (${ms} ms)\n`;
    }
  }
}
