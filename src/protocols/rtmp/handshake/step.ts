/** What became of the bytes given to a handshake. */
export interface HandshakeStep {
  /** To be sent now. */
  readonly send?: Buffer;
  /** The handshake is over, and these bytes came after it. */
  readonly rest?: Uint8Array;
}

/** RTMP without encryption (RTMP 1.0 §5.2.2). */
export const RTMP_VERSION = 3;
