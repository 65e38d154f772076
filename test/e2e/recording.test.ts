import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readFlvKeyframes } from '../../src/containers/flv/file-index.ts';
import { elementaryOf, offsetIn, type Elementary } from '../support/elementary.ts';
import { publishFile, startGateway, whenLive, type TestGateway } from '../support/gateway.ts';
import { makeWithFfmpeg, unlessThere } from '../support/programs.ts';
import { complaints, durationOf, recordingsIn } from '../support/recordings.ts';
import { waitFor } from '../support/wait.ts';

/** What an encoder sends is what stands in the files, access unit for access unit. */
const skip = unlessThere('ffmpeg', 'ffprobe');
const SECONDS = 9;
const FPS = 30;

let gateway: TestGateway;
let source: Elementary;

before(async () => {
  if (skip) return;
  gateway = await startGateway({
    record: {
      rules: [{ streams: 'live/*', formats: ['mp4', 'flv'], rotateSeconds: 4 }],
      name: '{app}/{stream}/{n}',
    },
    publish: { graceSeconds: 0 },
  });
  const clip = join(gateway.folder, 'source.flv');
  const inputs = [
    '-f',
    'lavfi',
    '-i',
    `testsrc2=s=320x180:r=${FPS}`,
    '-f',
    'lavfi',
    '-i',
    'sine=f=440:r=44100:b=4',
  ];
  const video = [
    '-c:v',
    'libx264',
    '-profile:v',
    'high',
    '-preset',
    'veryfast',
    '-bf',
    '3',
    '-g',
    String(FPS),
  ];
  const sound = ['-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', '96k'];
  makeWithFfmpeg([...inputs, '-t', String(SECONDS), ...video, ...sound, clip]);
  source = elementaryOf(clip);
  const publisher = publishFile(clip, `${gateway.rtmp}/live/cam`);
  await whenLive(gateway, 'live/cam');
  await publisher.exited;
  await waitFor('the recordings to be closed', async () => {
    const { recordings } = (await (await fetch(`${gateway.http}/api/v1/recordings`)).json()) as {
      recordings: { active: boolean }[];
    };
    return recordings.length >= 6 && recordings.every(({ active }) => !active);
  });
});

after(async () => {
  if (!skip) await gateway.stop();
});

for (const ending of ['mp4', 'flv'] as const) {
  test(
    `${ending}: files that follow each other hold every access unit of the source, and nobody complains`,
    { skip },
    async () => {
      const files = recordingsIn(join(gateway.folder, 'data', 'recordings'), ending);
      assert.equal(files.length, 3, files.join(' '));
      const parts = files.map(elementaryOf);
      for (const [index, file] of files.entries()) {
        assert.equal(await complaints(file), '', file);
        const expected = index < 2 ? 4 : SECONDS - 8;
        const seconds = await durationOf(file);
        assert.ok(Math.abs(seconds - expected) < 0.3, `${file}: ${seconds} s`);
      }
      const slices = parts.flatMap((part) => part.slices);
      assert.deepEqual(slices, source.slices, `${slices.length} slices of ${source.slices.length}`);
      const sounds = parts.flatMap(({ aacFrames }) => aacFrames);
      // Sound in front of the first picture belongs to no file.
      assert.ok(
        sounds.length >= source.aacFrames.length - 3,
        `${sounds.length} of ${source.aacFrames.length} AAC frames`,
      );
      assert.ok(
        offsetIn(source.aacFrames, sounds) >= 0,
        'the AAC frames are those of the source, without a gap',
      );
    },
  );
}

test('flv: the index leads to key frames', { skip }, () => {
  const [file] = recordingsIn(join(gateway.folder, 'data', 'recordings'), 'flv');
  const bytes = readFileSync(file!);
  const index = readFlvKeyframes(bytes.subarray(13 + 11, 13 + 11 + bytes.readUIntBE(14, 3)));
  assert.deepEqual(index?.times, [0, 1, 2, 3], 'a key frame each second');
  for (const at of index.filepositions) {
    assert.equal(bytes[at], 9, `a video tag at ${at}`);
    assert.equal(bytes[at + 11], 0x17, `a key frame of H.264 at ${at}`);
  }
});
