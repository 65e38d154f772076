import { createServer, request, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ask, type Reply } from './ask.ts';

export interface HttpStand {
  readonly port: number;
  ask(path: string, options?: { method?: string; headers?: Record<string, string> }): Promise<Reply>;
  /** Sends a request and hangs up once the server has seen it. */
  hangUp(path: string): Promise<void>;
  close(): Promise<void>;
}

/** A handler behind a real HTTP server on a free port. */
export async function httpStand(handler: RequestListener): Promise<HttpStand> {
  let seen = (): void => undefined;
  let gone = (): void => undefined;
  const server = createServer((req, res) => {
    res.once('close', () => gone());
    handler(req, res);
    seen();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const at = (path: string) => ({ host: '127.0.0.1', port, path, agent: false });
  return {
    port,
    ask: (path, options = {}) => ask({ ...at(path), ...options }),
    hangUp: (path) =>
      new Promise((resolve) => {
        const client = request(at(path));
        client.on('error', () => undefined);
        seen = () => client.destroy();
        gone = resolve;
        client.end();
      }),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
