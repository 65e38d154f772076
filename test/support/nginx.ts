import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Background } from './programs.ts';
import { waitFor } from './wait.ts';

export interface Nginx {
  readonly port: number;
  /** What it wrote to its error log. */
  readonly errors: string;
  stop(): Promise<void>;
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/**
 * An nginx in front of a gateway, as its manual tells people to write it: nothing but `proxy_pass`, and the two headers
 * without which WebSocket does not pass. All time-outs are nginx's defaults (60 s) unless `extra` says otherwise.
 */
export async function nginxBefore(gatewayPort: number, extra = ''): Promise<Nginx> {
  return nginxWith((folder, port) => configuration(folder, port, gatewayPort, extra));
}

/** An nginx with any configuration that listens for HTTP on `port`, and writes nowhere but into `folder`. */
export async function nginxWith(
  configure: (folder: string, port: number) => string | Promise<string>,
): Promise<Nginx> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-nginx-'));
  const file = join(folder, 'nginx.conf');
  // nginx cannot choose a port by itself; should another program take it in between, the next one is tried.
  for (let attempt = 0; ; attempt++) {
    const port = await freePort();
    writeFileSync(file, await configure(folder, port));
    const nginx = new Background('nginx', ['-p', folder, '-e', 'stderr', '-c', file, '-g', 'daemon off;']);
    const state = await waitFor('nginx to answer', async () => {
      if (nginx.child.exitCode !== null) return 'gone';
      return fetch(`http://127.0.0.1:${port}/healthz`).then(
        () => 'up',
        () => undefined,
      );
    });
    if (state === 'up') {
      return {
        port,
        get errors() {
          return nginx.output;
        },
        stop: async () => {
          await nginx.stop('SIGKILL');
          rmSync(folder, { recursive: true, force: true });
        },
      };
    }
    if (attempt === 3) throw new Error(`nginx does not start: ${nginx.output}`);
  }
}

/** Where nginx keeps what it cannot hold in memory: for `http`. */
export const temporaryPaths = (folder: string): string =>
  ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join('\n    ');

function configuration(folder: string, port: number, gatewayPort: number, extra: string): string {
  return `
worker_processes 1;
pid ${folder}/nginx.pid;
error_log stderr warn;
events { worker_connections 256; }
http {
    access_log off;
    ${temporaryPaths(folder)}
    map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
    upstream gateway { server 127.0.0.1:${gatewayPort}; keepalive 4; }
    server {
        listen 127.0.0.1:${port};
        location / {
            proxy_pass http://gateway;
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection $connection_upgrade;
            ${extra}
        }
    }
}
`;
}
