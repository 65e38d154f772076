/** The operator's problem with a certificate or its key, in one sentence that names the file. */
export class CertificateError extends Error {
  override readonly name = 'CertificateError';
}
