import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startGateway } from '../support/gateway.ts';
import { recordingLog } from '../support/recording-log.ts';
import { publishTo } from '../support/rtmp-peer.ts';
import { avcConfig, videoBody } from '../support/show.ts';
import { AVCC_360P } from '../support/media.ts';
import { waitFor } from '../support/wait.ts';

/** How much faster the gateway's clock runs here: looks that are further apart would count as held up. */
const SPEED = 1.9;

test('a publisher whose clock stands still while data pour in is ended with the reason; one that pauses is not', async (context) => {
  const real = performance.now.bind(performance);
  context.mock.method(performance, 'now', () => real() * SPEED);
  const { log, lines } = recordingLog();
  const gateway = await startGateway({ publish: { idleSeconds: 3600 } }, log);
  context.after(() => gateway.stop());

  const names = ['frozen', 'running', 'paused'];
  const [frozen, running, paused] = await Promise.all(
    names.map((name) => publishTo(`${gateway.rtmp}/live/${name}`)),
  );
  for (const peer of [frozen!, running!, paused!]) {
    peer.video(0, avcConfig(AVCC_360P));
    peer.video(0, videoBody(true, 200, 0));
  }
  let number = 0;
  const began = real();
  const timer = setInterval(() => {
    for (let index = 0; index < 20; index++) {
      number++;
      if (frozen!.socket.writable) frozen!.video(1_000, videoBody(number % 50 === 0, 200, number));
    }
    running!.video(Math.round((real() - began) * SPEED), videoBody(number % 200 === 0, 200, number));
  }, 40);
  context.after(() => clearInterval(timer));

  await waitFor('the end of the first', () => frozen!.isClosed, 30_000);
  const seconds = ((real() - began) * SPEED) / 1000;
  assert.ok(seconds > 29, `ended after ${seconds.toFixed()} s`);
  const gone = lines.filter(({ text }) => text === 'publisher gone');
  assert.deepEqual(
    gone.map(({ fields }) => [fields['stream'], fields['reason']]),
    [['live/frozen', "the publisher's clock stands still"]],
  );
  assert.deepEqual([running!.isClosed, paused!.isClosed], [false, false]);
  const metrics = await (await fetch(`${gateway.http}/metrics`)).text();
  assert.match(
    metrics,
    /connections_closed_total\{door="rtmp",reason="the publisher's clock stands still"\} 1/,
  );
  for (const peer of [running!, paused!]) peer.kill();
});
