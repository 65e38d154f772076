import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { publishFile, startGateway, streamReport } from '../support/gateway.ts';
import { makeWithFfmpeg, unlessThere } from '../support/programs.ts';
import { recordingLog } from '../support/recording-log.ts';
import { waitFor } from '../support/wait.ts';

const folder = mkdtempSync(join(tmpdir(), 'hooks-exec-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test(
  'ffmpeg makes a smaller stream of each that is published, and ends with it',
  { skip: unlessThere('ffmpeg') },
  async (context) => {
    const clip = join(folder, 'clip.flv');
    makeWithFfmpeg([
      ...['-f', 'lavfi', '-i', 'testsrc=s=320x240:r=15', '-t', '20', '-c:v', 'libx264', '-g', '15', clip],
    ]);
    const { log, lines } = recordingLog();
    const scale = ['-vf', 'scale=160:-2', '-c:v', 'libx264', '-preset', 'ultrafast', '-g', '15', '-an'];
    const gateway = await startGateway(
      {
        // Its own product fits the pattern, too: without a stop to it, ffmpeg after ffmpeg would start.
        hooks: {
          exec: [
            {
              command: [
                'ffmpeg',
                '-loglevel',
                'error',
                '-i',
                '{rtmp}',
                ...scale,
                '-f',
                'flv',
                '{rtmp}_small?key={key}',
              ],
              streams: 'live/*',
            },
          ],
        },
        publish: { graceSeconds: 0 },
        access: { trustLoopback: true },
      },
      log,
    );
    context.after(() => gateway.stop());
    const publisher = publishFile(clip, `${gateway.rtmp}/live/cam`);
    const small = await waitFor('the smaller stream', async () => {
      const report = await streamReport(gateway, 'live/cam_small');
      return report?.video ? report : undefined;
    });
    assert.equal(small.video?.width, 160, 'width');
    await waitFor('the word of it', () => lines.some(({ text }) => /has made this stream/.test(text)));
    assert.equal(await streamReport(gateway, 'live/cam_small_small'), undefined, 'no circle');
    assert.equal(lines.filter(({ text }) => text === 'ffmpeg started').length, 1, 'one ffmpeg');
    await publisher.stop();
    await waitFor('the end of both', async () => {
      const reports = await Promise.all(
        ['live/cam', 'live/cam_small'].map((path) => streamReport(gateway, path)),
      );
      return reports.every((report) => report === undefined);
    });
  },
);
