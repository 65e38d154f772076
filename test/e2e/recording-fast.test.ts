import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startGateway } from '../support/gateway.ts';
import { AVCC_360P } from '../support/media.ts';
import { recordingsIn } from '../support/recordings.ts';
import { makeWithFfmpeg, runProgram, unlessThere } from '../support/programs.ts';
import { publishTo } from '../support/rtmp-peer.ts';
import { waitFor } from '../support/wait.ts';
import { fragmentsOf, tagsOf } from '../unit/outputs/recorder/rig.ts';

/** A minute of 8 Mb/s: more than twice of what may wait for the disk. */
const PICTURES = 1_500;
const PICTURE_BYTES = 40_000;

/** A tag body with one NAL unit. */
function picture(isKey: boolean): Buffer {
  const body = Buffer.alloc(5 + 4 + PICTURE_BYTES, 0x5a);
  body.set([isKey ? 0x17 : 0x27, 1, 0, 0, 0]);
  body.writeUInt32BE(PICTURE_BYTES, 5);
  body[9] = isKey ? 0x65 : 0x41;
  return body;
}

test('a file that is published as fast as it can be read is recorded as a whole, in both formats', async () => {
  const gateway = await startGateway({
    record: { rules: [{ streams: 'live/*', formats: ['mp4', 'flv'] }] },
    publish: { graceSeconds: 0 },
  });
  try {
    const publisher = await publishTo(`${gateway.rtmp}/live/fast`);
    publisher.video(0, Buffer.concat([Buffer.from([0x17, 0, 0, 0, 0]), AVCC_360P]));
    const [key, inter] = [picture(true), picture(false)];
    for (let index = 0; index < PICTURES; index++)
      publisher.video(index * 40, index % 50 === 0 ? key : inter);
    await publisher.leave();
    await waitFor('the recordings to be closed', async () => {
      const { recordings } = (await (await fetch(`${gateway.http}/api/v1/recordings`)).json()) as {
        recordings: { active: boolean }[];
      };
      return recordings.length === 2 && recordings.every(({ active }) => !active);
    });
    const read = (format: 'flv' | 'mp4'): Buffer[] =>
      recordingsIn(join(gateway.folder, 'data'), format).map((file) => readFileSync(file));
    const tags = read('flv').flatMap(tagsOf);
    assert.equal(
      tags.filter(({ type, body }) => type === 9 && body[1] === 1).length,
      PICTURES,
      'in the FLV file',
    );
    const runs = read('mp4').flatMap(fragmentsOf).flat();
    assert.equal(
      runs.reduce((sum, { samples }) => sum + samples, 0),
      PICTURES,
      'in the MP4 file',
    );
  } finally {
    await gateway.stop();
  }
});

test(
  'of what ffmpeg sends without -re and then hangs up, the end is recorded too',
  { skip: unlessThere('ffmpeg') },
  async () => {
    const gateway = await startGateway({
      record: { rules: [{ streams: 'live/*', formats: ['flv'] }] },
      publish: { graceSeconds: 0 },
    });
    try {
      const clip = join(gateway.folder, 'clip.flv');
      const rate = [
        '-b:v',
        '16M',
        '-minrate',
        '16M',
        '-maxrate',
        '16M',
        '-bufsize',
        '4M',
        '-x264-params',
        'nal-hrd=cbr',
      ];
      makeWithFfmpeg([
        '-f',
        'lavfi',
        '-i',
        'testsrc2=s=640x360:r=25',
        '-t',
        '4',
        '-c:v',
        'libx264',
        '-preset',
        'ultrafast',
        '-g',
        '25',
        ...rate,
        clip,
      ]);
      const loops = ['-stream_loop', '7', '-i', clip, '-c', 'copy', '-f', 'flv', `${gateway.rtmp}/live/fast`];
      await runProgram('ffmpeg', ['-v', 'error', ...loops]);
      await waitFor('the recording to be closed', async () => {
        const { recordings } = (await (await fetch(`${gateway.http}/api/v1/recordings`)).json()) as {
          recordings: { active: boolean }[];
        };
        return recordings.length > 0 && recordings.every(({ active }) => !active);
      });
      const tags = recordingsIn(join(gateway.folder, 'data'), 'flv').flatMap((file) =>
        tagsOf(readFileSync(file)),
      );
      assert.equal(tags.filter(({ type, body }) => type === 9 && body[1] === 1).length, 8 * 100, 'pictures');
    } finally {
      await gateway.stop();
    }
  },
);
