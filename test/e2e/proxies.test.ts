import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { call } from '../support/api-stand.ts';
import { BrowserFlvViewer, WsFlvViewer } from '../support/flv-viewer.ts';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { freePort, nginxWith, temporaryPaths } from '../support/nginx.ts';
import { Background, unlessThere } from '../support/programs.ts';
import { recordingLog } from '../support/recording-log.ts';
import { publishTo, RtmpPeer } from '../support/rtmp-peer.ts';
import { Show } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';
import { stopwatch } from '../support/stopwatch.ts';

/** docs/nginx.conf and docs/Caddyfile as they stand, with other ports. */

const MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';
const TOKEN = 'token-behind-the-proxy';
/** Another address of this machine, so that a client can be told from the proxy. */
const CLIENT = '127.0.0.5';

/** The file's own text, but for places on this machine: each must be found. */
function inPlaces(text: string, places: readonly (readonly [string, string])[]): string {
  return places.reduce((so, [what, instead]) => {
    assert.ok(so.includes(what), `docs/nginx.conf: ${what}`);
    return so.replaceAll(what, instead);
  }, text);
}

async function behindNginx(context: TestContext) {
  const { log, lines } = recordingLog();
  const trustedProxies = ['127.0.0.1'];
  const gateway = await startGateway(
    {
      rtmp: { proxyProtocol: true, trustedProxies },
      http: { trustedProxies },
      access: { publish: 'keys', trustLoopback: true, play: 'open' },
      limits: { connectionsPerAddress: 4 },
      api: { token: TOKEN },
    },
    log,
  );
  const rtmpPort = await freePort();
  const nginx = await nginxWith((folder, port) => {
    mkdirSync(join(folder, 'cache'));
    return (
      `${process.getuid?.() === 0 ? 'user root; ' : ''}pid ${folder}/nginx.pid; error_log stderr warn;\n` +
      inPlaces(readFileSync('docs/nginx.conf', 'utf8'), [
        ['include /etc/nginx/modules-enabled/*.conf;', `load_module ${MODULE};`],
        ['/var/cache/nginx/millrace', `${folder}/cache`],
        ['127.0.0.1:8080; keepalive', `127.0.0.1:${gateway.httpPort}; keepalive`],
        ['proxy_pass 127.0.0.1:1936', `proxy_pass 127.0.0.1:${gateway.rtmpPort}`],
        ['listen 80;', `listen 127.0.0.1:${port};`],
        ['listen 1935;', `listen 127.0.0.1:${rtmpPort};`],
        ['worker_rlimit_nofile 65536;', ''],
        ['worker_connections 32768', 'worker_connections 256'],
        ['worker_processes auto', 'worker_processes 1'],
        ['http {', `http {\n    access_log off;\n    ${temporaryPaths(folder)}`],
      ])
    );
  });
  context.after(() => Promise.all([nginx.stop(), gateway.stop()]));
  return { gateway, nginx, lines, rtmp: `rtmp://127.0.0.1:${rtmpPort}` };
}

/** A key for `live/cam`, made as the operator does. */
async function keyOf(gateway: TestGateway): Promise<string> {
  const body = { action: 'publish', streams: 'live/cam' };
  const { json, status } = await call(gateway.httpPort, '/api/v1/keys', {
    method: 'POST',
    body,
    token: TOKEN,
  });
  assert.equal(status, 201);
  return (json as { readonly secret: string }).secret;
}

/** A request whose answer goes on. */
const open = (port: number, path: string, localAddress = CLIENT): Promise<IncomingMessage> =>
  new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    get({ host: '127.0.0.1', port, path, localAddress, agent: false, headers }, resolve).once(
      'error',
      reject,
    );
  });

interface Visits {
  readonly publishers?: readonly { readonly address: string }[];
  readonly viewers?: readonly { readonly address: string; readonly protocol: string }[];
}

describe(
  'docs/nginx.conf',
  { skip: unlessThere('nginx') || (!existsSync(MODULE) && 'not installed: libnginx-mod-stream') },
  () => {
    test('clients keep their addresses, in lists and log, and nobody counts as this machine', async (context) => {
      const { gateway, nginx, rtmp, lines } = await behindNginx(context);
      const key = await keyOf(gateway);
      const stranger = new RtmpPeer('publish', `${rtmp}/live/cam`, { localAddress: CLIENT });
      await stranger.closed;
      assert.equal(stranger.end?.code, 'NetStream.Publish.Unauthorized', 'no key');
      const publisher = await publishTo(`${rtmp}/live/${key}`, { localAddress: CLIENT });
      context.after(() => publisher.kill());
      const show = new Show(publisher);
      show.go(120);
      context.after(show.live());
      const answer = await open(nginx.port, '/live/cam.flv');
      context.after(() => answer.destroy());
      const list = async (what: 'publishers' | 'viewers') =>
        (await call(gateway.httpPort, `/api/v1/${what}`, { token: TOKEN })).json as Visits;
      await waitFor('the viewer', async () => (await list('viewers')).viewers?.length);
      assert.deepEqual(
        (await list('viewers')).viewers?.map(({ address }) => address),
        [CLIENT],
      );
      assert.deepEqual(
        (await list('publishers')).publishers?.map(({ address }) => address),
        [CLIENT],
      );
      assert.ok(
        lines.some(({ fields }) => String(fields['peer']).startsWith(`${CLIENT}:`)),
        'in the log',
      );
      const { status } = await call(nginx.port, '/api/v1/keys');
      assert.equal(status, 401, 'the API is not free behind the proxy');
      const forged = await call(nginx.port, '/api/v1/keys', { headers: { 'x-forwarded-for': '::1' } });
      assert.equal(forged.status, 401, 'whatever a client says of itself');
    });

    test('media and events come at once, in every way of watching; segments are cached', async (context) => {
      const { gateway, nginx, rtmp } = await behindNginx(context);
      const events = await open(nginx.port, '/api/v1/events');
      let told = '';
      events.on('data', (bytes: Buffer) => (told += bytes.toString()));
      context.after(() => events.destroy());
      const publisher = await publishTo(`${rtmp}/live/${await keyOf(gateway)}`);
      context.after(() => publisher.kill());
      const show = new Show(publisher);
      show.go(120);
      context.after(show.live());
      await waitFor('an event', () => told.includes('"publish"'));
      const http = new BrowserFlvViewer(nginx.port, '/live/cam.flv');
      const ws = new WsFlvViewer(`ws://127.0.0.1:${nginx.port}/live/cam.flv`);
      await waitFor('tags', () => http.tags.length > 3 && ws.tags.length > 3);
      // Each frame is 200 bytes: a buffer of nginx's 4 or 8 kB would hold back a dozen of them, half a second.
      const before = [http.tags.length, ws.tags.length] as const;
      const elapsed = stopwatch();
      await waitFor('a few more', () => http.tags.length > before[0] + 2 && ws.tags.length > before[1] + 2);
      const tookMs = elapsed();
      assert.ok(tookMs < 450, `${tookMs} ms for three frames`);
      http.drop();
      ws.drop();
      const base = `http://127.0.0.1:${nginx.port}/live/cam/`;
      const segment = await waitFor('a segment', async () => {
        const playlist = await (await fetch(`${base}media-ts.m3u8`)).text();
        return playlist.split('\n').find((line) => line.includes('.ts'));
      });
      const seen: (string | null)[] = [];
      const lengths = new Set<number>();
      for (let time = 0; time < 2; time++) {
        const response = await fetch(new URL(segment, base));
        lengths.add((await response.arrayBuffer()).byteLength);
        assert.equal(response.status, 200, response.url);
        seen.push(response.headers.get('x-cache'));
      }
      assert.deepEqual(seen, ['MISS', 'HIT']);
      assert.equal(lengths.size, 1);
    });

    test('the limit of connections is each client’s own', async (context) => {
      const { nginx } = await behindNginx(context);
      for (let count = 0; count < 4; count++) {
        const path = '/live/late.flv?wait=30';
        const waiting = get({
          host: '127.0.0.1',
          port: nginx.port,
          path,
          localAddress: CLIENT,
          agent: false,
        });
        waiting.on('error', () => undefined);
        context.after(() => waiting.destroy());
      }
      await waitFor('the limit', async () => {
        const answer = await open(nginx.port, '/healthz', CLIENT);
        answer.resume();
        return answer.statusCode === 503;
      });
      const answer = await open(nginx.port, '/healthz', '127.0.0.6');
      answer.resume();
      assert.equal(answer.statusCode, 200, 'another client has room');
    });
  },
);

test(
  'docs/Caddyfile: media come at once and clients keep their addresses',
  { skip: unlessThere('caddy') },
  async (context) => {
    const gateway = await startGateway({
      http: { trustedProxies: ['127.0.0.1', '::1'] },
      api: { token: TOKEN },
    });
    const folder = mkdtempSync(join(tmpdir(), 'millrace-caddy-'));
    const port = await freePort();
    const file = join(folder, 'Caddyfile');
    const text = inPlaces(readFileSync('docs/Caddyfile', 'utf8'), [
      ['live.example.org', `http://:${port}`], // no certificate here
      ['127.0.0.1:8080 {', `127.0.0.1:${gateway.httpPort} {`],
    ]);
    writeFileSync(file, `{\n\tadmin off\n}\n${text}`);
    const caddy = new Background('caddy', ['run', '--adapter', 'caddyfile', '--config', file], {
      PATH: process.env['PATH'],
      ...{ HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    });
    context.after(async () => {
      await caddy.stop('SIGKILL');
      await gateway.stop();
      rmSync(folder, { recursive: true, force: true });
    });
    await waitFor('caddy', () =>
      fetch(`http://127.0.0.1:${port}/healthz`).then(
        (one) => one.ok,
        () => false,
      ),
    );
    const publisher = await publishTo(`${gateway.rtmp}/live/cam`);
    context.after(() => publisher.kill());
    const show = new Show(publisher);
    show.go(30);
    context.after(show.live());
    const ws = new WsFlvViewer(`ws://127.0.0.1:${port}/live/cam.flv`);
    context.after(() => ws.drop());
    const answer = await open(port, '/live/cam.flv');
    let bytes = 0;
    answer.on('data', (chunk: Buffer) => (bytes += chunk.length));
    context.after(() => answer.destroy());
    await waitFor('media', () => bytes > 1_000 && ws.tags.length > 3);
    const { json } = await call(gateway.httpPort, '/api/v1/viewers', { token: TOKEN });
    const { viewers = [] } = json as Visits;
    assert.equal(viewers.find(({ protocol }) => protocol === 'http-flv')?.address, CLIENT);
    assert.equal((await call(port, '/api/v1/keys')).status, 401);
  },
);
