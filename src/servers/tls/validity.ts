import type { KeyPair } from './key-pair.ts';

const DAY_MS = 86_400_000;
/** Certificates that are renewed by themselves are renewed a month before: less than this left, and something is wrong. */
export const SOON_MS = 14 * DAY_MS;

/** What is the matter with a certificate's time, in a sentence; undefined: nothing. `now` in ms since 1970. */
export function timeProblem(
  { validFrom, expiresAt, issuers }: Pick<KeyPair, 'validFrom' | 'expiresAt' | 'issuers'>,
  now: number,
): string | undefined {
  if (now >= expiresAt)
    return `the certificate expired on ${dayOf(expiresAt)}: whoever looks at it refuses to connect`;
  if (now < validFrom)
    return `the certificate is valid only from ${new Date(validFrom).toISOString()}: whoever looks at it refuses to connect (is the clock of this machine right?)`;
  const late = issuers.find((issuer) => now >= issuer.expiresAt);
  if (late)
    return `the certificate of the issuer ${late.name} expired on ${dayOf(late.expiresAt)}: who looks at the whole chain, as OBS and ffmpeg do, refuses to connect; the authority has a newer one`;
  const soon = Math.min(expiresAt, ...issuers.map((issuer) => issuer.expiresAt));
  if (soon - now >= SOON_MS) return undefined;
  const days = Math.floor((soon - now) / DAY_MS);
  const whose = soon === expiresAt ? '' : ' of an issuer in the chain';
  return `the certificate${whose} expires on ${dayOf(soon)}, in ${days === 1 ? '1 day' : `${days} days`}: it should have been renewed by now`;
}

const dayOf = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
