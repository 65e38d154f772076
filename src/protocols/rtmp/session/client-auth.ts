import { createHash } from 'node:crypto';
import type { Credentials } from './client-url.ts';

/** What to do about a refused `connect`: ask again with this behind the application, or give up. */
export type AuthStep = { readonly query: string } | { readonly failed: string };

export interface AuthQuestion {
  /** The text of the refusal. */
  readonly description: string;
  readonly credentials: Credentials | undefined;
  /** As asked for first, without what was added to log in. */
  readonly app: string;
  /** Eight hexadecimal digits that nobody can foresee. */
  readonly nonce: string;
}

const md5 = (text: string, encoding: 'base64' | 'hex'): string =>
  createHash('md5').update(text).digest(encoding);

/**
 * How servers of Adobe's kind ask for a user's name and password: they refuse `connect` and write into the text what they
 * want. `authmod=adobe` first wants to know who it is, then sends salt and challenge; `authmod=llnw` is Limelight's,
 * which is HTTP's digest by other names. `undefined` for a refusal that has nothing to do with it.
 */
export function authStep(question: AuthQuestion): AuthStep | undefined {
  const { description, credentials } = question;
  const mod = /\bauthmod=(adobe|llnw)\b/.exec(description)?.[1];
  if (mod === undefined) return undefined;
  if (!credentials) return { failed: 'the server wants a user name and a password' };
  const said = parametersIn(description);
  switch (said.get('reason')) {
    case undefined:
      return { query: `?authmod=${mod}&user=${credentials.user}` };
    case 'needauth':
      return {
        query: mod === 'adobe' ? adobe(question, credentials, said) : limelight(question, credentials, said),
      };
    case 'nosuchuser':
      return { failed: 'the server does not know this user name' };
    default:
      return { failed: 'the server refused this user name and password' };
  }
}

/** Twice MD5, in base64: of name, salt and password, then of that with the server's and our own challenge. */
function adobe({ nonce }: AuthQuestion, { user, password }: Credentials, said: Parameters): string {
  const opaque = said.get('opaque');
  const secret = md5(`${user}${said.get('salt') ?? ''}${password}`, 'base64');
  const response = md5(`${secret}${opaque ?? said.get('challenge') ?? ''}${nonce}`, 'base64');
  const query = `?authmod=adobe&user=${user}&challenge=${nonce}&response=${response}`;
  return opaque === undefined ? query : `${query}&opaque=${opaque}`;
}

/** RFC 2617's digest with fixed realm, method and count. */
function limelight({ app, nonce }: AuthQuestion, { user, password }: Credentials, said: Parameters): string {
  const count = '00000001';
  const theirs = said.get('nonce') ?? '';
  const path = app.includes('/') ? app : `${app}/_definst_`;
  const secret = md5(`${user}:live:${password}`, 'hex');
  const method = md5(`publish:/${path}`, 'hex');
  const response = md5(`${secret}:${theirs}:${count}:${nonce}:auth:${method}`, 'hex');
  return `?authmod=llnw&user=${user}&nonce=${theirs}&cnonce=${nonce}&nc=${count}&response=${response}`;
}

type Parameters = ReadonlyMap<string, string>;

/** `… ?reason=needauth&salt=…`: values are base64, which no URL parser may touch (`+`). */
function parametersIn(description: string): Parameters {
  const [, text = ''] = /\?(\S*)/.exec(description) ?? [];
  return new Map(
    text.split('&').map((one) => {
      const equals = one.indexOf('=');
      return equals < 0 ? [one, ''] : [one.slice(0, equals), one.slice(equals + 1)];
    }),
  );
}
