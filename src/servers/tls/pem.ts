import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { CertificateError } from './certificate-error.ts';

/** Text that should hold certificates or a key, and how a sentence calls it: `tls.cert (/etc/cert.pem)`. */
export interface PemText {
  readonly text: string;
  readonly what: string;
}

/** RFC 7468 §2. */
const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g;
/** Beside RFC 7468's own, names that OpenSSL used to write. */
const CERTIFICATE = /^(X509 |TRUSTED )?CERTIFICATE$/;
/** More is no chain: the longest ones in use have four. */
const MAX_CERTIFICATES = 16;

const labelsIn = (text: string): string[] => [...text.matchAll(BLOCK)].map(([, label = '']) => label);

/** All certificates in a text, as they stand. @throws {CertificateError} if there is none, or one that is damaged */
export function readCertificates({ text, what }: PemText): X509Certificate[] {
  const blocks = [...text.matchAll(BLOCK)].filter(([, label = '']) => CERTIFICATE.test(label));
  if (blocks.length === 0) throw new CertificateError(`${what} holds no certificate: ${insteadOf(text)}`);
  if (blocks.length > MAX_CERTIFICATES)
    throw new CertificateError(
      `${what} holds ${blocks.length} certificates, at most ${MAX_CERTIFICATES} can be a chain`,
    );
  return blocks.map(([block], index) => {
    try {
      return new X509Certificate(block);
    } catch {
      throw new CertificateError(`certificate ${index + 1} in ${what} is damaged`);
    }
  });
}

/** @throws {CertificateError} if there is none, or one that cannot be used as it is */
export function readKey({ text, what }: PemText): { readonly key: KeyObject; readonly pem: string } {
  const block = [...text.matchAll(BLOCK)].find(([, label = '']) => label.endsWith('PRIVATE KEY'))?.[0];
  if (block === undefined && !text.includes('PRIVATE KEY'))
    throw new CertificateError(`${what} holds no private key: ${insteadOf(text)}`);
  // What an older OpenSSL has encrypted looks like any other key, but for a line in its head (RFC 1421 §4.6.1.1).
  if (/ENCRYPTED/.test(text))
    throw new CertificateError(
      `the key in ${what} is encrypted with a passphrase; take one that is not: openssl pkey -in OLD -out NEW`,
    );
  try {
    return { key: createPrivateKey(block ?? text), pem: block ?? text };
  } catch {
    throw new CertificateError(`the key in ${what} is damaged, or of a kind that is not known`);
  }
}

/** Mistakes that are often made, by what stands there in place of the right thing. */
function insteadOf(text: string): string {
  const labels = labelsIn(text);
  if (labels.some((label) => label.endsWith('PRIVATE KEY')))
    return 'there is a private key in it (are tls.cert and tls.key mixed up?)';
  if (labels.some((label) => CERTIFICATE.test(label)))
    return 'there is a certificate in it (are tls.cert and tls.key mixed up?)';
  if (labels.some((label) => label.endsWith('CERTIFICATE REQUEST')))
    return 'there is a request for one in it; the authority answers that with the certificate';
  if (labels.some((label) => label.endsWith('PUBLIC KEY'))) return 'there is a public key in it';
  if (text.trim() === '') return 'it is empty';
  if (text.startsWith('0'))
    return 'it is not PEM but DER or PKCS#12, which openssl x509 or openssl pkcs12 turns into PEM';
  return 'it is not PEM (-----BEGIN …-----), or not whole';
}
