/** Whether a page may play. @param origin `Origin` or `Referer` as a browser sends it, `pageUrl` of an RTMP player */
export type Origins = (origin: string) => boolean;

/**
 * `https://example.org` is that site alone; `example.org` is it with any scheme and, if it names none, any port;
 * `*.example.org` is every host below it, but not itself.
 */
export function origins(sites: readonly string[]): Origins {
  const rules = sites.map(rule);
  return (origin) => {
    let url: URL;
    try {
      url = new URL(origin);
    } catch {
      return false; // `null`, from a page that hides where it is from
    }
    return rules.some((matches) => matches(url));
  };
}

function rule(site: string): (url: URL) => boolean {
  const [, scheme, star, host = '', port] =
    /^(https?:)?(?:\/\/)?(\*\.)?(\[[^\]]*\]|[^:]*)(?::(\d+))?$/i.exec(site.toLowerCase()) ?? [];
  return (url) => {
    if (scheme !== undefined && url.protocol !== scheme) return false;
    const isHost = star === undefined ? url.hostname === host : url.hostname.endsWith(`.${host}`);
    if (!isHost) return false;
    // URL leaves a scheme's own port out; a site with a scheme and without a port means that one.
    if (port !== undefined) return (url.port || ownPort(url.protocol)) === port;
    return scheme === undefined || url.port === '';
  };
}

const ownPort = (scheme: string): string => (scheme === 'https:' ? '443' : '80');
