import { ProtocolError } from '../errors.ts';
import {
  BLOCK_BYTES,
  CLIENT_KEY,
  CLIENT_RESPONSE_KEY,
  findDigest,
  isSignedResponse,
  SERVER_KEY,
  SERVER_RESPONSE_KEY,
  signBlock,
  signedResponse,
} from './digest.ts';
import type { DigestScheme, RandomBytes } from './digest.ts';
import { RTMP_VERSION } from './step.ts';
import type { HandshakeStep } from './step.ts';

/** Flash Player 9.0.124.2, the first that asked servers to sign. */
const CLIENT_VERSION = 0x09007c02;

/** The client's side of the handshake: C1 is signed, and so is C2 when the server signs. */
export class ClientHandshake {
  readonly #random: RandomBytes;
  readonly #c1: Buffer;
  readonly #digest: Buffer;
  readonly #answer = Buffer.alloc(1 + 2 * BLOCK_BYTES);
  #answerBytes = 0;
  #signed = false;

  constructor(random: RandomBytes, scheme: DigestScheme = 0) {
    this.#random = random;
    this.#c1 = Buffer.alloc(BLOCK_BYTES);
    this.#c1.set(random(BLOCK_BYTES - 8), 8);
    this.#c1.writeUInt32BE(CLIENT_VERSION, 4);
    this.#digest = signBlock(this.#c1, scheme, CLIENT_KEY);
  }

  /** Whether the server signed; known when the handshake is over. */
  get signed(): boolean {
    return this.#signed;
  }

  /** C0 and C1, to be sent first. */
  start(): Buffer {
    return Buffer.concat([Buffer.from([RTMP_VERSION]), this.#c1]);
  }

  /** @throws ProtocolError when the server speaks something else, or signs wrongly. */
  receive(bytes: Uint8Array): HandshakeStep {
    if (bytes.length === 0) return {};
    if (this.#answerBytes === 0 && bytes[0] !== RTMP_VERSION) {
      throw new ProtocolError(
        'RTMP_VERSION',
        `the server answered with version ${bytes[0]!}, not RTMP version 3`,
      );
    }
    const taken = Math.min(this.#answer.length - this.#answerBytes, bytes.length);
    this.#answer.set(bytes.subarray(0, taken), this.#answerBytes);
    this.#answerBytes += taken;
    if (this.#answerBytes < this.#answer.length) return {};
    return { send: this.#secondBlock(), rest: bytes.subarray(taken) };
  }

  /** C2: S1 as it came, or, to a server that signs, a signature that proves we are a player. */
  #secondBlock(): Buffer {
    const s1 = this.#answer.subarray(1, 1 + BLOCK_BYTES);
    const s2 = this.#answer.subarray(1 + BLOCK_BYTES);
    const found = findDigest(s1, SERVER_KEY);
    if (found === undefined) return Buffer.from(s1);
    // Some servers sign S1 and then echo C1: to a player that is as good as no signature.
    if (!isSignedResponse(s2, this.#digest, SERVER_RESPONSE_KEY) && !s2.equals(this.#c1)) {
      throw new ProtocolError('RTMP_HANDSHAKE', 'the server’s signature (S2) is wrong');
    }
    this.#signed = true;
    return signedResponse(found.digest, CLIENT_RESPONSE_KEY, this.#random);
  }
}
