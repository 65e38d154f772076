/** Where the page was loaded from, and what the server told about itself. */
export interface Place {
  /** `http:` or `https:`. */
  readonly protocol: string;
  readonly hostname: string;
  /** Empty for the protocol's own port. */
  readonly port: string;
  /** 0: plain RTMP is not spoken. */
  readonly rtmpPort: number;
  readonly rtmpsPort?: number | undefined;
  /** The server's addresses in its network, best first. */
  readonly addresses: readonly string[];
}

export interface Links {
  readonly watch: string;
  readonly wsFlv: string;
  readonly httpFlv: string;
  readonly hls: string;
  readonly rtmp: string;
}

/** Paths of one stream on this server. */
export const watchPath = (app: string, stream: string): string =>
  `/watch/${encodeURIComponent(app)}/${encodeURIComponent(stream)}`;
export const flvPath = (app: string, stream: string): string => `${mediaPath(app, stream)}.flv`;
export const hlsPath = (app: string, stream: string): string => `${mediaPath(app, stream)}.m3u8`;

/** The page's address without the wish for an engine; a key in it stays. */
export function withoutEngine({
  pathname,
  search,
}: {
  readonly pathname: string;
  readonly search: string;
}): string {
  const parameters = new URLSearchParams(search);
  parameters.delete('engine');
  return parameters.size === 0 ? pathname : `${pathname}?${parameters.toString()}`;
}

const mediaPath = (app: string, stream: string): string =>
  `/${encodeURIComponent(app)}/${encodeURIComponent(stream)}`;

export const isLoopback = (hostname: string): boolean =>
  hostname === 'localhost' ||
  hostname.endsWith('.localhost') ||
  hostname === '[::1]' ||
  /^127(\.\d{1,3}){3}$/.test(hostname);

/** The host to give to somebody else: `localhost` means another machine to a phone. */
export function shareHost(place: Place): string {
  const address = place.addresses[0];
  if (!isLoopback(place.hostname) || address === undefined) return place.hostname;
  return address.includes(':') ? `[${address}]` : address;
}

/** Every address of a stream, as another machine would write it. */
export function links(place: Place, app: string, stream: string): Links {
  const name = shareHost(place);
  const host = place.port === '' ? name : `${name}:${place.port}`;
  const http = `${place.protocol}//${host}`;
  const ws = `${place.protocol === 'https:' ? 'wss:' : 'ws:'}//${host}`;
  return {
    watch: http + watchPath(app, stream),
    wsFlv: ws + flvPath(app, stream),
    httpFlv: http + flvPath(app, stream),
    hls: http + hlsPath(app, stream),
    rtmp: rtmpUrl(place, name) + mediaPath(app, stream),
  };
}

/** What to type into an encoder's "Server" field. */
export function publishServer(place: Place, app: string): string {
  return `${rtmpUrl(place, place.hostname)}/${app}`;
}

/** Who has come by HTTPS gets RTMPS, if it is there: the certificate has been accepted. RTMP's own port can be left out. */
function rtmpUrl({ protocol, rtmpPort, rtmpsPort }: Place, name: string): string {
  if (rtmpsPort !== undefined && (protocol === 'https:' || rtmpPort === 0))
    return `rtmps://${name}:${rtmpsPort}`;
  return rtmpPort === 1935 ? `rtmp://${name}` : `rtmp://${name}:${rtmpPort}`;
}

export type Route =
  | { page: 'home' }
  | { page: 'recordings' }
  | { page: 'watch'; app: string; stream: string }
  | { page: 'unknown' };

/** Names the server accepts; anything else cannot be on the air. */
const NAME = /^[A-Za-z0-9._~-]+$/;

export function route(pathname: string): Route {
  if (pathname === '/' || pathname === '/index.html') return { page: 'home' };
  if (/^\/recordings\/?$/.test(pathname)) return { page: 'recordings' };
  const [, first, app = '', stream = '', ...rest] = pathname.split('/');
  const left = rest.filter((part) => part !== '');
  if (first !== 'watch' || left.length > 0 || !NAME.test(app) || !NAME.test(stream))
    return { page: 'unknown' };
  return { page: 'watch', app, stream };
}
