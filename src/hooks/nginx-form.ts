/*
 * What nginx-rtmp 1.2.2 sends to its `on_…` addresses: the same fields, in the same order, escaped alike; a test holds
 * them beside the module's own. Its `flashver` is cut at 31 characters, ours is whole.
 */

/** Who came, as the session's fields tell it. */
export interface NginxSession {
  readonly app: string;
  /** `flashVer`, or what an HTTP player calls itself. */
  readonly program?: string | undefined;
  readonly swfUrl?: string | undefined;
  readonly tcUrl?: string | undefined;
  /** `pageUrl`, or the page of an HTTP player. */
  readonly origin?: string | undefined;
  readonly address: string;
  readonly connection: number;
}

export interface NginxVisit extends NginxSession {
  /** The stream as it was asked for. */
  readonly stream: string;
  /** Parameters as sent. */
  readonly query: string;
}

type Field = readonly [name: string, value: string | number];

/** `application/x-www-form-urlencoded` (WHATWG URL §5). */
export const FORM = 'application/x-www-form-urlencoded';

/** "From the live edge, or recorded if there is none": −2 s of RTMP's `play`, as nginx prints it (unsigned, ms). */
const START_LIVE = 4_294_965_296;

/** Everything the module itself may send. An argument of such a name would take the place of the real one in many back ends. */
const OWN_FIELDS = new Set(
  (
    'app flashver swfurl tcurl pageurl addr clientid epoch call name type ' +
    'start duration reset recorder path time timestamp'
  ).split(' '),
);

/** `on_connect`. @param epoch ms, any 32-bit clock */
export function connectForm(session: NginxSession & { readonly query: string }, epoch: number): string {
  const { app, address } = session;
  const fields: Field[] = [...about(session), ['addr', address], ['epoch', epoch >>> 0], ['call', 'connect']];
  return write([['app', app], ...fields], session.query);
}

/** `on_disconnect`. */
export function disconnectForm(session: NginxSession): string {
  return write([...ofSession(session), ['call', 'disconnect'], ['app', session.app]], '');
}

/** `on_publish`. */
export function publishForm(visit: NginxVisit): string {
  const { stream, query } = visit;
  return write([...ofSession(visit), ['call', 'publish'], ['name', stream], ['type', 'live']], query);
}

/** `on_play`. */
export function playForm(visit: NginxVisit): string {
  const how: Field[] = [
    ['start', START_LIVE],
    ['duration', 0],
    ['reset', 0],
  ];
  return write([...ofSession(visit), ['call', 'play'], ['name', visit.stream], ...how], visit.query);
}

/** `on_publish_done`, `on_play_done`, and `on_done`, which follows either. */
export function doneForm(call: 'publish_done' | 'play_done' | 'done', visit: NginxVisit): string {
  return write([...ofSession(visit), ['call', call], ['name', visit.stream]], visit.query);
}

/** `on_record_done`. @param path of the file */
export function recordDoneForm(visit: NginxVisit, recorder: string, path: string): string {
  const file: Field[] = [
    ['call', 'record_done'],
    ['recorder', recorder],
    ['name', visit.stream],
    ['path', path],
  ];
  return write([...ofSession(visit), ...file], visit.query);
}

const about = (session: NginxSession): Field[] => [
  ['flashver', session.program ?? ''],
  ['swfurl', session.swfUrl ?? ''],
  ['tcurl', session.tcUrl ?? ''],
  ['pageurl', session.origin ?? ''],
];

const ofSession = (session: NginxSession): Field[] => [
  ['app', session.app],
  ...about(session),
  ['addr', session.address],
  ['clientid', session.connection],
];

function write(fields: readonly Field[], query: string): string {
  const own = fields.map(([name, value]) => `${name}=${escapeArgs(String(value))}`);
  return [...own, ...foreignArgs(query)].join('&');
}

/** nginx leaves more alone than `encodeURIComponent` does, `:` and `/` above all. */
const escapeArgs = (text: string): string =>
  Buffer.from(text) // half a surrogate pair, which cannot be escaped, becomes U+FFFD
    .toString()
    .replace(/[\0- "#%&+;<>?\\^`{|}\x7f-\u{10ffff}]/gu, encodeURIComponent);

/** The visitor's own parameters as they came, but for those that pass themselves off as fields of the call. */
function foreignArgs(query: string): string[] {
  return query.split('&').filter((arg) => arg !== '' && !OWN_FIELDS.has(nameOf(arg)));
}

/** As lenient as back ends are: PHP reads `n%61me[]` as `name`. */
function nameOf(arg: string): string {
  const [name = ''] = arg.split('=');
  let plain = name.replaceAll('+', ' ');
  try {
    plain = decodeURIComponent(plain);
  } catch {
    // Taken as it is.
  }
  return (plain.trim().split(/[[\0]/)[0] ?? '').toLowerCase();
}
