import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { codedClip } from '../support/coded-clips.ts';
import { EnhancedPublisher, trackOf } from '../support/enhanced-publisher.ts';
import { startGateway, streamReport, type TestGateway } from '../support/gateway.ts';
import { lookAtHls } from '../support/hls-look.ts';
import { rungClip } from '../support/ladder-clips.ts';
import { Background, runProgram, unlessThere } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';

const skip = unlessThere('ffmpeg');
const GROUPS = { groups: [{ match: 'live/*', suffixes: ['_720', '_480'] }] };

async function publish(
  context: TestContext,
  { rtmp }: TestGateway,
  stream: string,
  height: 180 | 360,
): Promise<EnhancedPublisher> {
  const [clip, aac] = await Promise.all([rungClip({ height, seconds: 3 }), codedClip('aac')]);
  const tracks = [trackOf(clip), trackOf(aac)];
  const url = `${rtmp}/live/${stream}`;
  const publisher = await EnhancedPublisher.start({ url, tracks, legacy: true, rounds: Infinity });
  context.after(() => publisher.kill());
  return publisher;
}

/** Addresses in a multivariant playlist, and its text; none before there is one. */
async function ladder({ http }: TestGateway, query = ''): Promise<{ uris: string[]; text: string }> {
  const response = await fetch(`${http}/live/cam.m3u8${query}`);
  const text = await response.text();
  if (!response.ok) return { uris: [], text };
  return { uris: text.split('\n').filter((line) => line !== '' && !line.startsWith('#')), text };
}

const plain = (uris: readonly string[]): string => uris.map((uri) => uri.replace(/\?.*/, '')).join(' ');

test('streams of a group are one ladder, as they come and go', { skip }, async (context) => {
  const gateway = await startGateway({
    hls: { segmentSeconds: 1 },
    publish: { graceSeconds: 0 },
    ladder: GROUPS,
  });
  context.after(() => gateway.stop());
  assert.match((await ladder(gateway)).text, /no stream "live\/cam" is being published/);
  const early = ladder(gateway, '?wait=10');
  const big = await publish(context, gateway, 'cam_720', 360);
  assert.equal(plain((await early).uris), 'cam_720/media.m3u8', 'whoever has waited for it');
  await publish(context, gateway, 'cam_480', 180);
  await waitFor(
    'both',
    async () => plain((await ladder(gateway)).uris) === 'cam_720/media.m3u8 cam_480/media.m3u8',
  );
  await publish(context, gateway, 'cam', 360);
  await waitFor('its namesake', async () => (await ladder(gateway)).uris.length === 3);
  const report = await streamReport(gateway, 'live/cam_480');
  assert.deepEqual(report?.ladder?.members, ['live/cam', 'live/cam_720', 'live/cam_480']);
  assert.equal(report.ladder.path, 'live/cam');
  const looks = await Promise.all(['cam_720', 'cam_480'].map((name) => lookAtHls(gateway, `live/${name}`)));
  const [one, other] = looks.map(({ text }) => /TARGETDURATION:\d+|PART-TARGET=[\d.]+/.exec(text)?.[0]);
  assert.equal(one, other, 'the same for all');
  const reports = await waitFor('what each says of the others', async () => {
    const { text } = await lookAtHls(gateway, 'live/cam_720');
    const all = [...text.matchAll(/RENDITION-REPORT:URI="([^"]+)",LAST-MSN=\d+,LAST-PART=\d+$/gm)];
    return all.length === 2 ? all.map(([, uri]) => uri) : undefined;
  });
  assert.deepEqual(reports, ['../cam/media.m3u8', '../cam_480/media.m3u8']);
  await big.leave();
  await waitFor('the others', async () => !plain((await ladder(gateway)).uris).includes('cam_720'));
});

test(
  'a player of the ladder counts once and may play all of it, and only through it',
  { skip },
  async (context) => {
    const gateway = await startGateway({
      hls: { segmentSeconds: 1 },
      ladder: GROUPS,
      access: { play: 'keys', publish: 'open', trustLoopback: false },
    });
    context.after(() => gateway.stop());
    const made = await fetch(`${gateway.http}/api/v1/keys`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ action: 'play', streams: 'live/cam' }),
    });
    const { secret } = (await made.json()) as { secret: string };
    await publish(context, gateway, 'cam_720', 360);
    await publish(context, gateway, 'cam_480', 180);
    await waitFor('both', async () => (await ladder(gateway, `?key=${secret}`)).uris.length === 2);
    const { uris } = await ladder(gateway, `?key=${secret}`);
    const [first = '', second = ''] = uris.map((uri) => `${gateway.http}/live/${uri}`);
    for (const url of [first, second]) {
      const playlist = await fetch(url);
      assert.equal(playlist.status, 200, url);
      const segment = (await playlist.text())
        .split('\n')
        .findLast((line) => /\.m4s/.test(line) && !line.startsWith('#'));
      assert.equal((await fetch(new URL(segment!, url))).status, 200, segment);
      assert.ok(
        [401, 403].includes((await fetch(url.replace(/\?.*/, ''))).status),
        'not without its session',
      );
    }
    assert.equal(
      (await fetch(`${gateway.http}/live/cam_720.m3u8?key=${secret}`)).status,
      403,
      'the key is for the ladder',
    );
    const report = await streamReport(gateway, 'live/cam_720');
    assert.deepEqual([report?.ladder?.hlsViewers, report?.viewers.hls], [1, 0]);
  },
);

test('one ffmpeg with two outputs: the same picture has the same date in both', { skip }, async (context) => {
  const gateway = await startGateway({ hls: { segmentSeconds: 1 }, ladder: GROUPS });
  context.after(() => gateway.stop());
  const encoder = (height: number): string[] =>
    `-map 0:v -map 1:a -s ${(height * 16) / 9}x${height} -c:v libx264 -preset ultrafast -bf 0 -g 25 -sc_threshold 0 -b:v ${height}k -pix_fmt yuv420p -c:a aac -f flv`.split(
      ' ',
    );
  const ffmpeg = new Background('ffmpeg', [
    ...'-v error -re -f lavfi -i testsrc2=s=640x360:r=25 -re -f lavfi -i sine=r=48000'.split(' '),
    ...[...encoder(360), `${gateway.rtmp}/live/cam_720`],
    ...[...encoder(180), `${gateway.rtmp}/live/cam_480`],
  ]);
  context.after(() => ffmpeg.stop());
  await waitFor('both', async () => (await ladder(gateway)).uris.length === 2, 15_000);
  const dates = async (stream: string): Promise<number> => {
    const { text } = await lookAtHls(gateway, `live/${stream}`);
    return Date.parse(/PROGRAM-DATE-TIME:(.*)/.exec(text)![1]!);
  };
  const apart = Math.abs((await dates('cam_720')) - (await dates('cam_480'))) % 1000;
  assert.ok(Math.min(apart, 1000 - apart) <= 2, `${apart} ms, but for whole segments`);
  for (const uri of (await ladder(gateway)).uris) {
    const url = `${gateway.http}/live/${uri}`;
    const { stderr } = await runProgram('ffmpeg', ['-v', 'error', '-t', '2', '-i', url, '-f', 'null', '-']);
    assert.equal(stderr, '', uri);
  }
});
