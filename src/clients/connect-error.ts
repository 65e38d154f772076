/** What system and TLS say, in words for the operator. */
const REASONS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ECONNRESET: 'the server closed the connection without a word',
  EPIPE: 'the server closed the connection without a word',
  ENOTFOUND: 'there is no host of this name',
  EAI_AGAIN: 'the name could not be looked up',
  ETIMEDOUT: 'the server does not answer',
  EHOSTUNREACH: 'no way leads to this host',
  ENETUNREACH: 'no way leads to this network',
  CERT_HAS_EXPIRED: "the server's certificate has expired",
  CERT_NOT_YET_VALID: "the server's certificate is not valid yet",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the server's certificate is self-signed; see relay.caFile",
  SELF_SIGNED_CERT_IN_CHAIN:
    "the server's certificate is signed by an authority that is not trusted; see relay.caFile",
  UNABLE_TO_VERIFY_LEAF_SIGNATURE:
    "the server's certificate is signed by an authority that is not trusted, or its chain is incomplete; see relay.caFile",
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    "the server's certificate is signed by an authority that is not trusted; see relay.caFile",
  ERR_TLS_CERT_ALTNAME_INVALID: "the server's certificate is for another host",
  EPROTO: 'the server does not speak TLS there: use rtmp://',
  ERR_SSL_WRONG_VERSION_NUMBER: 'the server does not speak TLS there: use rtmp://',
};

/** Why a connection did not come about, or broke. */
export function connectReason(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as NodeJS.ErrnoException;
  // Each address of a name has its own failure; the last one is as good as any.
  if (error instanceof AggregateError && error.errors.length > 0) return connectReason(error.errors.at(-1));
  return REASONS[code ?? ''] ?? error.message;
}
