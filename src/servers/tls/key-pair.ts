import type { X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { CertificateError } from './certificate-error.ts';
import { chainOf, nameOf } from './chain.ts';
import { readCertificates, readKey, type PemText } from './pem.ts';

/** A certificate with its chain and its key, which have been found to go together. */
export interface KeyPair {
  /** PEM. */
  readonly key: string;
  /** PEM: the whole chain. */
  readonly cert: string;
  /** Names and addresses the certificate is for. */
  readonly names: readonly string[];
  /** ms since 1970. */
  readonly validFrom: number;
  readonly expiresAt: number;
  /** Without whose certificates nobody gets from it to an authority that they trust. */
  readonly issuers: readonly Issuer[];
  /** SHA-256, as browsers show it: `AB:CD:…`. */
  readonly fingerprint: string;
  /** What is the matter with the chain: sentences for the operator. */
  readonly warnings: readonly string[];
}

export interface Issuer {
  readonly name: string;
  /** ms since 1970. */
  readonly expiresAt: number;
}

/** Older ones are refused by browsers and have known weaknesses: RFC 8996. */
export const MIN_TLS = 'TLSv1.2';

/** Puts a certificate and its key together. @throws {CertificateError} if they cannot be used */
export function keyPair(certificate: PemText, privateKey: PemText): KeyPair {
  const all = readCertificates(certificate);
  const { key, pem } = readKey(privateKey);
  const own = all.find((one) => one.checkPrivateKey(key));
  if (!own)
    throw new CertificateError(
      `the key in ${privateKey.what} does not belong to the certificate of ${nameOf(all[0]!.subject)} in ${certificate.what}`,
    );
  const { sent, issuers, warnings } = chainOf(own, all, certificate.what);
  const cert = sent.map((one) => one.toString()).join('');
  try {
    createSecureContext({ key: pem, cert, minVersion: MIN_TLS });
  } catch (error) {
    throw new CertificateError(`${certificate.what} cannot be used: ${reasonOf(error)}`);
  }
  return {
    key: pem,
    cert,
    names: namesOf(own),
    validFrom: Date.parse(own.validFrom),
    expiresAt: Date.parse(own.validTo),
    issuers: issuers.map((one) => ({ name: nameOf(one.subject), expiresAt: Date.parse(one.validTo) })),
    fingerprint: own.fingerprint256,
    warnings,
  };
}

/** `DNS:example.org, IP Address:192.0.2.1`; the name in the subject counts for nothing any more (RFC 9525 §2). */
function namesOf({ subjectAltName }: X509Certificate): string[] {
  return [...(subjectAltName ?? '').matchAll(/(?:DNS|IP Address):([^,\s"]+)/g)].map(([, name = '']) => name);
}

/** OpenSSL's own words, without its numbers: `error:0A00018F:SSL routines::ee key too small`. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return text.split(':').at(-1) || text;
}
