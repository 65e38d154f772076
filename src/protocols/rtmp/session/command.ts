import { readAmf0Values } from '../../../amf/amf0-reader.ts';
import { AmfError } from '../../../amf/errors.ts';
import { AmfObject } from '../../../amf/value.ts';
import type { AmfValue } from '../../../amf/value.ts';
import { ProtocolError } from '../errors.ts';
import { MessageType } from '../message.ts';
import type { RtmpMessage } from '../message.ts';

/** A command message (RTMP 1.0 §7.2): a call from the peer, or its answer to ours. */
export interface Command {
  readonly name: string;
  /** 0 when no answer is wanted. */
  readonly transactionId: number;
  /** The command object of `connect`, or an answer's properties; mostly null. */
  readonly object: AmfValue;
  readonly args: readonly AmfValue[];
  /** The message stream it came on. */
  readonly streamId: number;
}

/** @throws ProtocolError when the body is not AMF0 or does not begin with a name. */
export function readCommand(message: RtmpMessage): Command {
  const [name, transactionId, object, ...args] = decode(amf0Body(message));
  if (typeof name !== 'string') {
    throw new ProtocolError('RTMP_COMMAND', 'a command message does not begin with the name of a command');
  }
  return {
    name,
    transactionId: typeof transactionId === 'number' && !Number.isNaN(transactionId) ? transactionId : 0,
    object,
    args,
    streamId: message.streamId,
  };
}

/** An AMF3 message (types 15 and 17) has a 0 in front; behind it comes AMF0 until something switches over. */
export function amf0Body(message: RtmpMessage): Uint8Array {
  const amf3 = message.type === MessageType.commandAmf3 || message.type === MessageType.dataAmf3;
  return amf3 && message.body[0] === 0 ? message.body.subarray(1) : message.body;
}

function decode(body: Uint8Array): AmfValue[] {
  try {
    return readAmf0Values(body);
  } catch (error) {
    if (error instanceof AmfError) {
      throw new ProtocolError('RTMP_AMF', `a command that cannot be read: ${error.message}`, {
        cause: error,
      });
    }
    throw error;
  }
}

/** An argument that should be a text: what is not one counts as missing. */
export const asString = (value: AmfValue): string => (typeof value === 'string' ? value : '');

export const asNumber = (value: AmfValue, otherwise: number): number =>
  typeof value === 'number' && Number.isFinite(value) ? value : otherwise;

/** A member of an object; `undefined` if there is no object. */
export const member = (value: AmfValue, key: string): AmfValue =>
  value instanceof AmfObject ? value.get(key) : undefined;

/** A peer's text, short enough to be said back or logged. */
export const shown = (text: string): string => (text.length > 64 ? `${text.slice(0, 64)}…` : text);
