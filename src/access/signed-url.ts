import { createHmac } from 'node:crypto';
import { streamPattern } from '../media/stream-pattern.ts';
import { ApiRefusal } from '../servers/http/api/parts.ts';
import { isSame } from './key-secret.ts';

/*
 * A signed URL ends in `?expires=UNIX&sign=SIGNATURE`. What is signed, by HMAC-SHA256 (RFC 2104, FIPS 180-4), is one line:
 *
 *     play:live/cam:1893456000        (or publish:live/cam:1893456000)
 *
 * PHP:     hash_hmac('sha256', "play:live/cam:$expires", $secret)
 * Python:  hmac.new(secret.encode(), f'play:live/cam:{expires}'.encode(), 'sha256').hexdigest()
 * shell:   printf 'play:live/cam:%s' "$expires" | openssl dgst -sha256 -hmac "$secret"
 *
 * The signature is written as 64 hexadecimal digits or as base64url. A name cannot have a `:`, so no two meanings are one line.
 */

export interface Signed {
  readonly action: 'publish' | 'play';
  /** `app/stream`. */
  readonly path: string;
  /** Seconds since 1970. */
  readonly expires: number;
}

export interface SignWish {
  readonly action: 'publish' | 'play';
  /** `app/stream`. */
  readonly stream: string;
  readonly seconds: number;
}

/** The longest a signed URL is made for: ten years. */
const MAX_SECONDS = 10 * 366 * 86_400;

function signature({ action, path, expires }: Signed, secret: string): Buffer {
  return createHmac('sha256', secret).update(`${action}:${path}:${expires}`).digest();
}

/** `expires=…&sign=…` */
export function signedQuery(what: Signed, secret: string): string {
  return `expires=${what.expires}&sign=${signature(what, secret).toString('base64url')}`;
}

/** What `sign` of a URL says, 32 bytes; undefined: it is no signature. */
function readSignature(text: string): Buffer | undefined {
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, 'hex');
  return /^[A-Za-z0-9_-]{43}=?$/.test(text) ? Buffer.from(text, 'base64url') : undefined;
}

/** Whoever signed this has the secret. */
export function isSignedBy(secret: string, what: Signed, sign: string): boolean {
  const given = readSignature(sign);
  return given !== undefined && isSame(given, signature(what, secret));
}

/** Makes what the API was asked for. @param now ms since 1970. @throws {ApiRefusal} */
export function signedWish(
  { action, stream, seconds }: SignWish,
  secret: string,
  now: number,
): { readonly query: string; readonly expiresAt: string } {
  if (secret === '') throw new ApiRefusal(409, `there is nothing to sign with: set access.${action}Secret`);
  const pattern = streamPattern(stream);
  if ('refused' in pattern) throw new ApiRefusal(400, `stream: ${pattern.refused}`, 'stream');
  if (!pattern.only) throw new ApiRefusal(400, 'stream: must be one stream, not a pattern', 'stream');
  if (!(seconds >= 1 && seconds <= MAX_SECONDS))
    throw new ApiRefusal(400, `seconds: must be 1 to ${MAX_SECONDS}`, 'seconds');
  const expires = Math.ceil(now / 1000 + seconds);
  return {
    query: signedQuery({ action, path: pattern.only.path, expires }, secret),
    expiresAt: new Date(expires * 1000).toISOString(),
  };
}

/** What a URL says about itself. */
export interface SignedClaim {
  readonly action: 'publish' | 'play';
  readonly path: string;
  /** The parameters as they came. */
  readonly expires: string;
  readonly sign: string;
}

/** Undefined: it is right. `isGuess`: it may be somebody's try; one that was right once is none. @param now ms since 1970 */
export function judgeSigned(
  { action, path, expires, sign }: SignedClaim,
  secret: string,
  now: number,
): { readonly reason: string; readonly isGuess: boolean } | undefined {
  if (secret === '')
    return { reason: `this gateway takes no signed links (access.${action}Secret is empty)`, isGuess: false };
  const isTime = /^[1-9]\d{0,11}$/.test(expires);
  if (!isTime || !isSignedBy(secret, { action, path, expires: Number(expires) }, sign))
    return { reason: `the signature of this link is not right for ${path}`, isGuess: true };
  if (Number(expires) * 1000 > now) return undefined;
  return { reason: 'this link has expired: ask for a new one', isGuess: false };
}
