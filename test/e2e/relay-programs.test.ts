import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { elementaryOf, offsetIn, type Elementary } from '../support/elementary.ts';
import { publishFile, startGateway, whenLive, type TestGateway } from '../support/gateway.ts';
import { HttpFlvViewer } from '../support/flv-viewer.ts';
import { nginxRtmp, unlessNginxRtmp, type NginxRtmp } from '../support/nginx-rtmp.ts';
import { makeWithFfmpeg, runProgram, unlessThere, Background } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';

/** nginx with its RTMP module and the gateway pull from each other and push to each other: the same access units each way. */
const skip = unlessNginxRtmp() || unlessThere('ffmpeg', 'rtmpdump');
const skipVlc = skip || unlessThere('cvlc', 'setpriv');

/** Several GOPs. */
const VIEW_SECONDS = 4;
const FPS = 30;

let gateway: TestGateway;
let nginx: NginxRtmp;
const publishers: Background[] = [];
let source: Elementary;

before(async () => {
  if (skip) return;
  gateway = await startGateway({ relay: { lingerSeconds: 1 } });
  const clip = join(gateway.folder, 'source.flv');
  makeWithFfmpeg([
    ...['-f', 'lavfi', '-i', `testsrc2=s=480x270:r=${FPS}`, '-f', 'lavfi', '-i', 'sine=f=440:r=44100:b=4'],
    ...['-t', '60', '-c:v', 'libx264', '-profile:v', 'high', '-preset', 'ultrafast', '-bf', '2'],
    ...['-g', String(FPS), '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', '96k', clip],
  ]);
  source = elementaryOf(clip);
  nginx = await nginxRtmp(`
    application pulls { live on; pull ${gateway.rtmp}/live/cam name=cam; }
    application takes { live on; }
    application pushes { live on; push ${gateway.rtmp}/pushed; }
  `);
  publishers.push(
    publishFile(clip, `${gateway.rtmp}/live/cam`),
    publishFile(clip, `${nginx.rtmp}/pushes/cam`),
  );
  for (const [direction, stream, url] of [
    ['push', 'live/cam', `${nginx.rtmp}/takes/cam`],
    ['pull', 'fetched/cam', `${nginx.rtmp}/takes/cam`],
  ]) {
    const made = await fetch(`${gateway.http}/api/v1/relays`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ direction, stream, url }),
    });
    assert.equal(made.status, 201, url);
  }
  await whenLive(gateway, 'live/cam');
});

after(async () => {
  if (skip) return;
  for (const publisher of publishers) await publisher.stop();
  await gateway.stop();
  await nginx.stop();
});

/** Slices and AAC frames that stand in the source without a gap. */
function judge(file: string, what: string): void {
  const { slices, aacFrames } = elementaryOf(file);
  // The last ones may be cut: players are stopped in the middle of the stream.
  const got = { slices: slices.slice(0, -1), aacFrames: aacFrames.slice(0, -1) };
  assert.ok(got.slices.length >= (VIEW_SECONDS - 2) * FPS, `${what}: ${got.slices.length} slices`);
  assert.ok(offsetIn(source.slices, got.slices) >= 0, `${what}: its slices are those of the source`);
  assert.ok(got.aacFrames.length >= (VIEW_SECONDS - 2) * 40, `${what}: ${got.aacFrames.length} AAC frames`);
  assert.ok(
    offsetIn(source.aacFrames, got.aacFrames) >= 0,
    `${what}: its AAC frames are those of the source`,
  );
}

async function dump(url: string, name: string): Promise<string> {
  const file = join(gateway.folder, `${name}.flv`);
  const rtmpdump = new Background('rtmpdump', ['-r', url, '--live', '-V', '-o', file]);
  await waitFor(
    `the beginning of ${url}`,
    () => (statSync(file, { throwIfNoEntry: false })?.size ?? 0) > 1000,
  );
  const until = Date.now() + VIEW_SECONDS * 1000;
  await waitFor('enough of it', () => Date.now() > until);
  await rtmpdump.stop('SIGINT');
  const bytes = readFileSync(file);
  writeFileSync(file, bytes.subarray(0, endOfLastTag(bytes)));
  return file;
}

/** A live stream is cut anywhere when its viewer leaves. */
function endOfLastTag(bytes: Buffer): number {
  let at = 13;
  while (at + 15 <= bytes.length) {
    const end = at + 15 + bytes.readUIntBE(at + 1, 3);
    if (end > bytes.length) break;
    at = end;
  }
  return at;
}

async function view(path: string, name: string): Promise<string> {
  const viewer = new HttpFlvViewer(gateway.httpPort, path);
  await waitFor(`${VIEW_SECONDS} s of ${path}`, () => {
    const last = viewer.tags.findLast(({ type }) => type === 9)?.timestamp ?? 0;
    const first = viewer.tags.find(({ type, timestamp }) => type === 9 && timestamp > 0)?.timestamp ?? last;
    return last - first > VIEW_SECONDS * 1000;
  });
  const file = join(gateway.folder, `${name}.flv`);
  writeFileSync(file, viewer.file);
  viewer.drop();
  return file;
}

describe('each way', { concurrency: true }, () => {
  test('nginx pulls from us', { skip }, async () => {
    judge(await dump(`${nginx.rtmp}/pulls/cam`, 'nginx-pulls'), 'nginx pulls');
  });

  test('we push to nginx', { skip }, async () => {
    judge(await dump(`${nginx.rtmp}/takes/cam`, 'we-push'), 'we push');
  });

  test('nginx pushes to us', { skip }, async () => {
    await whenLive(gateway, 'pushed/cam');
    judge(await view('/pushed/cam.flv', 'nginx-pushes'), 'nginx pushes');
  });

  test(
    'we pull from nginx, for whoever asks first; rtmpdump plays what was relayed twice',
    { skip },
    async () => {
      judge(await view('/fetched/cam.flv', 'we-pull'), 'we pull');
      judge(await dump(`${gateway.rtmp}/fetched/cam`, 'we-pull-rtmp'), 'we pull, by RTMP');
    },
  );

  test('VLC plays a relayed stream', { skip: skipVlc }, async () => {
    const home = join(gateway.folder, 'vlc');
    mkdirSync(home);
    const file = join(home, 'seen.ts');
    const isRoot = process.getuid?.() === 0;
    const vlc = [
      ...['cvlc', '--intf', 'dummy', '--no-media-library', '--run-time', String(VIEW_SECONDS + 2)],
      ...['--sout', `#std{access=file,mux=ts,dst=${file}}`, `${gateway.rtmp}/fetched/cam`, 'vlc://quit'],
    ];
    // VLC refuses to run as root.
    if (isRoot) {
      const nobody = 65_534;
      chmodSync(gateway.folder, 0o755);
      chownSync(home, nobody, nobody);
    }
    const drop = isRoot ? ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'] : [];
    const [program = '', ...args] = [...drop, 'env', `HOME=${home}`, `XDG_RUNTIME_DIR=${home}`, ...vlc];
    const { stderr } = await runProgram(program, args, 30_000);
    assert.doesNotMatch(stderr, /supposed to be run as root|unable to open/i, stderr);
    judge(file, 'VLC');
  });
});
