/** Name and password that stand in front of the host. */
export interface Credentials {
  readonly user: string;
  readonly password: string;
}

/** Where an RTMP client goes, and what it says there. */
export interface ClientTarget {
  readonly host: string;
  readonly port: number;
  /** `rtmps://`: TLS from the first byte on. */
  readonly isSecure: boolean;
  /** `rtmp://host:port/app`, with the query if there is one; never with the password. */
  readonly tcUrl: string;
  /** `app`, or `app/instance`. */
  readonly app: string;
  /** All behind the app, the query too: servers that want a token take it from here. */
  readonly key: string;
  readonly credentials?: Credentials | undefined;
}

const DEFAULT_PORT = 1935;
const DEFAULT_SECURE_PORT = 443;

const URL_PARTS = /^(rtmps?):\/\/(?:([^/?#@\s]*)@)?(\[[0-9a-f:.]+\]|[^/:?#@\s]+)(?::(\d{1,5}))?\/(\S+)$/i;

/**
 * Splits `rtmp[s]://[user:password@]host[:port]/app[/instance]/stream[?query]`; `undefined` for anything else. User and
 * password are percent-encoded as in any URL.
 */
export function clientTarget(url: string): ClientTarget | undefined {
  const parts = URL_PARTS.exec(url);
  if (parts === null) return undefined;
  const [, scheme = '', login, host, portText, rest = ''] = parts;
  const isSecure = scheme.toLowerCase() === 'rtmps';
  const port = portText === undefined ? defaultPort(isSecure) : Number(portText);
  const path = splitPath(rest);
  const credentials = login === undefined ? undefined : credentialsIn(login);
  if (host === undefined || port < 1 || port > 65535 || path === undefined || credentials === null)
    return undefined;
  return {
    host: host.replace(/^\[|\]$/g, ''),
    port,
    isSecure,
    tcUrl: `${isSecure ? 'rtmps' : 'rtmp'}://${host}:${port}/${path.app}`,
    ...path,
    ...(credentials && { credentials }),
  };
}

/** The same place with `query` (which begins with `?`) behind the application: where Adobe's way to log in wants it. */
export function withAppQuery(target: ClientTarget, query: string): ClientTarget {
  const joined = target.app.includes('?') ? query.replace(/^\?/, '&') : query;
  return { ...target, app: target.app + joined, tcUrl: target.tcUrl + joined };
}

/**
 * Where a server sends us instead. Its URL names an application, and perhaps the stream; what it leaves out stays as it
 * was, name and password too. `undefined` for what is no RTMP URL, and for one that would give up TLS.
 */
export function redirectedTarget(from: ClientTarget, url: string): ClientTarget | undefined {
  const asked = url.trim();
  const namesStream = segmentsOf(asked) > from.app.split('?')[0]!.split('/').length;
  const target = clientTarget(namesStream ? asked : `${asked.replace(/\/+$/, '')}/${from.key}`);
  if (!target || (from.isSecure && !target.isSecure)) return undefined;
  return target.credentials || !from.credentials ? target : { ...target, credentials: from.credentials };
}

/** Longest reference that is looked at, characters. */
const MAX_REFERENCE = 2048;

/**
 * Where a server asks us to go on: Enhanced RTMP, "Reconnect Request". `reference`: a tcUrl, absolute, or relative to the one we used
 * (`//host/app`, `/app`; RFC 3986 §4.2); undefined: the same again. Stream, name and password stay as they are. `undefined`
 * for what is no RTMP URL, and for one that would give up TLS.
 */
export function reconnectTarget(from: ClientTarget, reference: string | undefined): ClientTarget | undefined {
  if (reference === undefined) return from;
  const asked = reference.trim();
  if (asked.length > MAX_REFERENCE) return undefined;
  const resolved = resolveReference(asked, from);
  // With a stream's name in the place of ours: where the application ends is known here.
  const target = resolved === undefined ? undefined : clientTarget(`${resolved.replace(/\/+$/, '')}/-`);
  if (!target || (from.isSecure && !target.isSecure)) return undefined;
  const app = resolved!.replace(/^[a-z]+:\/\/[^/]*\//i, '').replace(/\/+$/, '');
  const tcUrl = `${target.tcUrl.split('/').slice(0, 3).join('/')}/${app}`;
  return { ...target, app, tcUrl, key: from.key, credentials: target.credentials ?? from.credentials };
}

function resolveReference(reference: string, { tcUrl, isSecure }: ClientTarget): string | undefined {
  if (/^rtmps?:\/\//i.test(reference)) return reference;
  if (/^[a-z][a-z0-9+.-]*:/i.test(reference)) return undefined; // another protocol
  const server = tcUrl.split('/').slice(0, 3).join('/');
  if (reference.startsWith('//')) return `${isSecure ? 'rtmps' : 'rtmp'}:${reference}`;
  if (reference.startsWith('/')) return `${server}${reference}`;
  const path = tcUrl.slice(server.length).split('?')[0]!;
  return `${server}${path.slice(0, path.lastIndexOf('/') + 1)}${reference}`;
}

const defaultPort = (isSecure: boolean): number => (isSecure ? DEFAULT_SECURE_PORT : DEFAULT_PORT);

/** Of a URL's path. */
function segmentsOf(url: string): number {
  const path = /^[a-z]+:\/\/[^/?]*([^?]*)/i.exec(url)?.[1] ?? '';
  return path.split('/').filter((segment) => segment !== '').length;
}

function splitPath(path: string): { readonly app: string; readonly key: string } | undefined {
  const at = endOfApp(path);
  const app = path.slice(0, Math.max(at, 0));
  const key = path.slice(at + 1);
  return app === '' || key === '' ? undefined : { app, key };
}

/** Index of the slash between application and stream, or -1. */
function endOfApp(path: string): number {
  const mark = path.indexOf('?');
  const first = path.indexOf('/');
  // `live?token=…/cam`: the query belongs to the application.
  if (mark >= 0 && mark < first) return path.lastIndexOf('/');
  const plain = mark < 0 ? path : path.slice(0, mark);
  const second = plain.indexOf('/', first + 1);
  if (first < 0 || second < 0 || second === plain.length - 1) return first;
  // `vod/mp4:folder/film`: a name with a prefix may have slashes of its own.
  return plain.slice(first + 1, second).includes(':') ? first : second;
}

/** Null if it cannot be read. */
function credentialsIn(login: string): Credentials | null {
  const colon = login.indexOf(':');
  try {
    const user = decodeURIComponent(colon < 0 ? login : login.slice(0, colon));
    const password = colon < 0 ? '' : decodeURIComponent(login.slice(colon + 1));
    return user === '' ? null : { user, password };
  } catch {
    return null;
  }
}
