import { maskQuery } from '../observe/log.ts';
import { clientTarget } from '../protocols/rtmp/session/client-url.ts';

const HIDDEN = '***';
/** A name made of nothing but the stream's own. */
const IS_TEMPLATE = /^(\{(app|stream)\}|[/_.-])+$/;
/** Shorter ones are no secrets, and would be found everywhere. */
const SHORTEST_SECRET = 3;
/** Of what a server says, characters. */
const LONGEST_TEXT = 200;

/**
 * A relay's URL as it may be shown: name, password and parameters are masked, and so is the stream's name there, which
 * often is the key to it, unless it is one that is known here (`names`) or a pattern for it.
 */
export function shownRelayUrl(url: string, names: readonly string[] = []): string {
  const target = clientTarget(url);
  const masked = maskQuery(url);
  if (!target) return masked.replace(/[^/]*$/, HIDDEN);
  const key = target.key.split('?')[0]!;
  if (names.includes(key) || IS_TEMPLATE.test(key)) return masked;
  const at = masked.split('?')[0]!.lastIndexOf(`/${key}`);
  return at < 0
    ? maskQuery(`${masked.split('?')[0]!.split('/').slice(0, 4).join('/')}/${HIDDEN}`)
    : masked.slice(0, at + 1) + HIDDEN + masked.slice(at + 1 + key.length);
}

/** What of a URL must not be seen: its key (unless it is one of `names`), password and the values of its parameters. */
export function secretsOf(url: string, names: readonly string[] = []): readonly string[] {
  const target = clientTarget(url);
  if (!target) return [];
  const [key = '', ...queries] = `${target.key}?${target.app.split('?')[1] ?? ''}`.split('?');
  const values = queries.flatMap((query) => query.split('&')).map((one) => one.slice(one.indexOf('=') + 1));
  const { user = '', password = '' } = target.credentials ?? {};
  return [target.key, ...(names.includes(key) ? [] : [key]), ...values, user, password]
    .filter((secret) => secret.length >= SHORTEST_SECRET && !names.includes(secret))
    .sort((a, b) => b.length - a.length);
}

/** What a server said, as it may be logged: one short line in which the secrets that were told to it are masked. */
export function withoutSecrets(text: string, secrets: readonly string[]): string {
  let shown = text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
  for (const secret of secrets) shown = shown.replaceAll(secret, HIDDEN);
  return shown.length > LONGEST_TEXT ? `${shown.slice(0, LONGEST_TEXT)}…` : shown;
}
