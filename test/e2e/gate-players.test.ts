import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeWithFfmpeg, runProgram, unlessThere } from '../support/programs.ts';
import { ask } from '../support/ask.ts';
import { publishFile, startGateway, whenLive } from '../support/gateway.ts';
import { waitFor } from '../support/wait.ts';

/** A whole gateway where watching needs a key, with real players. */

let folder = '';
let clip = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-players-'));
  clip = join(folder, 'clip.flv');
  if (unlessThere('ffmpeg')) return;
  const video = [
    '-f',
    'lavfi',
    '-i',
    'testsrc=size=160x90:rate=25',
    '-c:v',
    'libx264',
    '-g',
    '25',
    '-t',
    '30',
  ];
  makeWithFfmpeg([
    ...video.slice(0, 4),
    '-f',
    'lavfi',
    '-i',
    'sine=sample_rate=48000',
    ...video.slice(4),
    '-c:a',
    'aac',
    clip,
  ]);
});
after(() => rmSync(folder, { recursive: true, force: true }));

interface Visit {
  readonly id: string;
  readonly action: string;
  readonly protocol: string;
  readonly bytesOut: number;
}

test(
  'ffmpeg plays HLS with a key in the first address alone, is listed and counted, and is gone when its key is revoked',
  { skip: unlessThere('ffmpeg') },
  async (context) => {
    const gateway = await startGateway({
      access: { publish: 'open', play: 'keys', trustLoopback: false },
      hls: { segmentSeconds: 1 },
    });
    context.after(() => gateway.stop());
    const publisher = publishFile(clip, `${gateway.rtmp}/live/cam`);
    context.after(() => publisher.stop('SIGKILL'));
    await whenLive(gateway, 'live/cam');
    const api = async (method: string, path: string, body?: object): Promise<Record<string, unknown>> => {
      const response = await fetch(`${gateway.http}/api/v1${path}`, {
        method,
        ...(body && { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
      });
      assert.ok(response.ok, `${method} ${path}: ${response.status} ${await response.clone().text()}`);
      return (await response.json()) as Record<string, unknown>;
    };
    const visits = async (): Promise<readonly Visit[]> =>
      (await api('GET', '/viewers'))['viewers'] as readonly Visit[];
    const key = await api('POST', '/keys', { action: 'play', streams: 'live/*' });
    const url = `${gateway.http}/live/cam.m3u8`;

    const refused = await runProgram('ffmpeg', ['-i', url, '-f', 'null', '-']);
    assert.match(refused.stderr, /401 Unauthorized/);

    const playing = runProgram('ffmpeg', ['-i', `${url}?key=${String(key['secret'])}`, '-f', 'null', '-']);
    const visit = await waitFor('the player in the list', async () =>
      (await visits()).find(({ protocol, bytesOut }) => protocol === 'hls' && bytesOut > 50_000),
    );
    assert.equal(visit.action, 'play');
    await api('DELETE', `/keys/${String(key['id'])}`);
    const { stderr } = await playing;
    assert.match(stderr, /403 Forbidden/);
    assert.ok(!(await visits()).some(({ id }) => id === visit.id), 'still listed');
    const { status } = await ask({
      port: gateway.httpPort,
      path: `/live/cam.m3u8?key=${String(key['secret'])}`,
    });
    assert.equal(status, 403);
  },
);
