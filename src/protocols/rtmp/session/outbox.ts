import { encodeAmf0 } from '../../../amf/amf0-writer.ts';
import { AmfObject } from '../../../amf/value.ts';
import type { AmfValue } from '../../../amf/value.ts';
import { SendCounter } from '../acknowledgement.ts';
import { encodeMessage } from '../chunk-writer.ts';
import { setChunkSize } from '../control.ts';
import { ChunkStreamId, CONTROL_STREAM_ID, INITIAL_CHUNK_SIZE, MessageType } from '../message.ts';

export type StatusLevel = 'status' | 'warning' | 'error';

/** The object by which Flash's server told what became of something. */
export function statusInfo(
  level: StatusLevel,
  code: string,
  description: string,
  more: Readonly<Record<string, AmfValue>> = {},
): AmfObject {
  return AmfObject.of({ level, code, description, ...more });
}

/** Where else a refused peer may go: what Flash's server added to `NetConnection.Connect.Rejected`. */
export function elsewhere(redirect: string | undefined): Readonly<Record<string, AmfValue>> {
  return redirect === undefined ? {} : { ex: AmfObject.of({ code: 302, redirect }) };
}

/** Everything one side says, each on the chunk stream where strict peers look for it. */
export class Outbox {
  readonly #send: (bytes: Buffer) => void;
  readonly counter = new SendCounter();
  #chunkSize = INITIAL_CHUNK_SIZE;

  constructor(send: (bytes: Buffer) => void) {
    this.#send = send;
  }

  /** Bytes as they are: handshake blocks, control messages. */
  raw(bytes: Buffer): void {
    this.counter.add(bytes.length);
    this.#send(bytes);
  }

  /** Announces the chunk size and uses it from here on. */
  setChunkSize(bytes: number): void {
    this.raw(setChunkSize(bytes));
    this.#chunkSize = bytes;
  }

  /** A NetConnection command. Without an answer wanted, `transactionId` is 0. */
  call(name: string, transactionId: number, ...values: readonly AmfValue[]): void {
    this.#command(ChunkStreamId.command, CONTROL_STREAM_ID, encodeAmf0(name, transactionId, ...values));
  }

  /** A command on a message stream: publish, play. */
  callOn(streamId: number, name: string, transactionId: number, ...values: readonly AmfValue[]): void {
    this.#command(ChunkStreamId.status, streamId, encodeAmf0(name, transactionId, ...values));
  }

  status(streamId: number, info: AmfObject): void {
    this.#command(ChunkStreamId.status, streamId, encodeAmf0('onStatus', 0, null, info));
  }

  data(streamId: number, ...values: readonly AmfValue[]): void {
    this.media(streamId, MessageType.data, 0, encodeAmf0(...values));
  }

  /** `timestamp` in ms; taken modulo 2^32. */
  media(streamId: number, type: number, timestamp: number, body: Uint8Array): void {
    const chunkStreamId = MEDIA_CHUNK_STREAMS.get(type) ?? ChunkStreamId.data;
    this.raw(encodeMessage({ chunkStreamId, type, streamId, timestamp }, body, this.#chunkSize));
  }

  #command(chunkStreamId: number, streamId: number, body: Buffer): void {
    const header = { chunkStreamId, type: MessageType.command, streamId, timestamp: 0 };
    this.raw(encodeMessage(header, body, this.#chunkSize));
  }
}

const MEDIA_CHUNK_STREAMS: ReadonlyMap<number, number> = new Map<number, number>([
  [MessageType.audio, ChunkStreamId.audio],
  [MessageType.video, ChunkStreamId.video],
]);
