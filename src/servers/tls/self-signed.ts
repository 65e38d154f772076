import { webcrypto } from 'node:crypto';
import { isIP } from 'node:net';

/** How long it is good for: browsers take no certificate with more than 398 days for granted, nor do Apple's systems. */
const LIFE_MS = 397 * 86_400_000;
/** The clocks of the machines that connect may be behind. */
const EARLIER_MS = 86_400_000;
/** Every encoder and player knows this curve. */
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

export interface SelfSigned {
  /** PEM. */
  readonly key: string;
  readonly cert: string;
}

/** Makes a key and a certificate for names and addresses. `now` in ms since 1970. */
export async function makeSelfSigned(names: readonly string[], now: number): Promise<SelfSigned> {
  await import('reflect-metadata'); // which the next one builds on
  const x509 = await import('@peculiar/x509');
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=Millrace (self-signed), O=For trying out only',
    notBefore: new Date(now - EARLIER_MS),
    notAfter: new Date(now - EARLIER_MS + LIFE_MS),
    keys,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
      new x509.SubjectAlternativeNameExtension(
        names.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
      ),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  const key = x509.PemConverter.encode(pkcs8, 'PRIVATE KEY');
  return { key: `${key}\n`, cert: `${certificate.toString('pem')}\n` };
}
