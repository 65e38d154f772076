import { readAmf0, readAmf0Values } from '../../../amf/amf0-reader.ts';
import { AmfError } from '../../../amf/errors.ts';
import { ByteReader } from '../../../bytes/byte-reader.ts';
import { MessageType } from '../message.ts';
import type { RtmpMessage } from '../message.ts';
import { amf0Body } from './command.ts';

/** Numbers that may stand in front of the event's name; cameras are known to send two. */
const MAX_STRAY_NUMBERS = 8;

/**
 * A data message in the one form that the rest of the gateway knows: type 18, the body AMF0 that begins with the
 * event's name. `undefined` for one that cannot be read: data messages are hints, and no reason to lose a publisher.
 */
export function normalizeData(message: RtmpMessage): RtmpMessage | undefined {
  const body = amf0Body(message);
  try {
    const start = startOfEvent(body);
    if (start === undefined) return undefined;
    const event = body.subarray(start);
    readAmf0Values(event); // throws unless all of it can be read
    return { ...message, type: MessageType.data, body: event };
  } catch (error) {
    if (error instanceof AmfError) return undefined;
    throw error;
  }
}

/** Offset of the event's name behind `@setDataFrame` and stray numbers. */
function startOfEvent(body: Uint8Array): number | undefined {
  const reader = new ByteReader(body, 'data message');
  for (let skipped = 0; skipped <= MAX_STRAY_NUMBERS; skipped++) {
    const start = reader.at;
    const value = readAmf0(reader);
    if (typeof value === 'number' || value === '@setDataFrame') continue;
    return typeof value === 'string' && value !== '@clearDataFrame' ? start : undefined;
  }
  return undefined;
}
