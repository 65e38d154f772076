import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { StreamName } from '../../media/stream-name.ts';
import type { Refusal, Visit, VisitProtocol } from '../gate.ts';
import type { ClientAddresses } from './client-address.ts';
import { respondText } from './respond.ts';

/** Characters of what a program calls itself, and of the page it stands in, that are kept. */
const MAX_TOLD = 256;

/** A wish to watch over HTTP, as the gate wants to hear of it. */
export function httpVisit(
  request: IncomingMessage,
  clients: ClientAddresses,
  wish: { readonly protocol: VisitProtocol; readonly name: StreamName; readonly query: string },
): Visit {
  const { headers } = request;
  const origin = headers.origin ?? headers.referer;
  return {
    action: 'play',
    ...wish,
    ...clients.of(request),
    bearer: /^Bearer +(\S+) *$/i.exec(headers.authorization ?? '')?.[1],
    origin: origin?.slice(0, MAX_TOLD),
    program: headers['user-agent']?.slice(0, MAX_TOLD),
  };
}

/** How a refusal is said in HTTP: RFC 9110 §15.4.3, §15.5.2, §15.5.4 and §15.6.4. */
export function refusalStatus({ redirect, missing, isForNow }: Refusal): {
  readonly status: 302 | 401 | 403 | 503;
  readonly headers: OutgoingHttpHeaders;
} {
  if (redirect !== undefined) return { status: 302, headers: { Location: redirect } };
  if (missing === true) return { status: 401, headers: { 'WWW-Authenticate': 'Bearer' } };
  if (isForNow === true) return { status: 503, headers: { 'Retry-After': '5' } };
  return { status: 403, headers: {} };
}

export function respondRefusal(response: ServerResponse, refusal: Refusal): void {
  const { status, headers } = refusalStatus(refusal);
  respondText(response, status, refusal.reason, headers);
}
