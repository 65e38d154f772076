import { constants } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { type KeyPair, MIN_TLS } from './key-pair.ts';
import { spokenIn, type Spoken } from './first-bytes.ts';
import { writeInPieces } from './pieces.ts';

/** The certificate that connections are given now. */
export interface CertificateSource {
  readonly current: Pick<KeyPair, 'key' | 'cert'>;
  /** Calls back when there is another one. */
  onChange(callback: (pair: Pick<KeyPair, 'key' | 'cert'>) => void): void;
}

export interface HandshakesOptions {
  readonly certificate: CertificateSource;
  /** Protocols that may be agreed on, the best first; none: whatever the peer offers is passed over. */
  readonly alpn?: readonly string[];
  /** Instead of {@link HANDSHAKE_MS}, for tests. */
  readonly limitMs?: number;
}

/** What came of one handshake; one of them is called, once, unless the connection ends before anything was said. */
export interface HandshakeEnd {
  readonly secured: (socket: TLSSocket) => void;
  /** It is still open and to be ended by whom this is told to. `said`: the first bytes, where it is no TLS. */
  readonly failed: (failure: HandshakeFailure) => void;
}

export type HandshakeFailure =
  | { readonly kind: 'no TLS'; readonly spoken: Exclude<Spoken, 'TLS'>; readonly said: Buffer }
  | { readonly kind: 'too slow' }
  | { readonly kind: 'failed'; readonly reason: string };

/** Three round trips and some arithmetic, from the other side of the world and by a slow network. */
const HANDSHAKE_MS = 10_000;

/**
 * A handshake anew on a connection that is open (TLS 1.2) costs us ten times what it costs the peer. HTTP/2 forbids it (RFC 9113
 * §9.2.1), TLS 1.3 has none.
 */
const RULES = { minVersion: MIN_TLS, secureOptions: constants.SSL_OP_NO_RENEGOTIATION } as const;

/** Of a record: its type, its version and its length. RFC 8446 §5.1. */
const RECORD_HEAD = 5;
/** A longer record is no hello of anybody: OpenSSL is to say so. */
const MAX_RECORD = 16 * 1024;

/** Before the first record is there OpenSSL has nothing to do, and would hold some 50 kB for a peer that never goes on. */
function isWholeRecord(bytes: Buffer): boolean {
  if (bytes.length < RECORD_HEAD) return false;
  const length = bytes.readUInt16BE(3);
  return length > MAX_RECORD || bytes.length >= RECORD_HEAD + length;
}

/** Makes TLS connections of connections that have been let in. */
export class Handshakes {
  readonly #options: HandshakesOptions;
  #server: Server | undefined;
  readonly #underWay = new Map<string, HandshakeEnd & { readonly raw: Socket }>();

  constructor(options: HandshakesOptions) {
    this.#options = options;
  }

  /** Handshakes that are under way. */
  get size(): number {
    return this.#underWay.size;
  }

  /** Ends all that are under way. */
  giveUp(): void {
    for (const { raw } of this.#underWay.values()) raw.destroy();
  }

  /** Nothing has been read of the socket, or what was read has been put back. */
  begin(raw: Socket, end: HandshakeEnd): void {
    const name = nameOf(raw);
    if (name === undefined) return void raw.destroy(); // it is gone already
    const over = (): void => {
      clearTimeout(timer);
      this.#underWay.delete(name);
      raw.off('close', over).off('data', hear);
    };
    const only = <Told extends unknown[]>(tell: (...told: Told) => void) => {
      return (...told: Told): void => {
        over();
        tell(...told);
      };
    };
    const told = { raw, secured: only(end.secured), failed: only(end.failed) };
    let heard: Buffer = Buffer.alloc(0);
    const hear = (bytes: Buffer): void => {
      heard = heard.length === 0 ? bytes : Buffer.concat([heard, bytes]);
      const spoken = spokenIn(heard);
      if (spoken === 'TLS' && !isWholeRecord(heard)) return;
      raw.pause();
      raw.off('data', hear);
      if (spoken !== 'TLS') return told.failed({ kind: 'no TLS', spoken, said: heard });
      raw.unshift(heard);
      this.#server ??= this.#open();
      this.#server.emit('connection', raw);
    };
    const timer = setTimeout(() => told.failed({ kind: 'too slow' }), this.#options.limitMs ?? HANDSHAKE_MS);
    this.#underWay.set(name, told);
    raw.on('error', () => raw.destroy());
    raw.once('close', over);
    raw.on('data', hear);
  }

  /** It never listens: it is given connections, for which it is asked about TLS alone. */
  #open(): Server {
    const { certificate, alpn } = this.#options;
    const { key, cert } = certificate.current;
    const server = createServer({
      key,
      cert,
      ...RULES,
      ...(alpn && { ALPNProtocols: [...alpn] }),
    });
    // Connections that are open go on with the one that they began with.
    certificate.onChange((pair) => server.setSecureContext({ key: pair.key, cert: pair.cert, ...RULES }));
    server.on('secureConnection', (socket) => {
      writeInPieces(socket);
      this.#end(socket)?.secured(socket);
    });
    server.on('tlsClientError', (error, socket) => {
      this.#end(socket)?.failed({ kind: 'failed', reason: reasonOf(error) });
      socket.destroy();
    });
    return server;
  }

  /** Node gives the secured connection only; it is the one with the same two ends. */
  #end(socket: TLSSocket): HandshakeEnd | undefined {
    const end = this.#underWay.get(nameOf(socket) ?? '');
    if (!end) socket.destroy();
    return end;
  }
}

/** The two ends of an open connection, which no other has at the same time. Undefined: it is not open any more. */
function nameOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string | undefined {
  return remoteAddress === undefined
    ? undefined
    : `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}

/** What peers say when they do not like our certificate: RFC 8446 §6. */
const DISTRUST =
  /alert (unknown ca|bad certificate|certificate unknown|certificate expired|unsupported certificate)/;

/**
 * What a peer says that does not trust our certificate; undefined: the error is another one. By TLS 1.3 it comes only when the
 * handshake is over on our side.
 */
export function distrustIn(error: Error): string | undefined {
  const [, alert] = DISTRUST.exec(error.message) ?? [];
  return alert && `the peer does not trust our certificate (${alert})`;
}

/** OpenSSL's words, in ours where they come often. */
function reasonOf(error: Error): string {
  const { code } = error as NodeJS.ErrnoException;
  const distrust = distrustIn(error);
  if (distrust !== undefined) return distrust;
  if (/unsupported protocol|version too low|alert protocol version/.test(error.message))
    return 'the peer speaks no TLS 1.2 or later';
  if (/no shared cipher/.test(error.message)) return 'there is no cipher that both sides know';
  if (/no application protocol/.test(error.message))
    return 'the peer wants another protocol than we speak here';
  if (code === 'ECONNRESET') return 'the peer hung up';
  return error.message.split(':').slice(-2).join(' ').trim();
}
