import type { AddressInfo, Server } from 'node:net';

/** The operator's problem, in one sentence. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

export interface Listening {
  readonly port: number;
}

/** Connections the system keeps waiting for us while the loop is busy: a rush of viewers must not be refused. */
const BACKLOG = 2_048;

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is in use by another program',
  EACCES: 'this user may not use the port (below 1024 needs root)',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'this machine has no such address',
};

/** Starts a server; `host` of `*` is every address, IPv6 and IPv4. @throws {ListenError} */
export function listen(server: Server, what: string, host: string, port: number): Promise<Listening> {
  return new Promise((resolve, reject) => {
    const fail = (error: NodeJS.ErrnoException): void => {
      const reason = REASONS[error.code ?? ''] ?? error.message;
      reject(new ListenError(`cannot listen for ${what} on ${host === '*' ? '' : host}:${port}: ${reason}`));
    };
    server.once('error', fail);
    server.listen({ port, backlog: BACKLOG, ...(host !== '*' && { host }) }, () => {
      server.removeListener('error', fail);
      server.on('error', () => undefined); // failing to accept one connection (EMFILE) must not end the process
      resolve({ port: (server.address() as AddressInfo).port });
    });
  });
}
