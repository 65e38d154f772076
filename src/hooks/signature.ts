import { createHmac } from 'node:crypto';

export const SIGNATURE_HEADER = 'X-Millrace-Signature';

/**
 * The value of the header: `t=SECONDS,v1=HEX`. HEX is the HMAC-SHA256 (RFC 2104), keyed with the target's secret, of
 * `SECONDS` in decimal, a full stop, and the body as it is sent. A receiver that refuses old times cannot be fooled by a
 * recorded request; each repetition is signed anew.
 *
 * @param seconds since 1970
 */
export function signBody(secret: string, seconds: number, body: string): string {
  const mac = createHmac('sha256', secret).update(`${seconds}.${body}`).digest('hex');
  return `t=${seconds},v1=${mac}`;
}
