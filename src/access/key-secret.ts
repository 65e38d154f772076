import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { KEY_PREFIX } from '../media/key-shape.ts';

/** No 0/O, 1/l/I: somebody will read a key out over the telephone. 32 characters, so that 5 bits of a byte choose one evenly. */
const ALPHABET = '23456789abcdefghijkmnpqrstuvwxyz';
/** 5 bits each: 130 bits. All that the key's own letters need is to be legal in a stream's name. */
const SECRET_LENGTH = 26;
const ID_LENGTH = 10;

function randomText(length: number): string {
  return Array.from(randomBytes(length), (byte) => ALPHABET[byte & 31]).join('');
}

/** A new key, `pk_…` to publish or `vk_…` to watch: 130 random bits. */
export const makeSecret = (action: 'publish' | 'play'): string =>
  KEY_PREFIX[action] + randomText(SECRET_LENGTH);

/** What a key is called where its secret must not stand. */
export const makeKeyId = (): string => `k-${randomText(ID_LENGTH)}`;

/**
 * What is stored of a secret. A slow, salted hash (scrypt, argon2) is for passwords, which can be guessed; nobody guesses 130
 * random bits, so one SHA-256 keeps them, and it can be looked up by. It also makes the look-up's timing tell nothing: who tries
 * keys cannot choose how much of the hash is right.
 */
export const hashOf = (secret: string): string =>
  `sha256:${createHash('sha256').update(secret).digest('hex')}`;

/** Compares in a time that depends on the lengths alone. */
export function isSame(one: string | Uint8Array, other: string | Uint8Array): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}
