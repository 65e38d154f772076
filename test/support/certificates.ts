import { webcrypto } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import 'reflect-metadata';
import * as x509 from '@peculiar/x509';

const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const DAY_MS = 86_400_000;

/** Somebody with a key and a certificate. */
export interface Holder {
  readonly name: string;
  /** PEM. */
  readonly key: string;
  readonly cert: string;
  readonly keys: CryptoKeyPair;
}

export interface CertificateWish {
  readonly name: string;
  /** Undefined: itself. */
  readonly by?: Holder;
  /** Names and addresses of a server; none: an authority. */
  readonly for?: readonly string[];
  /** Days from now. */
  readonly from?: number;
  readonly until?: number;
}

export async function certificate({
  name,
  by,
  for: names = [],
  from = -1,
  until = 90,
}: CertificateWish): Promise<Holder> {
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const isAuthority = names.length === 0;
  const made = await x509.X509CertificateGenerator.create({
    subject: `CN=${name}`,
    issuer: `CN=${by?.name ?? name}`,
    notBefore: new Date(Date.now() + from * DAY_MS),
    notAfter: new Date(Date.now() + until * DAY_MS),
    publicKey: keys.publicKey,
    signingKey: (by?.keys ?? keys).privateKey,
    signingAlgorithm: ALGORITHM,
    extensions: [
      new x509.BasicConstraintsExtension(isAuthority, undefined, true),
      new x509.KeyUsagesExtension(
        isAuthority ? x509.KeyUsageFlags.keyCertSign : x509.KeyUsageFlags.digitalSignature,
        true,
      ),
      ...(isAuthority
        ? []
        : [
            new x509.SubjectAlternativeNameExtension(
              names.map((value) => ({ type: isIP(value) === 0 ? ('dns' as const) : ('ip' as const), value })),
            ),
          ]),
    ],
  });
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return {
    name,
    keys,
    key: `${x509.PemConverter.encode(pkcs8, 'PRIVATE KEY')}\n`,
    cert: `${made.toString('pem')}\n`,
  };
}

/** A root, an authority below it, and a server of that one. */
export interface Authorities {
  readonly root: Holder;
  readonly middle: Holder;
  readonly server: Holder;
  /** Of the server and its issuer. */
  readonly chain: string;
}

/** @param mark of their names: OpenSSL looks for an issuer by its name, so those of two roots must differ */
export async function authorities(
  mark = '',
  names: readonly string[] = ['localhost', '127.0.0.1'],
): Promise<Authorities> {
  const root = await certificate({ name: `Test Root${mark}` });
  const middle = await certificate({ name: `Test Middle${mark}`, by: root });
  const server = await certificate({ name: `Test Server${mark}`, by: middle, for: names });
  return { root, middle, server, chain: server.cert + middle.cert };
}

export interface CertificateFiles {
  readonly cert: string;
  readonly key: string;
  /** Of the root. */
  readonly ca: string;
}

/** Writes what a server and its clients need into a folder. */
export function writeCertificates(folder: string, { root, server, chain }: Authorities): CertificateFiles {
  const files = {
    cert: join(folder, 'fullchain.pem'),
    key: join(folder, 'privkey.pem'),
    ca: join(folder, 'ca.pem'),
  };
  writeFileSync(files.cert, chain);
  writeFileSync(files.key, server.key, { mode: 0o600 });
  writeFileSync(files.ca, root.cert);
  return files;
}
