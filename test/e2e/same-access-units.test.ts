import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { WebSocket } from 'ws';
import { elementaryOf, offsetIn, type Elementary } from '../support/elementary.ts';
import { publishFile, startGateway, whenLive, type TestGateway } from '../support/gateway.ts';
import { Background, makeWithFfmpeg, runProgram, unlessThere } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';

/** H.264 High with B-frames and AAC from ffmpeg, through every output: the same access units, and nobody complains. */
const skip = unlessThere('ffmpeg', 'ffprobe', 'rtmpdump');

/** How much of the stream each viewer takes: several GOPs. */
const VIEW_SECONDS = 5;

let gateway: TestGateway;
let publisher: Background;
let source: Elementary;

before(async () => {
  if (skip) return;
  gateway = await startGateway({ hls: { container: 'ts' } });
  const clip = join(gateway.folder, 'source.flv');
  makeWithFfmpeg([
    '-f',
    'lavfi',
    '-i',
    'testsrc2=s=640x360:r=30',
    '-f',
    'lavfi',
    '-i',
    'sine=f=440:r=44100:b=4',
    '-t',
    '40',
    '-c:v',
    'libx264',
    '-profile:v',
    'high',
    '-preset',
    'veryfast',
    '-bf',
    '3',
    '-g',
    '60',
    '-b:v',
    '800k',
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'aac',
    '-b:a',
    '96k',
    clip,
  ]);
  source = elementaryOf(clip);
  publisher = publishFile(clip, `${gateway.rtmp}/live/cam`);
  await whenLive(gateway, 'live/cam');
});

after(async () => {
  if (skip) return;
  await publisher.stop();
  await gateway.stop();
});

/** A decoder that says nothing, and slices and AAC frames that stand in the source without a gap. */
async function judge(file: string, name: string): Promise<void> {
  const decoded = await runProgram('ffmpeg', ['-v', 'warning', '-xerror', '-i', file, '-f', 'null', '-']);
  assert.equal(decoded.stderr, '', `${name}: ffmpeg complains`);
  assert.equal(decoded.code, 0);
  const probed = await runProgram('ffprobe', [
    '-v',
    'warning',
    '-show_entries',
    'stream=codec_name,profile,has_b_frames',
    '-of',
    'compact=p=0',
    file,
  ]);
  assert.equal(probed.stderr, '', `${name}: ffprobe complains`);
  assert.match(probed.stdout, /codec_name=h264\|profile=High\|has_b_frames=2/);
  assert.match(probed.stdout, /codec_name=aac/);
  const got = elementaryOf(file);
  assert.ok(got.slices.length >= VIEW_SECONDS * 30 - 30, `${name}: ${got.slices.length} slices`);
  assert.ok(
    offsetIn(source.slices, got.slices) >= 0,
    `${name}: ${got.slices.length} slices are not those of the source`,
  );
  assert.ok(got.aacFrames.length >= VIEW_SECONDS * 43 - 43, `${name}: ${got.aacFrames.length} AAC frames`);
  assert.ok(
    offsetIn(source.aacFrames, got.aacFrames) >= 0,
    `${name}: ${got.aacFrames.length} AAC frames are not those of the source`,
  );
}

/** Whole tags only: a live stream is cut anywhere when its viewer leaves. */
function cutAtTag(bytes: Buffer): Buffer {
  let at = 13;
  while (at + 15 <= bytes.length) {
    const end = at + 15 + bytes.readUIntBE(at + 1, 3);
    if (end > bytes.length) break;
    at = end;
  }
  return bytes.subarray(0, at);
}

test('HTTP-FLV', { skip }, async () => {
  const abort = new AbortController();
  const response = await fetch(`${gateway.http}/live/cam.flv`, { signal: abort.signal });
  assert.equal(response.headers.get('content-type'), 'video/x-flv');
  assert.equal(response.headers.get('cache-control'), 'no-store');
  assert.equal(response.headers.get('x-accel-buffering'), 'no');
  assert.equal(response.headers.get('access-control-allow-origin'), '*');
  assert.equal(response.headers.get('transfer-encoding'), null);
  const chunks: Uint8Array[] = [];
  const until = Date.now() + VIEW_SECONDS * 1000;
  for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
    chunks.push(chunk);
    if (Date.now() > until) break;
  }
  abort.abort();
  const file = join(gateway.folder, 'http.flv');
  writeFileSync(file, cutAtTag(Buffer.concat(chunks)));
  await judge(file, 'HTTP-FLV');
});

test('WebSocket-FLV', { skip }, async () => {
  const socket = new WebSocket(`${gateway.ws}/live/cam.flv`);
  const chunks: Buffer[] = [];
  socket.on('message', (data: Buffer) => chunks.push(data));
  const until = Date.now() + VIEW_SECONDS * 1000;
  await waitFor('enough of the stream', () => Date.now() > until && chunks.length > 10);
  socket.terminate();
  const file = join(gateway.folder, 'ws.flv');
  writeFileSync(file, cutAtTag(Buffer.concat(chunks)));
  await judge(file, 'WebSocket-FLV');
});

test('RTMP, by rtmpdump, which checks the signature of the digest handshake', { skip }, async () => {
  const file = join(gateway.folder, 'rtmp.flv');
  // With a hash of a player's file librtmp signs its handshake, and believes only a server that signs its own.
  const asFlash = ['-w', 'ab'.repeat(32), '-x', '54321'];
  const dump = new Background('rtmpdump', [
    '-r',
    `${gateway.rtmp}/live/cam`,
    '--live',
    '-V',
    ...asFlash,
    '-o',
    file,
  ]);
  const until = Date.now() + VIEW_SECONDS * 1000;
  await waitFor(
    'enough of the stream',
    () => Date.now() > until && dump.output.includes('Handshaking finished'),
  );
  await dump.stop('SIGINT');
  assert.match(dump.output, /Genuine Adobe Flash Media Server/);
  assert.doesNotMatch(dump.output, /digest NOT|does not match|Couldn't|WARNING/i, 'rtmpdump complains');
  assert.equal(readFileSync(file)[4], 0x05, 'librtmp saw both tracks before the first frame');
  writeFileSync(file, cutAtTag(readFileSync(file)));
  await judge(file, 'RTMP');
});

test('HLS', { skip }, async () => {
  const playlist = await waitFor('four segments', async () => {
    const response = await fetch(`${gateway.http}/live/cam/media.m3u8`);
    const text = await response.text();
    return (text.match(/\.ts$/gm)?.length ?? 0) >= 4 && text;
  });
  const names = playlist.split('\n').filter((line) => line.endsWith('.ts'));
  const segments = await Promise.all(
    names.map(async (name) =>
      Buffer.from(await (await fetch(`${gateway.http}/live/cam/${name}`)).arrayBuffer()),
    ),
  );
  const file = join(gateway.folder, 'hls.ts');
  writeFileSync(file, Buffer.concat(segments));
  await judge(file, 'HLS');
  for (const [index, segment] of segments.entries()) {
    const alone = join(gateway.folder, `segment-${index}.ts`);
    writeFileSync(alone, segment);
    const { stderr } = await runProgram('ffmpeg', [
      '-v',
      'warning',
      '-xerror',
      '-i',
      alone,
      '-f',
      'null',
      '-',
    ]);
    assert.equal(stderr, '', `segment ${index} cannot be decoded by itself`);
  }
});
