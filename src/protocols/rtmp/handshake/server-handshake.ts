import { ProtocolError } from '../errors.ts';
import {
  BLOCK_BYTES,
  CLIENT_KEY,
  findDigest,
  SERVER_KEY,
  SERVER_RESPONSE_KEY,
  signBlock,
  signedResponse,
} from './digest.ts';
import type { DigestScheme, RandomBytes } from './digest.ts';
import { RTMP_VERSION } from './step.ts';
import type { HandshakeStep } from './step.ts';

/** Of Flash's server. Not zero: to clients a zero says that nothing here is signed. */
const SERVER_VERSION = 0x04050001;

/**
 * The server's side of the handshake (RTMP 1.0 §5.2): plain, or signed when C1 is.
 * C2 is counted, never looked at: what encoders put there differs.
 */
export class ServerHandshake {
  readonly #random: RandomBytes;
  readonly #first = Buffer.alloc(1 + BLOCK_BYTES);
  #firstBytes = 0;
  #secondLeft = BLOCK_BYTES;
  #scheme: DigestScheme | undefined;

  constructor(random: RandomBytes) {
    this.#random = random;
  }

  /** How C1 was signed; `undefined` for a plain handshake. */
  get scheme(): DigestScheme | undefined {
    return this.#scheme;
  }

  /** @throws ProtocolError when the first byte is not that of RTMP. */
  receive(bytes: Uint8Array): HandshakeStep {
    if (bytes.length === 0) return {};
    if (this.#firstBytes === 0) checkVersion(bytes[0]!);
    const taken = Math.min(this.#first.length - this.#firstBytes, bytes.length);
    this.#first.set(bytes.subarray(0, taken), this.#firstBytes);
    this.#firstBytes += taken;
    if (this.#firstBytes < this.#first.length) return {};

    const send = taken > 0 ? { send: this.#answer(this.#first.subarray(1)) } : {};
    const skipped = Math.min(this.#secondLeft, bytes.length - taken);
    this.#secondLeft -= skipped;
    return this.#secondLeft === 0 ? { ...send, rest: bytes.subarray(taken + skipped) } : send;
  }

  /** S0, S1 and S2. */
  #answer(c1: Buffer): Buffer {
    const found = findDigest(c1, CLIENT_KEY);
    this.#scheme = found?.scheme;
    const s1 = Buffer.alloc(BLOCK_BYTES);
    s1.set(this.#random(BLOCK_BYTES - 8), 8);
    if (found === undefined) {
      // Strict clients compare S2 with what they sent.
      return Buffer.concat([Buffer.from([RTMP_VERSION]), s1, c1]);
    }
    s1.writeUInt32BE(SERVER_VERSION, 4);
    signBlock(s1, found.scheme, SERVER_KEY);
    const s2 = signedResponse(found.digest, SERVER_RESPONSE_KEY, this.#random);
    return Buffer.concat([Buffer.from([RTMP_VERSION]), s1, s2]);
  }
}

function checkVersion(version: number): void {
  if (version === RTMP_VERSION) return;
  throw new ProtocolError('RTMP_VERSION', `not RTMP version 3 but ${versionInWords(version)}`);
}

function versionInWords(version: number): string {
  if (version === 6) return 'RTMPE (version 6), which is not served: use rtmp://';
  if (version === 0x16) return 'TLS: use rtmp:// here, not rtmps://';
  if (version >= 0x41 && version <= 0x5a) return 'text, perhaps HTTP: this port speaks RTMP';
  return `version ${version}`;
}
