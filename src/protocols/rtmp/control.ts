import { ByteReader } from '../../bytes/byte-reader.ts';
import { ByteWriter } from '../../bytes/byte-writer.ts';
import { encodeMessage } from './chunk-writer.ts';
import { ProtocolError } from './errors.ts';
import { ChunkStreamId, CONTROL_STREAM_ID, INITIAL_CHUNK_SIZE, MessageType } from './message.ts';

/** User control events (RTMP 1.0 §7.1.7). */
export const UserControlEvent = {
  streamBegin: 0,
  streamEof: 1,
  streamDry: 2,
  setBufferLength: 3,
  streamIsRecorded: 4,
  pingRequest: 6,
  pingResponse: 7,
} as const;

/** How a peer is to take the bandwidth it is given (RTMP 1.0 §5.4.5). */
export const BandwidthLimit = { hard: 0, soft: 1, dynamic: 2 } as const;

// The following are whole messages, ready to send, on chunk stream 2 and message stream 0.

export const setChunkSize = (bytes: number): Buffer => control(MessageType.setChunkSize, u32(bytes));

/** `sequence`: bytes received so far, modulo 2^32. */
export const acknowledgement = (sequence: number): Buffer =>
  control(MessageType.acknowledgement, u32(sequence));

export const windowAckSize = (bytes: number): Buffer => control(MessageType.windowAckSize, u32(bytes));

export const setPeerBandwidth = (bytes: number, limit: number): Buffer =>
  control(MessageType.setPeerBandwidth, new ByteWriter(5).u32(bytes).u8(limit).done());

export const streamBegin = (streamId: number): Buffer => userControl(UserControlEvent.streamBegin, streamId);

export const streamEof = (streamId: number): Buffer => userControl(UserControlEvent.streamEof, streamId);

export const streamIsRecorded = (streamId: number): Buffer =>
  userControl(UserControlEvent.streamIsRecorded, streamId);

/** `timestamp`: ms of our clock, modulo 2^32; the peer sends it back. */
export const pingRequest = (timestamp: number): Buffer =>
  userControl(UserControlEvent.pingRequest, timestamp);

export const pingResponse = (timestamp: number): Buffer =>
  userControl(UserControlEvent.pingResponse, timestamp);

/** `milliseconds`: how much a player wants to have in hand. */
export const setBufferLength = (streamId: number, milliseconds: number): Buffer =>
  control(
    MessageType.userControl,
    new ByteWriter(10).u16(UserControlEvent.setBufferLength).u32(streamId).u32(milliseconds).done(),
  );

/** The one number that Acknowledgement, Window Ack Size and Set Peer Bandwidth begin with. */
export function readControlValue(body: Uint8Array, what: string): number {
  return fields(body, 4, what).u32();
}

/** Event type and its first 32-bit field; extra fields (a buffer's length) are left unread. */
export function readUserControl(body: Uint8Array): { readonly event: number; readonly value: number } {
  const reader = fields(body, 2, 'user control message');
  const event = reader.u16();
  return { event, value: reader.left >= 4 ? reader.u32() : 0 };
}

function fields(body: Uint8Array, bytes: number, what: string): ByteReader {
  if (body.length < bytes) throw new ProtocolError('RTMP_CONTROL', `${what} of ${body.length} bytes`);
  return new ByteReader(body, what);
}

function control(type: number, body: Uint8Array): Buffer {
  const header = { chunkStreamId: ChunkStreamId.control, type, streamId: CONTROL_STREAM_ID, timestamp: 0 };
  return encodeMessage(header, body, INITIAL_CHUNK_SIZE);
}

function userControl(event: number, value: number): Buffer {
  return control(
    MessageType.userControl,
    new ByteWriter(6)
      .u16(event)
      .u32(value >>> 0)
      .done(),
  );
}

function u32(value: number): Buffer {
  return new ByteWriter(4).u32(value >>> 0).done();
}
