import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Background, unlessThere } from './programs.ts';
import { waitFor } from './wait.ts';

const MODULE = '/usr/lib/nginx/modules/ngx_rtmp_module.so';

/** For a test's `skip` option. */
export const unlessNginxRtmp = (): string | false =>
  unlessThere('nginx') || (existsSync(MODULE) ? false : 'not installed: libnginx-mod-rtmp');

export interface NginxRtmp {
  readonly rtmp: string;
  stop(): Promise<void>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

/** nginx with its RTMP module; `applications` is what stands in its `server`. */
export async function nginxRtmp(applications: string): Promise<NginxRtmp> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-nginx-rtmp-'));
  const file = join(folder, 'nginx.conf');
  // nginx cannot choose a port by itself; should another program take it in between, the next one is tried.
  for (let attempt = 0; ; attempt++) {
    const port = await freePort();
    writeFileSync(
      file,
      `load_module ${MODULE};
      worker_processes 1;
      pid ${folder}/nginx.pid;
      error_log stderr warn;
      events { worker_connections 256; }
      rtmp { server { listen 127.0.0.1:${port}; ${applications} } }`,
    );
    const nginx = new Background('nginx', ['-p', folder, '-e', 'stderr', '-c', file, '-g', 'daemon off;']);
    const state = await waitFor('nginx to answer', async () => {
      if (nginx.child.exitCode !== null) return 'gone';
      return (await answers(port)) ? 'up' : undefined;
    });
    if (state === 'up') {
      return {
        rtmp: `rtmp://127.0.0.1:${port}`,
        stop: async () => {
          await nginx.stop('SIGKILL');
          rmSync(folder, { recursive: true, force: true });
        },
      };
    }
    if (attempt === 3) throw new Error(`nginx does not start: ${nginx.output}`);
  }
}
