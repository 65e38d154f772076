/** What a peer says about where it wants to go: two arguments of `connect`, one of `publish` or `play`. */
export interface AddressParts {
  readonly app: string;
  readonly tcUrl: string;
  /** The stream key or play path. */
  readonly key: string;
}

/** `app` and `name` as the peer wrote them, either perhaps empty; whether they are good names is not decided here. */
export interface StreamAddress {
  readonly app: string;
  readonly name: string;
  /** Parameters from all three parts, each once, joined by `&`, without the `?`. */
  readonly query: string;
}

/** The instance that Flash's server puts between application and stream when none is named. */
const DEFAULT_INSTANCE = '_definst_';

/**
 * Makes one address out of what encoders split in many ways: a slash in the key, all in the server field,
 * a query on either part (and then a slash behind it), an empty app, a tcUrl that knows more than the app.
 * Everything but the last path segment must be one application name.
 */
export function streamAddress(parts: AddressParts): StreamAddress | { readonly refused: string } {
  const app = split(parts.app);
  const url = split(pathOfUrl(parts.tcUrl));
  const key = split(parts.key);

  const tail = key.path.length === 0 && app.path.length < 2 ? nameBehindQuery(app, url) : undefined;
  const path = tail === undefined ? fullPath(app.path, url.path, key.path) : [...tail.path, tail.name];
  const queries = tail === undefined ? [app.query, url.query] : [tail.query];
  const query = mergeQueries([...queries, key.query]);

  if (path.length > 2) {
    return {
      refused: `the address has ${path.length} parts: use rtmp://HOST/APP/STREAM`,
    };
  }
  return { app: path[0] ?? '', name: path[1] ?? '', query };
}

/** The application that `connect` names and the parameters that came with it; of an app with slashes the first part. */
export function connectAddress(app: string, tcUrl: string): { readonly app: string; readonly query: string } {
  const parts = split(app);
  const url = split(pathOfUrl(tcUrl));
  return { app: parts.path[0] ?? url.path[0] ?? '', query: mergeQueries([parts.query, url.query]) };
}

interface Part {
  readonly path: readonly string[];
  readonly query: string;
}

function split(text: string): Part {
  const mark = text.indexOf('?');
  const path = mark < 0 ? text : text.slice(0, mark);
  return {
    path: segments(path),
    // A slash at the end stood between the server field and the key.
    query: mark < 0 ? '' : text.slice(mark + 1).replace(/\/$/, ''),
  };
}

function segments(path: string): string[] {
  return path.split('/').filter((segment) => segment !== '' && segment !== DEFAULT_INSTANCE);
}

/** `live/cam?x` of `rtmp://host:1935/live/cam?x`; nothing of what is no URL. */
function pathOfUrl(url: string): string {
  return /^[a-z][a-z0-9+.-]*:\/\/[^/?]*(.*)$/i.exec(url)?.[1] ?? '';
}

/** `rtmp://h/live?p=TOKEN/cam`: encoders that take all after the host for the app leave the name in the query. */
function nameBehindQuery(
  app: Part,
  url: Part,
): { path: readonly string[]; name: string; query: string } | undefined {
  const part = app.query.includes('/') ? app : app.query === '' && url.query.includes('/') ? url : undefined;
  if (part?.path.length !== 1) return undefined;
  const slash = part.query.lastIndexOf('/');
  // The key may have brought a query of its own: `?p=TOKEN/cam?q=1`.
  const tail = split(part.query.slice(slash + 1));
  return {
    path: part.path,
    name: tail.path[0] ?? '',
    query: mergeQueries([part.query.slice(0, slash), tail.query]),
  };
}

function fullPath(app: readonly string[], url: readonly string[], key: readonly string[]): readonly string[] {
  if (key.length === 0) {
    // No key: all of it is in the app, or only in the URL.
    return url.length > app.length && startsWith(url, app) ? url : app;
  }
  if (app.length > 0) return [...app, ...key];
  // No app: it is in the URL, perhaps with the key, or in the key.
  if (url.length >= 2 && url.at(-1) === key.at(-1)) return url;
  if (url.length === 0 && key.length === 1) return ['', ...key];
  return [...url, ...key];
}

function startsWith(path: readonly string[], start: readonly string[]): boolean {
  return start.every((segment, index) => path[index] === segment);
}

function mergeQueries(queries: readonly string[]): string {
  const parameters = queries.flatMap((query) => query.split('&')).filter((parameter) => parameter !== '');
  return [...new Set(parameters)].join('&');
}
