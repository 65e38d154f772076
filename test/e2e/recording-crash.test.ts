import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { elementaryOf, offsetIn } from '../support/elementary.ts';
import { publishFile } from '../support/gateway.ts';
import { Background, makeWithFfmpeg, unlessThere } from '../support/programs.ts';
import { complaints, durationOf, recordingsIn } from '../support/recordings.ts';
import { waitFor } from '../support/wait.ts';

/** kill -9 while both formats are being written. */
const skip = unlessThere('ffmpeg', 'ffprobe');
/** Of the stream, before the process dies. */
const SECONDS = 6;
const FPS = 30;

let folder: string;
let clip: string;
let diedAfter: number;

interface Server {
  readonly process: Background;
  readonly rtmp: string;
  readonly http: string;
}

async function start(): Promise<Server> {
  const rules = JSON.stringify([{ streams: '*', formats: ['mp4', 'flv'] }]);
  const process = new Background(
    globalThis.process.execPath,
    [
      ...['--import', 'tsx', 'src/main.ts', 'serve', '--host', '127.0.0.1'],
      ...['--rtmp-port', '0', '--http-port', '0', '--data-dir', join(folder, 'data')],
    ],
    { ...globalThis.process.env, MILLRACE_RECORD_RULES: rules, MILLRACE_RECORD_NAME: '{app}/{stream}/{n}' },
  );
  const line = await waitFor('the gateway', () => /\{.*"gateway ready"\}/.exec(process.output)?.[0]);
  const { rtmp, http } = JSON.parse(line) as { rtmp: number; http: number };
  return { process, rtmp: `rtmp://127.0.0.1:${rtmp}`, http: `http://127.0.0.1:${http}` };
}

const files = (): string[] =>
  (['flv', 'mp4'] as const).flatMap((ending) => recordingsIn(join(folder, 'data', 'recordings'), ending));

before(async () => {
  if (skip) return;
  folder = mkdtempSync(join(tmpdir(), 'millrace-crash-'));
  clip = join(folder, 'source.flv');
  const inputs = [
    '-f',
    'lavfi',
    '-i',
    `testsrc2=s=320x180:r=${FPS}`,
    '-f',
    'lavfi',
    '-i',
    'sine=f=440:r=48000:b=4',
  ];
  const codecs = [
    '-c:v',
    'libx264',
    '-preset',
    'veryfast',
    '-bf',
    '2',
    '-g',
    '60',
    '-pix_fmt',
    'yuv420p',
    '-c:a',
    'aac',
  ];
  makeWithFfmpeg([...inputs, '-t', '20', ...codecs, clip]);
  const server = await start();
  const publisher = publishFile(clip, `${server.rtmp}/live/cam`);
  await waitFor('the files', () => files().length === 2);
  const startedAt = Date.now();
  await waitFor('some seconds of the stream', () => Date.now() - startedAt > SECONDS * 1000);
  diedAfter = (Date.now() - startedAt) / 1000;
  await server.process.stop('SIGKILL');
  await publisher.exited;
});

after(() => {
  if (!skip) rmSync(folder, { recursive: true, force: true });
});

describe('after kill -9', () => {
  test(
    'what is there plays as it is, up to the last second, and is what the source has',
    { skip },
    async () => {
      const source = elementaryOf(clip);
      assert.equal(files().length, 2, files().join(' '));
      for (const file of files()) {
        assert.equal(await complaints(file), '', file);
        const { slices, aacFrames } = elementaryOf(file);
        const seconds = slices.length / FPS;
        assert.ok(seconds > diedAfter - 1.5, `${file}: ${seconds} s of ${diedAfter} s`);
        assert.ok(
          offsetIn(source.slices, slices) === 0,
          `${file}: the slices are the first ones of the source`,
        );
        assert.ok(
          offsetIn(source.aacFrames, aacFrames) >= 0,
          `${file}: the AAC frames are those of the source`,
        );
      }
    },
  );

  test('the next start closes the files as if they had been closed', { skip }, async () => {
    const before = files().map((file) => elementaryOf(file).slices.length);
    const server = await start();
    await waitFor('both to be closed', () => server.process.output.split('"recording done"').length === 3);
    const { recordings } = (await (await fetch(`${server.http}/api/v1/recordings`)).json()) as {
      recordings: { id: string; seconds: number | null; bytes: number; active: boolean }[];
    };
    assert.deepEqual(recordings.map(({ id }) => id).sort(), ['live/cam/1.flv', 'live/cam/1.mp4'], 'listed');
    for (const { id, seconds, bytes, active } of recordings) {
      assert.equal(active, false, id);
      const file = join(folder, 'data', 'recordings', id);
      assert.equal(readFileSync(file).length, bytes, `${id}: bytes`);
      assert.ok(
        Math.abs(seconds! - (await durationOf(file))) < 0.1,
        `${id}: ${seconds} s, ${await durationOf(file)} s`,
      );
      assert.equal(await complaints(file), '', id);
    }
    assert.deepEqual(
      files().map((file) => elementaryOf(file).slices.length),
      before,
      'nothing was lost',
    );
    const flv = readFileSync(join(folder, 'data', 'recordings', 'live/cam/1.flv'));
    assert.ok(flv.includes('filepositions'), 'FLV has its index');
    assert.ok(
      readFileSync(join(folder, 'data', 'recordings', 'live/cam/1.mp4')).includes('sidx'),
      'MP4 has its index',
    );
    assert.equal(await server.process.stop(), 0, 'exit code');
  });
});
