import { readFileSync, statSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError } from '../config/load.ts';
import { replaceFileNow } from '../observe/durable.ts';
import { CertificateError } from '../servers/tls/certificate-error.ts';
import { keyPair, type KeyPair } from '../servers/tls/key-pair.ts';
import { makeSelfSigned } from '../servers/tls/self-signed.ts';
import { SOON_MS } from '../servers/tls/validity.ts';
import { missingNames, ownNames } from './tls-names.ts';
import type { CertificatePlace } from './tls-plan.ts';

/** A certificate that was read, and what the operator should know of how. */
export interface FoundCertificate {
  readonly pair: KeyPair;
  /** Files that it came from. */
  readonly files: readonly string[];
  readonly warnings: readonly string[];
  readonly isSelfSigned: boolean;
}

/** In the data directory: certificate and key. */
const SELF_SIGNED = 'tls-self-signed.pem';

export interface Where {
  readonly place: CertificatePlace;
  /** The data directory, which exists. */
  readonly dir: string;
  /** ms since 1970. */
  readonly now: number;
}

/** Reads the certificate, or makes it. @throws {ConfigError} in one sentence that names file and setting */
export async function findCertificate({ place, dir, now }: Where): Promise<FoundCertificate> {
  try {
    return place.kind === 'files' ? fromFiles(place) : await selfSigned(join(dir, SELF_SIGNED), now);
  } catch (error) {
    if (error instanceof CertificateError) throw new ConfigError(error.message);
    throw error;
  }
}

function fromFiles({ cert, key }: { readonly cert: string; readonly key: string }): FoundCertificate {
  const certificate = { text: read(cert, 'tls.cert'), what: `tls.cert (${cert})` };
  const privateKey = key === cert ? certificate : { text: read(key, 'tls.key'), what: `tls.key (${key})` };
  const pair = keyPair(certificate, privateKey);
  const warnings = [...pair.warnings];
  if ((statSync(key).mode & 0o004) !== 0)
    warnings.push(
      `the key in ${privateKey.what} can be read by everybody on this machine; chmod o-r would change that`,
    );
  return { pair, files: [...new Set([cert, key])], warnings, isSelfSigned: false };
}

function read(path: string, setting: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`cannot read ${setting} (${path}): ${WHY[codeOf(error)] ?? codeOf(error)}`);
  }
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'this user may not read it',
  EISDIR: 'it is a directory',
};

/** The one that was made before, so that what browsers have been told of it holds; or a new one. */
async function selfSigned(path: string, now: number): Promise<FoundCertificate> {
  const names = ownNames();
  const kept = readKept(path);
  if (kept && kept.expiresAt - now > SOON_MS) {
    const missing = missingNames(names, kept.names);
    const warnings =
      missing.length === 0
        ? []
        : [
            `the self-signed certificate is not for ${missing.join(', ')}; delete ${path} to have a new one made`,
          ];
    return { pair: kept, files: [path], warnings, isSelfSigned: true };
  }
  const { key, cert } = await makeSelfSigned(names, now);
  try {
    replaceFileNow({ path, temporary: `${path}.new`, text: cert + key, mode: 0o600 });
  } catch (error) {
    throw new ConfigError(`cannot keep the self-signed certificate in ${path}: ${codeOf(error)}`);
  }
  const text = { text: cert + key, what: path };
  return { pair: keyPair(text, text), files: [path], warnings: [], isSelfSigned: true };
}

function readKept(path: string): KeyPair | undefined {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new ConfigError(`cannot read the self-signed certificate in ${path}: ${codeOf(error)}`);
  }
  try {
    return keyPair({ text, what: path }, { text, what: path });
  } catch (error) {
    if (!(error instanceof CertificateError)) throw error;
    throw new ConfigError(`${error.message}; delete ${path} to have a new one made`);
  }
}

/** Tells one state of the files from another, links followed. */
export async function stateOf(files: readonly string[]): Promise<string> {
  const states = files.map(async (path) => {
    const found = await stat(path).catch((error: unknown) => codeOf(error));
    return typeof found === 'string'
      ? found
      : `${found.dev}.${found.ino}.${found.size}.${found.mtimeMs}.${found.ctimeMs}`;
  });
  return (await Promise.all(states)).join(' ');
}

const codeOf = (error: unknown): string =>
  (error as NodeJS.ErrnoException).code ?? (error instanceof Error ? error.message : String(error));
