import { createHmac } from 'node:crypto';

/** C1, S1, C2 and S2 alike (RTMP 1.0 §5.2.3). */
export const BLOCK_BYTES = 1536;
const DIGEST_BYTES = 32;

/**
 * Where a signed block keeps its digest: in the half that begins at byte 8 (scheme 0) or at byte 772 (scheme 1).
 * The other half is for the key exchange of encrypted connections. RTMP 1.0 does not describe this; players of the
 * Flash era ask for it and refuse H.264 from a server that cannot do it.
 */
export type DigestScheme = 0 | 1;
const HALF_STARTS = [8, 772] as const;
/** Four bytes of a half add up to the digest's place behind them, modulo what leaves room for it. */
const PLACE_BYTES = 4;
const PLACES = 728;

/** The second half of both keys. */
const KEY_TAIL = Buffer.from('f0eec24a8068bee82e00d0d1029e7e576eec5d2d29806fab93b8e636cfeb31ae', 'hex');
/** Signs C1; with the tail, C2. */
export const CLIENT_KEY = Buffer.from('Genuine Adobe Flash Player 001');
export const CLIENT_RESPONSE_KEY = Buffer.concat([CLIENT_KEY, KEY_TAIL]);
/** Signs S1; with the tail, S2. */
export const SERVER_KEY = Buffer.from('Genuine Adobe Flash Media Server 001');
export const SERVER_RESPONSE_KEY = Buffer.concat([SERVER_KEY, KEY_TAIL]);

/** `size` bytes that nobody can foresee. The session's owner brings the source. */
export type RandomBytes = (size: number) => Uint8Array;

export interface FoundDigest {
  readonly scheme: DigestScheme;
  readonly digest: Buffer;
}

/** The digest of C1 or S1, and where it was; `undefined` when the block is not signed with `key`. */
export function findDigest(block: Buffer, key: Buffer): FoundDigest | undefined {
  for (const scheme of [0, 1] as const) {
    const at = digestPlace(block, scheme);
    const digest = block.subarray(at, at + DIGEST_BYTES);
    if (digest.equals(digestOf(block, at, key))) return { scheme, digest: Buffer.from(digest) };
  }
  return undefined;
}

/** Puts the digest in its place in C1 or S1, and returns it. */
export function signBlock(block: Buffer, scheme: DigestScheme, key: Buffer): Buffer {
  const at = digestPlace(block, scheme);
  const digest = digestOf(block, at, key);
  digest.copy(block, at);
  return digest;
}

/** C2 or S2: random bytes, signed with the digest of the other side's first block. */
export function signedResponse(digest: Buffer, responseKey: Buffer, random: RandomBytes): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  block.set(random(BLOCK_BYTES - DIGEST_BYTES));
  responseSignature(block, digest, responseKey).copy(block, BLOCK_BYTES - DIGEST_BYTES);
  return block;
}

/** Whether C2 or S2 answers the block whose digest this is. */
export function isSignedResponse(block: Buffer, digest: Buffer, responseKey: Buffer): boolean {
  const signature = block.subarray(BLOCK_BYTES - DIGEST_BYTES);
  return signature.equals(responseSignature(block, digest, responseKey));
}

function responseSignature(block: Buffer, digest: Buffer, responseKey: Buffer): Buffer {
  const key = hmac(responseKey, digest);
  return hmac(key, block.subarray(0, BLOCK_BYTES - DIGEST_BYTES));
}

function digestPlace(block: Buffer, scheme: DigestScheme): number {
  const start = HALF_STARTS[scheme];
  const sum = block[start]! + block[start + 1]! + block[start + 2]! + block[start + 3]!;
  return start + PLACE_BYTES + (sum % PLACES);
}

/** Over everything but the digest itself. */
function digestOf(block: Buffer, at: number, key: Buffer): Buffer {
  return hmac(key, block.subarray(0, at), block.subarray(at + DIGEST_BYTES));
}

function hmac(key: Buffer, ...parts: readonly Buffer[]): Buffer {
  const mac = createHmac('sha256', key);
  for (const part of parts) mac.update(part);
  return mac.digest();
}
