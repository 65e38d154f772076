import type { IncomingMessage } from 'node:http';
import { isByHttps } from './provenance.ts';

/** Programs ask for these, and many of them follow no redirect, or fail at a certificate that a person would have looked at. */
const FOR_PROGRAMS = /^\/(api|assets|metrics|healthz)(\/|\?|$)/;
/** A name or an address, without its port. */
const HOST = /^([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:\d+)?$/;

/** Where a page that was asked for by plain HTTP is by HTTPS; undefined: it is to be answered here. */
export function httpsAddress(request: IncomingMessage, port: number | undefined): string | undefined {
  const { method, url = '/' } = request;
  const isPage = (method === 'GET' || method === 'HEAD') && url.startsWith('/') && !FOR_PROGRAMS.test(url);
  if (port === undefined || !isPage || isByHttps(request)) return undefined;
  const [, host] = HOST.exec(request.headers.host ?? '') ?? [];
  return host && `https://${host}${port === 443 ? '' : `:${port}`}${url}`;
}
