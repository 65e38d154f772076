/** What a peer speaks, by what it says first. */
export type Spoken = 'TLS' | 'HTTP' | 'RTMP' | 'something else';

/** The type of the record that a handshake begins with: RFC 8446 §5.1. */
const TLS_HANDSHAKE = 22;
/** Of TLS 1.0 to 1.3, all the same. */
const TLS_MAJOR = 3;
/** RTMP 1.0 §5.2.2. */
const RTMP_VERSION = 3;

/** A byte is enough to tell them apart; more make it surer. */
export function spokenIn(bytes: Uint8Array): Spoken {
  const [first = 0, second = TLS_MAJOR] = bytes;
  if (first === TLS_HANDSHAKE && second === TLS_MAJOR) return 'TLS';
  if (first === RTMP_VERSION) return 'RTMP';
  return /^[A-Z]+( |$)/.test(Buffer.from(bytes.subarray(0, 16)).toString('latin1'))
    ? 'HTTP'
    : 'something else';
}
