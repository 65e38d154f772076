import { kindOfKey } from '../media/key-shape.ts';
import type { Visit } from '../servers/gate.ts';

/** What a visitor shows, unchecked. At most one of them counts, in this order. */
export interface Credentials {
  readonly key: { readonly secret: string; readonly isName: boolean } | undefined;
  readonly signed: { readonly sign: string; readonly expires: string } | undefined;
  readonly token: string | undefined;
}

/** The longest token that is looked at, in characters; those of identity providers have 1,000 to 4,000. */
const MAX_TOKEN_LENGTH = 8_192;
/** The longest key that is looked at: far more than ours have. */
const MAX_KEY_LENGTH = 128;
/** Longer than any one credential with its neighbours. */
const MAX_QUERY_LENGTH = 16_384;

/** Keys and tokens are told apart by their looks, so that either may come as `?key=`, `?token=`, `?jwt=` or as bearer. */
export function credentialsOf({ name, query, bearer }: Visit): Credentials {
  const parameters = new URLSearchParams(query.length > MAX_QUERY_LENGTH ? '' : query);
  const shown = [parameters.get('key'), parameters.get('token'), parameters.get('jwt'), bearer].filter(
    (text) => text !== null && text !== undefined && text !== '',
  ) as string[];
  const sign = parameters.get('sign');
  return {
    key: keyAmong(name.stream, shown, parameters.get('key')),
    signed: sign === null ? undefined : { sign, expires: parameters.get('expires') ?? '' },
    token: shown.find((text) => text.length <= MAX_TOKEN_LENGTH && isToken(text)),
  };
}

function keyAmong(stream: string, shown: readonly string[], key: string | null): Credentials['key'] {
  if (kindOfKey(stream)) return { secret: stream, isName: true };
  const ours = shown.find((text) => kindOfKey(text) !== undefined);
  const secret = ours ?? (key !== null && key !== '' && !isToken(key) ? key : undefined);
  return secret === undefined ? undefined : { secret: secret.slice(0, MAX_KEY_LENGTH), isName: false };
}

/** Three parts in base64url: the compact form of a signed token (RFC 7515 §7.1). */
const isToken = (text: string): boolean => /^[\w-]+\.[\w-]+\.[\w-]*$/.test(text);
