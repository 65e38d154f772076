import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, type ClientHttp2Session } from 'node:http2';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { begin, type Mob } from '../support/attacks.ts';
import { authorities, writeCertificates } from '../support/certificates.ts';
import { GatewayProcess } from '../support/gateway-process.ts';
import { RtmpPeer } from '../support/rtmp-peer.ts';
import { Show } from '../support/show.ts';
import { TLS_ATTACKS, viewersThatDoNotRead } from '../support/tls-attacks.ts';
import { waitFor } from '../support/wait.ts';

/** A stream and who watches it beside each attack by TLS and HTTP/2: they go on, and the gateway's memory stays within a bound. */

/** MiB, as for the attacks on the plain ports (see under-attack.test.ts); of 100 connections with 100 requests that wait, 11 kB each (110). */
const BOUND_MIB = 320;
/** Each attack lasts so long at least. */
const ATTACK_MS = 2_500;
/** A playlist comes within this time beside an attack, though who attacks takes half of this machine. */
const ANSWER_MS = 5_000;
const PLAYLIST = '/live/show/media.m3u8';

let folder: string;
let gateway: GatewayProcess;
let publisher: RtmpPeer;
let viewer: ClientHttp2Session;
let stopShow: () => void;
let segments: string[] = [];
let nextMsn = 0;
/** Bytes of FLV that the viewer has been given. */
let watched = 0;

const skip = !existsSync('/proc/self/status') && 'memory is read from /proc';

/** Fetches the playlist over HTTP/2; ms that it took. */
async function answerMs(): Promise<number> {
  const began = performance.now();
  const stream = viewer.request({ ':path': PLAYLIST });
  stream.setEncoding('utf8');
  let text = '';
  for await (const piece of stream) text += String(piece);
  const first = Number(/^#EXT-X-MEDIA-SEQUENCE:(\d+)$/m.exec(text)?.[1]);
  nextMsn = first + [...text.matchAll(/^#EXTINF/gm)].length + 1;
  segments = [...text.matchAll(/^(\d+\.m4s)$/gm)].map(([, name]) => `/live/show/${name}`);
  return performance.now() - began;
}

async function comeUp(): Promise<void> {
  folder = mkdtempSync(join(tmpdir(), 'millrace-attack-'));
  const files = writeCertificates(folder, await authorities());
  const flags = ['--tls-cert', files.cert, '--tls-key', files.key, '--https-port', '0', '--rtmps-port', '0'];
  gateway = await GatewayProcess.start(...flags);
  publisher = new RtmpPeer('publish', `rtmp://127.0.0.1:${gateway.rtmpPort}/live/show`);
  await publisher.started;
  const show = new Show(publisher, { bytes: 10_000, gop: 25 });
  show.go(6);
  stopShow = show.live();
  viewer = connect(`https://localhost:${gateway.httpsPort}`, { rejectUnauthorized: false });
  viewer.on('error', () => undefined);
  viewer.request({ ':path': '/live/show.flv' }).on('data', (bytes: Buffer) => (watched += bytes.length));
  await waitFor('segments', async () => (await answerMs()) > 0 && segments.length >= 2);
}

before(async () => {
  if (!skip) await comeUp();
});

after(
  async () => {
    if (skip) return;
    stopShow();
    viewer.destroy();
    publisher.kill();
    assert.equal(await gateway.stop(), 0, 'it ends properly');
    rmSync(folder, { recursive: true, force: true });
  },
  { timeout: 30_000 },
);

test('viewers over HTTP/2 who go away without having read all are gone', { skip }, async () => {
  const { httpPort, httpsPort } = gateway;
  const viewers = async (): Promise<number> => {
    const answer = await fetch(`http://127.0.0.1:${httpPort}/api/v1/streams/live/show`);
    return ((await answer.json()) as { viewers: { httpFlv: number } }).viewers.httpFlv;
  };
  const { stop } = begin((mob: Mob) => viewersThatDoNotRead(mob, httpsPort), undefined);
  await waitFor('viewers', async () => (await viewers()) >= 300);
  const before = watched;
  await waitFor('what a connection holds to be full', () => watched - before > 1_000_000, 20_000);
  stop();
  await waitFor('none but who reads', async () => (await viewers()) === 1, 15_000);
});

for (const [name, attack] of Object.entries(TLS_ATTACKS)) {
  test(`${name}: who watches goes on, playlists come, memory is bounded`, { skip }, async (context) => {
    gateway.forgetPeak();
    const rest = gateway.residentMiB;
    const watchedBefore = watched;
    const { rtmpPort, httpPort, rtmpsPort, httpsPort } = gateway;
    const target = {
      rtmpPort,
      httpPort,
      rtmpsPort,
      httpsPort,
      segments: () => segments,
      nextMsn: () => nextMsn,
    };
    const { stop, open } = begin(attack, target);
    context.after(stop);
    const until = performance.now() + ATTACK_MS;
    const times: number[] = [];
    while (performance.now() < until) {
      times.push(await answerMs());
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const openAtEnd = open();
    stop();
    times.sort((a, b) => a - b);
    const [median, worst] = [times[times.length >> 1]!, times.at(-1)!];
    context.diagnostic(
      `peak ${gateway.peakMiB.toFixed()} MiB (${rest.toFixed()} before), ${openAtEnd} sockets open at the end, ` +
        `playlist in ${median.toFixed(1)} ms, at worst ${worst.toFixed()}`,
    );
    assert.ok(gateway.peakMiB < BOUND_MIB, `${gateway.peakMiB.toFixed()} MiB of at most ${BOUND_MIB}`);
    assert.ok(worst < ANSWER_MS, `${worst.toFixed()} ms for a playlist`);
    assert.equal(publisher.isClosed, false, 'the publisher is still there');
    assert.equal(viewer.destroyed, false, 'who watches is still there');
    await waitFor('more of the stream at who watches', () => watched > watchedBefore, ANSWER_MS);
    const mistakes = gateway.lines().filter(({ level }) => level === 'error' || level === 'fatal');
    assert.deepEqual(mistakes, [], 'nothing went wrong at the gateway');
  });
}
