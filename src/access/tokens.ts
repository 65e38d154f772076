import {
  decodeProtectedHeader,
  errors,
  jwtVerify,
  type JWTPayload,
  type JWTVerifyOptions,
  type RemoteJWKSet,
} from 'jose';
import { KeySetError, keySet, type Fetch } from './key-set.ts';

export interface TokenSettings {
  /** For tokens signed with HMAC; empty: none are taken. */
  readonly jwtSecret: string;
  /** URL of the public keys of all other tokens; empty: none are taken. */
  readonly jwtJwks: string;
  /** What `iss` must be; empty: anything. */
  readonly jwtIssuer: string;
  /** What `aud` must be or have; empty: anything. */
  readonly jwtAudience: string;
}

export type TokenVerdict =
  | { readonly kind: 'good'; readonly claims: JWTPayload }
  /** `isGuess`: it may be somebody's try. A token that was right once is none. */
  | { readonly kind: 'bad'; readonly reason: string; readonly isGuess: boolean };

export interface TokenReaderOptions {
  readonly settings: TokenSettings;
  /** Wall clock, ms since 1970. */
  readonly clock: () => number;
  readonly fetch: Fetch;
  readonly onProblem: (reason: string) => void;
}

/** Each way of signing has its own kind of key, and neither list has `none`: a public key can never be taken for a secret. */
const WITH_SECRET = ['HS256', 'HS384', 'HS512'];
const WITH_KEY_SET = [
  ...['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512'],
  ...['ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'],
];
/** Clocks of servers that are kept right differ by less, seconds. */
const CLOCK_TOLERANCE_S = 30;

/** Checks JSON Web Tokens (RFC 7519, RFC 8725). */
export class TokenReader {
  readonly #options: TokenReaderOptions;
  readonly #secret: Uint8Array | undefined;
  readonly #keySet: RemoteJWKSet | undefined;

  constructor(options: TokenReaderOptions) {
    const { jwtSecret, jwtJwks } = options.settings;
    this.#options = options;
    this.#secret = jwtSecret === '' ? undefined : new TextEncoder().encode(jwtSecret);
    this.#keySet = jwtJwks === '' ? undefined : keySet({ ...options, url: new URL(jwtJwks) });
  }

  /** Whether tokens are taken at all. */
  get isOn(): boolean {
    return this.#secret !== undefined || this.#keySet !== undefined;
  }

  /** Never rejects. */
  async read(token: string): Promise<TokenVerdict> {
    try {
      return { kind: 'good', claims: await this.#verify(token) };
    } catch (error) {
      return refusal(error);
    }
  }

  async #verify(token: string): Promise<JWTPayload> {
    const { clock, settings } = this.#options;
    const { alg = '' } = decodeProtectedHeader(token);
    const common = {
      currentDate: new Date(clock()),
      clockTolerance: CLOCK_TOLERANCE_S,
      ...(settings.jwtIssuer !== '' && { issuer: settings.jwtIssuer }),
      ...(settings.jwtAudience !== '' && { audience: settings.jwtAudience }),
    };
    if (this.#secret && WITH_SECRET.includes(alg))
      return (await jwtVerify(token, this.#secret, { ...common, algorithms: WITH_SECRET })).payload;
    if (this.#keySet && WITH_KEY_SET.includes(alg))
      return withKeySet(token, this.#keySet, { ...common, algorithms: WITH_KEY_SET });
    throw new errors.JOSEAlgNotAllowed('not a way of signing that is set up here');
  }
}

/** A token need not say which key it is signed with (RFC 7515 §4.1.4): then every one of the set that fits is tried. */
async function withKeySet(token: string, keys: RemoteJWKSet, options: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    for await (const key of error) {
      const found = await jwtVerify(token, key, options).catch((reason: unknown) => {
        if (!(reason instanceof errors.JWSSignatureVerificationFailed)) throw reason;
      });
      if (found) return found.payload;
    }
    throw new errors.JWSSignatureVerificationFailed();
  }
}

/** In words for the person at the encoder or player; nothing of the token in them. */
function refusal(error: unknown): TokenVerdict {
  const bad = (reason: string, isGuess: boolean): TokenVerdict => ({ kind: 'bad', reason, isGuess });
  if (error instanceof errors.JWTExpired) return bad('the token has expired', false);
  if (error instanceof errors.JWTClaimValidationFailed)
    return bad(`the token's claim "${error.claim}" does not fit this gateway`, false);
  if (error instanceof errors.JWKSNoMatchingKey)
    return bad('the token is signed with a key that is not known', true);
  if (error instanceof errors.JWKSTimeout || error instanceof KeySetError)
    return bad('the token cannot be checked now: the server with the keys does not answer; try again', false);
  if (error instanceof errors.JOSEAlgNotAllowed)
    return bad('the token is not signed in a way that is accepted here', true);
  return bad('the token is not valid', true);
}
