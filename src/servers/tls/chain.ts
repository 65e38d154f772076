import { X509Certificate } from 'node:crypto';
import { rootCertificates } from 'node:tls';

/** The certificates that are sent, and what is the matter with them. */
export interface Chain {
  /** The server's own first, each followed by its issuer's: RFC 8446 §4.4.2. */
  readonly sent: readonly X509Certificate[];
  /** Those behind the own one that everybody needs: of roots they have their own, and of roots signed by older ones, too. */
  readonly issuers: readonly X509Certificate[];
  /** Sentences for the operator. */
  readonly warnings: readonly string[];
}

/** Puts the chain of `own` in order. `all`: what is in the file, in any order. `what`: how a sentence calls the file. */
export function chainOf(own: X509Certificate, all: readonly X509Certificate[], what: string): Chain {
  const sent = [own];
  for (;;) {
    const last = sent.at(-1)!;
    const issuer = all.find((one) => !sent.includes(one) && isIssuedBy(last, one));
    if (!issuer) break;
    sent.push(issuer);
  }
  const warnings: string[] = [];
  if (sent.length !== all.length || sent.some((one, index) => one !== all[index]))
    warnings.push(
      sent.length === all.length
        ? `the certificates in ${what} are not in the order in which TLS sends them; they are sent in the right one`
        : `${what} holds certificates that do not belong to ${nameOf(own.subject)}; they are not sent`,
    );
  const missing = missingBehind(sent, what);
  if (missing !== undefined) warnings.push(missing);
  return { sent, issuers: neededIn(sent), warnings };
}

function neededIn(sent: readonly X509Certificate[]): X509Certificate[] {
  const end = sent.findIndex((one) => isSelfSigned(one) || isWellKnown(one));
  return sent.slice(1, end === -1 ? undefined : end + 1).filter((one) => !isSelfSigned(one));
}

/** Encoders and players do not look for what is missing in a chain, browsers do: so it seems to work, and does not. */
function missingBehind(sent: readonly X509Certificate[], what: string): string | undefined {
  const last = sent.at(-1)!;
  if (isSelfSigned(last) || isWellKnown(last)) return undefined;
  const issuer = nameOf(last.issuer);
  if (sent.length > 1)
    return `the chain in ${what} ends with a certificate of ${issuer}, which is no well-known authority: only who trusts it can connect`;
  return (
    `the certificate of the issuer, ${issuer}, is missing in ${what}: OBS, ffmpeg and players on phones refuse such a chain, ` +
    'though browsers may not; use the file with the whole chain (fullchain.pem of certbot), or put the issuer’s certificate ' +
    'below the own one. If it is an authority of your own, whoever connects must have been told to trust it'
  );
}

const isSelfSigned = (one: X509Certificate): boolean =>
  one.subject === one.issuer && one.verify(one.publicKey);

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

let roots: X509Certificate[] | undefined;

/** Whether one of the roots that come with Node.js, which are Mozilla's, has issued it. */
function isWellKnown(certificate: X509Certificate): boolean {
  roots ??= rootCertificates.map((pem) => new X509Certificate(pem));
  return roots.some((root) => isIssuedBy(certificate, root));
}

/** The name in a subject or issuer, which has one attribute a line. */
export function nameOf(subject: string): string {
  const of = (type: string): string | undefined =>
    subject
      .split('\n')
      .find((line) => line.startsWith(`${type}=`))
      ?.slice(type.length + 1);
  return `"${of('CN') ?? of('O') ?? subject.replaceAll('\n', ', ')}"`;
}
