import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import { startGateway } from '../support/gateway.ts';
import { HookReceiver, type Received } from '../support/hook-receiver.ts';
import { nginxRtmp, unlessNginxRtmp } from '../support/nginx-rtmp.ts';
import { Background, makeWithFfmpeg, unlessThere } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';

/** What a back end made for nginx-rtmp is sent by nginx-rtmp itself, and what it is sent by us. */

const CALLS = [
  'connect',
  'publish',
  'play',
  'publish_done',
  'play_done',
  'done',
  'record_done',
  'disconnect',
];
const skip = unlessThere('ffmpeg', 'rtmpdump') || unlessNginxRtmp();

const folder = mkdtempSync(join(tmpdir(), 'hooks-nginx-'));
chmodSync(folder, 0o777); // nginx's workers are nobody, where root runs the tests, and record here
const clip = join(folder, 'clip.flv');
before(() => {
  if (skip !== false) return;
  makeWithFfmpeg([
    ...['-f', 'lavfi', '-i', 'testsrc=s=160x120:r=10', '-t', '8', '-c:v', 'libx264', '-g', '10', clip],
  ]);
});
after(() => rmSync(folder, { recursive: true, force: true }));

/** nginx tells of everybody who hangs up, also of those who only wanted to see whether it is there. */
const ofLive = ({ received }: HookReceiver): Received[] =>
  received.filter(({ body }) => body.startsWith('app=live&'));

/** One publisher and one player, with parameters, until both have gone. */
async function visitors(rtmp: string, backEnd: HookReceiver): Promise<void> {
  const from = ['-re', '-i', clip, '-c', 'copy', '-f', 'flv'];
  const publisher = new Background('ffmpeg', [
    '-loglevel',
    'error',
    ...from,
    `${rtmp}/live/cam?psk=s3cret&a=b+c%26`,
  ]);
  const has = (call: string): boolean => backEnd.received.some(({ path }) => path === `/on_${call}`);
  await waitFor('the publisher', () => has('publish'));
  const play = ['-q', '-v', '-r', `${rtmp}/live`, '-y', 'cam?tok=1', '-o', '/dev/null'];
  const about = ['-p', 'http://page/x?y=1', '-s', 'http://swf/', '--flashVer', 'LNX 1'];
  const player = new Background('rtmpdump', [...play, ...about]);
  await waitFor('the player', () => has('play'));
  await player.stop('SIGKILL');
  await waitFor('the player to be gone', () => has('play_done'));
  await publisher.stop();
  await waitFor('the end', () => has('record_done') && has('publish_done'));
  const count = (path: string): number => ofLive(backEnd).filter((one) => one.path === path).length;
  await waitFor(
    'both connections to be over',
    () => count('/on_disconnect') === 2 && count('/on_done') === 2,
  );
}

async function backEnd(context: TestContext): Promise<HookReceiver> {
  const made = await HookReceiver.start();
  context.after(() => made.down());
  return made;
}

/** Field names in order, and the values that do not depend on who asks when. */
function essence({ path, headers, body }: Received): object {
  const changing = new Set(['tcurl', 'clientid', 'epoch', 'path', 'start', 'flashver']);
  const fields = [...new URLSearchParams(body)].map(([name, value]) =>
    changing.has(name) ? [name, value !== ''] : [name, value],
  );
  return { path, type: headers['content-type'], fields };
}

/** By call and by who made it: publisher and player come in any order. */
const sorted = (all: readonly Received[]): object[] =>
  all
    .map(essence)
    .map((one) => [JSON.stringify(one), one] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, one]) => one);

describe('callbacks in the format of nginx-rtmp', { skip }, () => {
  test('are the same as those of nginx-rtmp itself, field by field', async (context) => {
    const [theirs, ours] = [await backEnd(context), await backEnd(context)];
    const on = (call: string): string => `on_${call} ${theirs.url}/on_${call};`;
    const ofServer = ['connect', 'disconnect'];
    const app = CALLS.filter((call) => !ofServer.includes(call))
      .map(on)
      .join(' ');
    const record = `record all; record_path ${folder}; record_unique on;`;
    const nginx = await nginxRtmp(
      `${ofServer.map(on).join(' ')} application live { live on; ${record} ${app} }`,
    );
    context.after(() => nginx.stop());
    await visitors(nginx.rtmp, theirs);

    const events = ['connect', 'disconnect', 'publish', 'unpublish', 'play', 'stop', 'done', 'recordDone'];
    const hook = { url: `${ours.url}/on_{event}`, format: 'nginx-rtmp', events };
    const gateway = await startGateway({
      hooks: { targets: [hook] },
      record: { rules: [{ streams: 'live/*', formats: ['flv'] }] },
      publish: { graceSeconds: 0 },
    });
    context.after(() => gateway.stop());
    await visitors(gateway.rtmp, ours);

    assert.deepEqual(sorted(ofLive(ours)), sorted(ofLive(theirs)), 'ours and theirs');
    assert.equal(ofLive(ours).length, 11, 'calls');
    const clientIds = (all: readonly Received[], query: string): Set<string | null> =>
      new Set(
        all
          .filter(({ path, body }) => !path.endsWith('connect') && body.includes(query))
          .map(({ body }) => new URLSearchParams(body).get('clientid')),
      );
    for (const [who, all] of [
      ['theirs', ofLive(theirs)],
      ['ours', ofLive(ours)],
    ] as const)
      for (const query of ['psk=s3cret', 'tok=1'])
        assert.equal(clientIds(all, query).size, 1, `${who}: one clientid for all calls of ${query}`);
  });
});
