/** Where an RTMP client goes, and what it says there. */
export interface ClientTarget {
  readonly host: string;
  readonly port: number;
  /** `rtmp://host:port/app`, with the query if there is one. */
  readonly tcUrl: string;
  readonly app: string;
  /** All behind the app, the query too: servers that want a token take it from here. */
  readonly key: string;
}

const DEFAULT_PORT = 1935;

/** Splits `rtmp://host[:port]/app/stream[?query]`; `undefined` for anything else. */
export function clientTarget(url: string): ClientTarget | undefined {
  const parts = /^rtmp:\/\/(\[[0-9a-f:.]+\]|[^/:?#\s]+)(?::(\d{1,5}))?\/([^/?\s]+)\/([^\s]+)$/i.exec(url);
  if (parts === null) return undefined;
  const [, host, portText, app, key] = parts;
  const port = portText === undefined ? DEFAULT_PORT : Number(portText);
  if (host === undefined || app === undefined || key === undefined || port < 1 || port > 65535)
    return undefined;
  return { host: host.replace(/^\[|\]$/g, ''), port, tcUrl: `rtmp://${host}:${port}/${app}`, app, key };
}
