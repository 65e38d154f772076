import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Running } from '../running.ts';
import type { Peer } from './peer.ts';
import { freePort, listening } from './ports.ts';

const MODULE = '/usr/lib/nginx/modules/ngx_rtmp_module.so';
const NGINX = '/usr/sbin/nginx';

/** For the list of what was skipped; undefined if it is installed. */
export function nginxRtmpMissing(): string | undefined {
  if (existsSync(MODULE) && existsSync(NGINX)) return undefined;
  return 'nginx-rtmp is not installed (on Debian: apt-get install nginx-light libnginx-mod-rtmp)';
}

export interface NginxSetup {
  readonly hls?: boolean;
  /** To be served by HTTP: name → file. */
  readonly files?: Readonly<Record<string, string>>;
}

export async function startNginxRtmp({ hls = false, files = {} }: NginxSetup = {}): Promise<Peer> {
  const rtmpPort = await freePort();
  const httpPort = await freePort();
  const dir = mkdtempSync(join(tmpdir(), 'millrace-bench-nginx-'));
  mkdirSync(join(dir, 'files'));
  for (const [name, file] of Object.entries(files)) copyFileSync(file, join(dir, 'files', name));
  writeFileSync(join(dir, 'nginx.conf'), configuration({ dir, rtmpPort, httpPort, hls }));
  const running = new Running(NGINX, [
    '-p',
    dir,
    '-c',
    join(dir, 'nginx.conf'),
    '-e',
    join(dir, 'error.log'),
  ]);
  await listening(rtmpPort);
  const stop = async (): Promise<void> => {
    await running.stop();
    rmSync(dir, { recursive: true, force: true });
  };
  return { name: 'nginx-rtmp', running, rtmpPort, httpPort, stop };
}

interface NginxOptions {
  readonly dir: string;
  readonly rtmpPort: number;
  readonly httpPort: number;
  readonly hls: boolean;
}

function configuration({ dir, rtmpPort, httpPort, hls }: NginxOptions): string {
  const hlsLines = hls ? `hls on; hls_path ${dir}/hls; hls_fragment 2s; hls_playlist_length 12s;` : '';
  return `
    load_module ${MODULE};
    user root;
    worker_processes 1;
    daemon off;
    pid ${dir}/pid;
    events { worker_connections 20000; }
    rtmp {
      access_log off;
      server { listen 127.0.0.1:${rtmpPort}; chunk_size 60000; application live { live on; ${hlsLines} } }
    }
    http {
      access_log off;
      client_body_temp_path ${dir}/body; proxy_temp_path ${dir}/proxy; fastcgi_temp_path ${dir}/fastcgi;
      uwsgi_temp_path ${dir}/uwsgi; scgi_temp_path ${dir}/scgi;
      sendfile on; tcp_nopush on; keepalive_requests 100000000; open_file_cache max=100;
      types { application/vnd.apple.mpegurl m3u8; video/mp2t ts; }
      server { listen 127.0.0.1:${httpPort}; root ${dir}/files; location /hls/ { root ${dir}; } }
    }`;
}
