import { createHmac, timingSafeEqual } from 'node:crypto';

export const SIGNATURE_HEADER = 'X-Millrace-Signature';

/**
 * The value of the header: `t=SECONDS,v1=HEX`. HEX is the HMAC-SHA256 (RFC 2104), keyed with the target's secret, of
 * `SECONDS` in decimal, a full stop, and the body as it is sent. A receiver that refuses old times cannot be fooled by a
 * recorded request; each repetition is signed anew.
 *
 * @param seconds since 1970
 */
export function signBody(secret: string, seconds: number, body: string): string {
  return `t=${seconds},v1=${hmac(secret, seconds, body).toString('hex')}`;
}

/** What a receiver does with the header; false also for one that cannot be read. */
export function isSignedBy(secret: string, header: string, body: string): boolean {
  const [, seconds = '', given = ''] = /^t=(\d{1,12}),v1=([0-9a-f]{64})$/.exec(header) ?? [];
  return given !== '' && timingSafeEqual(Buffer.from(given, 'hex'), hmac(secret, Number(seconds), body));
}

function hmac(secret: string, seconds: number, body: string): Buffer {
  return createHmac('sha256', secret).update(`${seconds}.${body}`).digest();
}
