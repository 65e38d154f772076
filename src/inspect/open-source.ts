import { InspectError } from './errors.ts';
import { openFile } from './source-file.ts';
import { openHttp } from './source-http.ts';
import { openWebSocket } from './source-ws.ts';
import type { OpenOptions, Source } from './source.ts';

/** The URL that a person's argument stands for: what has no known scheme is a file's path. */
export function targetUrl(target: string, fileUrl: (path: string) => URL): URL {
  if (!/^[a-z][a-z0-9+.-]+:\/\//i.test(target)) return fileUrl(target);
  if (!URL.canParse(target)) throw new InspectError('SCHEME', `"${target}" is not a valid URL`);
  return new URL(target);
}

/** Opens it and waits until it has answered. Throws {@link InspectError}. */
export async function openSource(url: URL, options: OpenOptions = {}): Promise<Source> {
  switch (url.protocol) {
    case 'file:':
      return openFile(url, options);
    case 'http:':
    case 'https:':
      return openHttp(url, options);
    case 'ws:':
    case 'wss:':
      return openWebSocket(url);
    default: {
      const scheme = url.protocol.slice(0, -1);
      const hint = scheme.startsWith('rtmp') ? '; an RTMP stream can be looked at as its .flv or .m3u8' : '';
      throw new InspectError('SCHEME', `inspect reads files, http(s) and ws(s) URLs, not ${scheme}${hint}`);
    }
  }
}
