import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { authorities, writeCertificates, type CertificateFiles } from '../support/certificates.ts';
import { startGateway, streamReport, type TestGateway } from '../support/gateway.ts';
import { makeWithFfmpeg, runProgram, unlessThere } from '../support/programs.ts';
import { publishTo } from '../support/rtmp-peer.ts';
import { Show } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';

/** HTTPS and RTMPS as programs use them that check the whole chain: curl and ffmpeg. */

let folder: string;
let files: CertificateFiles;
let gateway: TestGateway;
let stopShow = (): void => undefined;

before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-tls-'));
  files = writeCertificates(folder, await authorities());
  gateway = await startGateway({
    tls: { cert: files.cert, key: files.key },
    http: { tlsPort: 0, redirectToTls: true },
    rtmp: { tlsPort: 0 },
    hls: { segmentSeconds: 1 },
    access: { publish: 'open' },
  });
  const peer = await publishTo(`${gateway.rtmp}/live/cam`);
  const show = new Show(peer, { gop: 25, bytes: 2_000 });
  stopShow = show.live();
  show.go(120);
});

after(async () => {
  stopShow();
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
});

interface Answer {
  readonly version: string;
  readonly status: number;
  readonly head: string;
  readonly body: Buffer;
}

/** What curl gets of a path by HTTPS. `body` as latin1 on its way through a text. */
async function curl(version: string, path: string, ...more: string[]): Promise<Answer> {
  const url = `https://localhost:${gateway.httpsPort}${path}`;
  const out = join(folder, 'body');
  const head = join(folder, 'head');
  const { stdout, stderr } = await runProgram('curl', [
    ...[
      '--silent',
      '--show-error',
      '--cacert',
      files.ca,
      `--http${version}`,
      '--output',
      out,
      '--dump-header',
      head,
    ],
    ...['--write-out', '%{http_version} %{http_code}', ...more, url],
  ]);
  assert.match(stdout, /^\S+ \d+$/, stderr);
  const [spoken = '', status = ''] = stdout.split(' ');
  return {
    version: spoken,
    status: Number(status),
    head: readFileSync(head, 'latin1').toLowerCase(),
    body: readFileSync(out),
  };
}

const segmentIn = (playlist: string): string =>
  playlist.split('\n').find((line) => line !== '' && !line.startsWith('#')) ?? assert.fail(playlist);

for (const version of ['2', '1.1']) {
  test(
    `everything is served by HTTP/${version} on the port of HTTPS`,
    { skip: unlessThere('curl') },
    async () => {
      const get = async (path: string, ...more: string[]): Promise<Answer> => {
        const answer = await curl(version, path, ...more);
        assert.equal(answer.version, version, path);
        return answer;
      };
      const media = await waitFor('a segment', async () => {
        const answer = await get('/live/cam/media-ts.m3u8?session=0');
        return answer.status === 200 && answer.body.includes('.ts') ? answer.body.toString() : undefined;
      });
      const multivariant = await get('/live/cam.m3u8');
      assert.equal(multivariant.status, 200);
      assert.match(multivariant.head, /content-type: application\/vnd\.apple\.mpegurl/);
      assert.equal((await get('/live/cam.m3u8', '--head')).status, 200);

      const path = `/live/cam/${segmentIn(media)}`;
      const whole = await get(path);
      assert.equal(whole.status, 200);
      assert.equal(whole.body[0], 0x47, 'MPEG-TS');
      const range = await get(path, '--range', '188-375');
      assert.equal(range.status, 206);
      assert.ok(range.body.equals(whole.body.subarray(188, 376)), 'the bytes that were asked for');
      assert.match(range.head, /content-range: bytes 188-375\/\d+/);
      assert.equal((await get(path, '--range', '999999999-')).status, 416);

      const page = await get('/watch/live/cam', '--compressed');
      assert.match(page.body.toString(), /<!doctype html>/i);
      assert.match(page.head, /content-security-policy/);
      const server = await get('/api/v1/server', '--compressed');
      const told = JSON.parse(server.body.toString()) as Record<string, unknown>;
      assert.deepEqual([told['httpsPort'], told['rtmpsPort']], [gateway.httpsPort, gateway.rtmpsPort]);
      const json = ['--header', 'Content-Type: application/json', '--data'];
      const made = await get('/api/v1/keys', ...json, '{"label":"x","action":"publish","streams":"live/x"}');
      assert.equal(made.status, 201, made.body.toString());
      const wrong = await get('/api/v1/keys', ...json, '{"label":');
      assert.equal(wrong.status, 400, wrong.body.toString());
      assert.equal((await get('/api/v1/none')).status, 404);
      assert.equal((await get('/api/v1/streams', '--request', 'OPTIONS')).status, 204);
      assert.equal((await get('/live/cam.m3u8', '--request', 'POST')).status, 405);
      assert.match(
        (await get('/metrics')).body.toString(),
        /millrace_tls_certificate_expiry_seconds 7\d{6}\n/,
      );
      const flv = await get('/live/cam.flv', '--head');
      assert.equal(flv.status, 200);
      assert.match(flv.head, /content-type: video\/x-flv/);
      assert.equal(/connection: close/.test(flv.head), version === '1.1', 'a header of the connection');
    },
  );

  test(`streams that go on are served by HTTP/${version}`, { skip: unlessThere('curl') }, async () => {
    const flv = await curl(version, '/live/cam.flv', '--max-time', '2');
    assert.equal(flv.version, version);
    assert.equal(flv.body.toString('latin1', 0, 3), 'FLV');
    assert.ok(flv.body.length > 20_000, `two seconds are ${flv.body.length} bytes`);
    const events = await curl(
      version,
      '/api/v1/events?replay=5',
      '--max-time',
      '1',
      '--header',
      'Accept: text/event-stream',
    );
    assert.match(events.head, /content-type: text\/event-stream/);
    assert.match(events.body.toString(), /event: play/);
    await waitFor('the viewer to be gone', async () => {
      const report = await streamReport(gateway, 'live/cam');
      return report?.viewers.httpFlv === 0 ? true : undefined;
    });
  });
}

test('pages by plain HTTP are redirected, what programs ask for is not', async () => {
  const ask = (path: string) => fetch(`http://localhost:${gateway.httpPort}${path}`, { redirect: 'manual' });
  const page = await ask('/watch/live/cam?engine=hls');
  assert.equal(page.status, 307);
  assert.equal(
    page.headers.get('location'),
    `https://localhost:${gateway.httpsPort}/watch/live/cam?engine=hls`,
  );
  for (const path of ['/healthz', '/api/v1/server', '/metrics'])
    assert.equal((await ask(path)).status, 200, path);
});

const ffmpeg = (url: string, ca: string, clip: string) =>
  runProgram('ffmpeg', [
    ...['-loglevel', 'error', '-re', '-i', clip, '-c', 'copy', '-f', 'flv'],
    ...['-tls_verify', '1', '-ca_file', ca, url],
  ]);

test(
  'ffmpeg publishes and plays over RTMPS when it can follow the chain to its root, and refuses another one',
  { skip: unlessThere('ffmpeg', 'ffprobe') },
  async () => {
    const clip = join(folder, 'clip.flv');
    makeWithFfmpeg([
      ...[
        '-f',
        'lavfi',
        '-i',
        'testsrc2=s=320x180:r=25',
        '-t',
        '3',
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
      ],
      ...['-g', '25', '-pix_fmt', 'yuv420p', clip],
    ]);
    const other = writeCertificates(mkdtempSync(join(folder, 'other-')), await authorities());
    const refused = await ffmpeg(`rtmps://localhost:${gateway.rtmpsPort}/live/enc`, other.ca, clip);
    assert.notEqual(refused.code, 0);
    assert.equal(await streamReport(gateway, 'live/enc'), undefined);

    const publishing = ffmpeg(`rtmps://localhost:${gateway.rtmpsPort}/live/enc`, files.ca, clip);
    await waitFor('the stream', async () => (await streamReport(gateway, 'live/enc'))?.video);
    const seen = await runProgram('ffprobe', [
      ...[
        '-v',
        'error',
        '-tls_verify',
        '1',
        '-ca_file',
        files.ca,
        '-analyzeduration',
        '500000',
        '-show_entries',
        'stream=codec_name',
      ],
      ...['-of', 'csv=p=0', `rtmps://localhost:${gateway.rtmpsPort}/live/enc`],
    ]);
    assert.match(seen.stdout, /h264/, seen.stderr);
    const { code, stderr } = await publishing;
    assert.equal(code, 0, stderr);
  },
);
