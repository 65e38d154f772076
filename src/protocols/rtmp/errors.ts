/** What a peer did wrong; stable, to be counted and searched for. */
export type ProtocolErrorCode =
  | 'RTMP_VERSION'
  | 'RTMP_HANDSHAKE'
  | 'RTMP_CHUNK_SIZE'
  | 'RTMP_CHUNK_STREAMS'
  | 'RTMP_MESSAGE_LENGTH'
  | 'RTMP_UNFINISHED_BYTES'
  | 'RTMP_BUDGET'
  | 'RTMP_DESYNCHRONISED'
  | 'RTMP_CONTROL'
  | 'RTMP_AGGREGATE'
  | 'RTMP_AMF'
  | 'RTMP_COMMAND'
  | 'RTMP_HELD_BYTES'
  | 'RTMP_REFUSED';

/** The peer sent something we will not accept: its connection ends. Never thrown for our own mistakes. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code: ProtocolErrorCode;

  constructor(code: ProtocolErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
