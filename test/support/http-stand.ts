import { createServer, request, type IncomingHttpHeaders, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Reply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

export interface HttpStand {
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
    ask: (path, { method = 'GET', headers = {} } = {}) =>
      new Promise((resolve, reject) => {
        const client = request({ ...at(path), method, headers }, (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body: Buffer.concat(chunks),
            }),
          );
        });
        client.on('error', reject);
        client.end();
      }),
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
