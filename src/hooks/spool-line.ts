import { crc32Mpeg } from '../bytes/crc32-mpeg.ts';
import type { Note } from './note.ts';

/*
 * A queue's file is text, one record a line: eight hexadecimal digits of a CRC-32, a space, and JSON. `[seq, at, lane, id,
 * call, contentType, body]` is a note; `[seq]` says that this note is done with. A line that is cut or damaged says so by
 * itself, and the next one is whole again.
 */

export type SpoolRecord = { readonly note: Note } | { readonly done: number };

export function noteLine({ seq, at, lane, id, call, contentType, body }: Note): string {
  return line([seq, at, lane, id, call, contentType, body]);
}

export const doneLine = (seq: number): string => line([seq]);

function line(values: readonly unknown[]): string {
  const json = JSON.stringify(values);
  return `${checksum(json)} ${json}\n`;
}

const checksum = (json: string): string => crc32Mpeg(Buffer.from(json)).toString(16).padStart(8, '0');

/** Undefined: it is damaged. @param text without its line feed */
export function readSpoolLine(text: string): SpoolRecord | undefined {
  const json = text.slice(9);
  if (text[8] !== ' ' || text.slice(0, 8) !== checksum(json)) return undefined;
  let values: unknown;
  try {
    values = JSON.parse(json);
  } catch {
    return undefined;
  }
  return Array.isArray(values) ? recordOf(values) : undefined;
}

function recordOf(values: readonly unknown[]): SpoolRecord | undefined {
  const [seq, at, ...texts] = values;
  if (!Number.isSafeInteger(seq)) return undefined;
  if (values.length === 1) return { done: seq as number };
  if (!Number.isFinite(at) || texts.length !== 5 || !texts.every(isText)) return undefined;
  const [lane = '', id = '', call = '', contentType = '', body = ''] = texts;
  return { note: { seq: seq as number, at: at as number, lane, id, call, contentType, body } };
}

const isText = (value: unknown): value is string => typeof value === 'string';
