import type { StreamName } from '../../media/stream-name.ts';
import { maskQuery } from '../../observe/log.ts';
import type { ConnectRequest, PlayRequest, PublishRequest } from '../../protocols/rtmp/session/host.ts';
import type { Caller, Visit } from '../gate.ts';
import { MAX_LOGGED, type RtmpLink, type RtmpPeer } from './rtmp-door.ts';

/** A wish to publish or play, as the gate wants to hear of it. */
export function visitOf(
  { peer, session }: RtmpLink,
  action: Visit['action'],
  { name, request }: { readonly name: StreamName; readonly request: PlayRequest | PublishRequest },
): Visit {
  const { query, tcUrl, flashVersion } = request;
  return {
    action,
    protocol: 'rtmp',
    name,
    query,
    address: peer.address,
    isThisMachine: peer.isThisMachine,
    origin: session.facts.pageUrl || undefined,
    swfUrl: session.facts.swfUrl || undefined,
    connection: peer.connection,
    program: flashVersion || undefined,
    tcUrl,
  };
}

/** The same for `connect`. */
export function callerOf({ address, connection }: RtmpPeer, request: ConnectRequest): Caller {
  const { app, query, tcUrl, flashVersion: program, pageUrl, swfUrl } = request;
  return {
    address,
    app,
    query,
    tcUrl,
    program,
    origin: pageUrl || undefined,
    swfUrl: swfUrl || undefined,
    connection,
  };
}

/** Of a tcUrl what may be logged: server and application. Encoders put the whole address there, the key included. */
export function serverField(tcUrl: string): string {
  const [server = ''] = /^[a-z][a-z0-9+.-]*:\/\/[^/?]*(\/[^/?]*)?/i.exec(tcUrl) ?? [];
  return maskQuery(server.slice(0, MAX_LOGGED));
}
