import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { EnhancedPublisher, trackOf } from '../support/enhanced-publisher.ts';
import { clipFile, codedClip } from '../support/coded-clips.ts';
import { HttpFlvViewer } from '../support/flv-viewer.ts';
import { publishByModernFfmpeg, unlessModernFfmpeg } from '../support/modern-ffmpeg.ts';
import { startGateway, streamReport, type TestGateway } from '../support/gateway.ts';
import { RtmpPeer } from '../support/rtmp-peer.ts';
import { unlessThere } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';

const skip = unlessThere('ffmpeg');

async function onAir(
  context: TestContext,
  ...names: Parameters<typeof codedClip>[0][]
): Promise<TestGateway> {
  const gateway = await startGateway({ play: { waitSeconds: 1 } });
  context.after(() => gateway.stop());
  const tracks = await Promise.all(names.map(async (name) => trackOf(await codedClip(name))));
  const publisher = await EnhancedPublisher.start({
    url: `${gateway.rtmp}/live/cam`,
    tracks,
    rounds: Infinity,
  });
  context.after(() => publisher.kill());
  await waitFor('all tracks', async () => {
    const report = await streamReport(gateway, 'live/cam');
    const there = [report?.video, report?.audio].filter((track) => track !== null && track !== undefined);
    return there.length === tracks.length;
  });
  return gateway;
}

/** The first bytes of one of the messages that a player has got. */
const start = (player: RtmpPeer, type: number, index: number, bytes: number): Buffer =>
  Buffer.from(player.of(type)[index]!.body.subarray(0, bytes));

/** A player that announces nothing of Enhanced RTMP. */
const oldPlayer = (gateway: TestGateway, query = ''): RtmpPeer =>
  new RtmpPeer('play', `${gateway.rtmp}/live/cam${query}`, { isPlain: true });

test(
  'a player that has not announced HEVC is told what it is and what to do, in place of getting it',
  { skip },
  async (context) => {
    const gateway = await onAir(context, 'hevc', 'aac');
    const player = oldPlayer(gateway);
    await player.closed;
    assert.equal(player.end?.code, 'NetStream.Play.NoSupportedTrackFound');
    assert.match(player.end.text, /HEVC.*not announced.*codecs=any/);
    assert.deepEqual(player.of(9), []);
  },
);

test(
  'a player that asks for it gets HEVC without having announced it, and by codec id 12 if it wants',
  { skip },
  async (context) => {
    const gateway = await onAir(context, 'hevc', 'aac');
    const any = oldPlayer(gateway, '?codecs=any');
    context.after(() => any.kill());
    const legacy = oldPlayer(gateway, '?hevc=legacy');
    context.after(() => legacy.kill());
    await waitFor('pictures', () => any.of(9).length > 3 && legacy.of(9).length > 3);
    assert.equal(start(any, 9, 0, 5).toString('latin1'), '\x90hvc1');
    assert.equal(start(legacy, 9, 0, 5).toString('hex'), '1c00000000');
    assert.equal(start(legacy, 9, 1, 2).toString('hex'), '1c01');
  },
);

test(
  'a player that knows only the picture’s codec gets the picture, and is told of the sound',
  { skip },
  async (context) => {
    const gateway = await onAir(context, 'avc', 'opus');
    const player = oldPlayer(gateway);
    context.after(() => player.kill());
    await waitFor('pictures', () => player.of(9).length > 10);
    assert.deepEqual(player.of(8), []);
    assert.ok(player.statuses.includes('NetStream.Play.NoSupportedTrackFound'), 'a status says it');
    assert.equal(player.end, undefined, 'it goes on');
  },
);

test('our own client announces all, and gets both', { skip }, async (context) => {
  const gateway = await onAir(context, 'hevc', 'opus');
  const player = new RtmpPeer('play', `${gateway.rtmp}/live/cam`);
  context.after(() => player.kill());
  await waitFor('both', () => player.of(9).length > 3 && player.of(8).length > 3);
  assert.equal(start(player, 8, 0, 5).toString('latin1'), '\x90Opus');
});

test('FLV by HTTP: all there is, or what was asked for, or a sentence', { skip }, async (context) => {
  const gateway = await onAir(context, 'hevc', 'opus');
  const refused = await fetch(`${gateway.http}/live/cam.flv?codecs=avc,aac`);
  assert.equal(refused.status, 406);
  assert.match(await refused.text(), /^the picture is HEVC.*not among the codecs asked for/);
  const unknown = await fetch(`${gateway.http}/live/cam.flv?codecs=avc,betamax`);
  assert.equal(unknown.status, 400);
  assert.match(await unknown.text(), /^codecs is any, or a list out of avc/);
  const all = new HttpFlvViewer(gateway.httpPort, '/live/cam.flv');
  context.after(() => all.drop());
  const silent = new HttpFlvViewer(gateway.httpPort, '/live/cam.flv?codecs=hevc,aac');
  context.after(() => silent.drop());
  await waitFor('tags', () => all.tags.length > 20 && silent.tags.length > 20);
  assert.ok(all.tags.some(({ type }) => type === 8));
  assert.ok(!silent.tags.some(({ type }) => type === 8), 'no sound that it cannot play');
});

test(
  'a gateway that stops asks those who can to go on elsewhere, and nobody else',
  { skip },
  async (context) => {
    const gateway = await startGateway({ stop: { drainSeconds: 30, reconnectTo: 'rtmp://b.example:1936' } });
    context.after(() => {
      gateway.gateway.hurry();
      return gateway.stop();
    });
    const asked: (string | undefined)[] = [];
    const tracks = [trackOf(await codedClip('avc'))];
    const publisher = await EnhancedPublisher.start({
      url: `${gateway.rtmp}/live/cam`,
      tracks,
      rounds: Infinity,
      peer: { onReconnect: (tcUrl) => void asked.push(tcUrl) },
    });
    context.after(() => publisher.kill());
    const old = oldPlayer(gateway);
    context.after(() => old.kill());
    await old.started;
    const stopped = gateway.gateway.stop();
    await waitFor('the request', () => asked.length > 0);
    assert.deepEqual(asked, ['rtmp://b.example:1936/live']);
    assert.ok(
      !old.statuses.includes('NetConnection.Connect.ReconnectRequest'),
      'an old player hears nothing new',
    );
    await publisher.leave();
    await stopped;
  },
);

for (const [video, audio, codecs] of [
  ['hevc', 'opus', /^hvc1/],
  ['av1', 'flac', /^av01/],
  ['vp9', 'ac3', /^vp09/],
  ['avc', 'eac3', /^avc1/],
  ['avc', 'mp3', /^avc1/],
] as const)
  test(
    `ffmpeg 8 publishes ${video} and ${audio}`,
    { skip: skip || unlessModernFfmpeg() },
    async (context) => {
      const gateway = await startGateway();
      context.after(() => gateway.stop());
      const sending = publishByModernFfmpeg([clipFile(video), clipFile(audio)], `${gateway.rtmp}/live/cam`);
      const report = await waitFor('both tracks', async () => {
        const report = await streamReport(gateway, 'live/cam');
        return report?.video && report.audio ? report : undefined;
      });
      assert.match(report.video?.codec ?? '', codecs);
      assert.deepEqual(report.problems, []);
      await sending;
    },
  );

test(
  'ffmpeg 8 publishes two pictures and two sounds over one connection',
  { skip: skip || unlessModernFfmpeg() },
  async (context) => {
    const gateway = await startGateway();
    context.after(() => gateway.stop());
    // It does not number what it says of the second picture's colours: the first one must not mind.
    const files = (['avc', 'hevc', 'aac', 'opus'] as const).map(clipFile);
    const sending = publishByModernFfmpeg(files, `${gateway.rtmp}/live/cam`);
    const { renditions, dropped } = await waitFor('a second of four tracks', async () => {
      const report = await streamReport(gateway, 'live/cam');
      return report?.renditions.length === 4 && report.uptimeSeconds > 0 ? report : undefined;
    });
    assert.deepEqual(dropped, {});
    assert.deepEqual(
      renditions.map(({ track, kind, codec }) => `${kind} ${track} ${codec.split('.')[0]}`),
      ['video 0 avc1', 'audio 0 mp4a', 'video 1 hvc1', 'audio 1 Opus'],
    );
    await sending;
  },
);
