import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { codedClip } from '../support/coded-clips.ts';
import { EnhancedPublisher, trackOf, type EnhancedPublisherOptions } from '../support/enhanced-publisher.ts';
import { HttpFlvViewer, WsFlvViewer } from '../support/flv-viewer.ts';
import { startGateway, streamReport, type TestGateway } from '../support/gateway.ts';
import { runProgram, unlessThere } from '../support/programs.ts';
import { RtmpPeer } from '../support/rtmp-peer.ts';
import { waitFor } from '../support/wait.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

const skip = unlessThere('ffmpeg');

/** H.264 and HEVC, AAC and Opus, on one connection. */
async function onAir(
  context: TestContext,
  options: Pick<EnhancedPublisherOptions, 'multitrack' | 'legacy' | 'speed'> = {},
): Promise<{ gateway: TestGateway; publisher: EnhancedPublisher }> {
  const gateway = await startGateway({ play: { waitSeconds: 1 } });
  context.after(() => gateway.stop());
  const [avc, hevc, aac, opus] = await Promise.all(
    (['avc', 'hevc', 'aac', 'opus'] as const).map(async (name) => trackOf(await codedClip(name))),
  );
  const tracks = [avc!, { ...hevc!, track: 1 }, aac!, { ...opus!, track: 1 }];
  const url = `${gateway.rtmp}/live/cam`;
  const publisher = await EnhancedPublisher.start({ url, tracks, rounds: Infinity, ...options });
  context.after(() => publisher.kill());
  await waitFor('four tracks', async () => {
    const report = await streamReport(gateway, 'live/cam');
    return report?.renditions.length === 4;
  });
  return { gateway, publisher };
}

for (const multitrack of ['one', 'many', 'codecs', 'all'] as const) {
  test(
    `tracks that travel as "${multitrack}" are told of, and main ones are the usual ones`,
    { skip },
    async (context) => {
      const { gateway } = await onAir(context, { multitrack });
      const report = await streamReport(gateway, 'live/cam');
      assert.deepEqual(
        report?.renditions.map(({ track, kind, codec }) => `${kind} ${track} ${codec.slice(0, 4)}`),
        ['video 0 avc1', 'audio 0 mp4a', 'video 1 hvc1', 'audio 1 Opus'],
      );
      assert.deepEqual([report.dropped, report.problems], [{}, []]);
      assert.deepEqual([report.video?.codec.slice(0, 4), report.audio?.codec], ['avc1', 'mp4a.40.2']);
    },
  );
}

/** Heads of a kind's tags, in hex, each once. */
const heads = (tags: readonly { type: number; body: Buffer }[], type: number): string[] => [
  ...new Set(tags.filter((tag) => tag.type === type).map(({ body }) => body.toString('latin1', 1, 5))),
];

test(
  '?track= gives another picture with the main sound, or another sound alone, by every door of FLV',
  { skip },
  async (context) => {
    const { gateway } = await onAir(context, { legacy: true });
    const viewers = [
      new HttpFlvViewer(gateway.httpPort, '/live/cam.flv?track=1'),
      new WsFlvViewer(`ws://127.0.0.1:${gateway.httpPort}/live/cam.flv?track=1`),
    ];
    const main = new HttpFlvViewer(gateway.httpPort, '/live/cam.flv?track=0');
    const sound = new HttpFlvViewer(gateway.httpPort, '/live/cam.flv?track=audio1');
    const player = new RtmpPeer('play', `${gateway.rtmp}/live/cam?track=1`);
    for (const one of [...viewers, main, sound]) context.after(() => one.drop());
    context.after(() => player.kill());
    await waitFor('frames', () => [...viewers, main, sound].every((viewer) => viewer.tags.length > 60));
    await waitFor('frames by RTMP', () => player.of(9).length > 20);
    for (const viewer of viewers) {
      assert.deepEqual(heads(viewer.tags, 9), ['hvc1']);
      assert.ok(
        viewer.tags.some(({ type, body }) => type === 8 && body[0] === 0xaf),
        'the main sound',
      );
    }
    assert.ok(
      main.tags.every(({ type, body }) => type !== 9 || body[0]! < 0x80),
      'nothing but H.264',
    );
    assert.deepEqual(heads(sound.tags, 8), ['Opus']);
    assert.deepEqual([heads(sound.tags, 9), sound.flags], [[], { video: false, audio: true }]);
    assert.equal(Buffer.from(player.of(9)[0]!.body).toString('latin1', 1, 5), 'hvc1');
    const report = await streamReport(gateway, 'live/cam');
    assert.deepEqual([report?.viewers.httpFlv, report?.viewers.wsFlv, report?.viewers.rtmp], [3, 1, 1]);
  },
);

test('a track that is not there is refused with those that are', { skip }, async (context) => {
  const { gateway } = await onAir(context, { speed: 8 }); // it waits for ten seconds of media
  const answer = async (query: string): Promise<[number, string]> => {
    const response = await fetch(`http://127.0.0.1:${gateway.httpPort}/live/cam.flv?${query}`);
    return [response.status, (await response.text()).trim()];
  };
  assert.deepEqual(await answer('track=7'), [404, '"live/cam" has no track 7: there are 0 and 1']);
  assert.deepEqual(await answer('track=x'), [400, 'track is a number from 0 to 255, as in ?track=1, or all']);
  const player = new RtmpPeer('play', `${gateway.rtmp}/live/cam?track=7`);
  await player.closed;
  assert.equal(player.end?.text, '"live/cam" has no track 7: there are 0 and 1');
});

test('?clock=1 tells when key frames came in, and ffmpeg does not mind', { skip }, async (context) => {
  const { gateway } = await onAir(context, { legacy: true });
  const since = Date.now() - 5_000;
  const viewer = new HttpFlvViewer(gateway.httpPort, '/live/cam.flv?clock=1');
  context.after(() => viewer.drop());
  const clocks = () => viewer.tags.filter(({ type, body }) => type === 18 && body.includes('onClock'));
  await waitFor('three clocks', () => clocks().length >= 3, 10_000);
  const at = (body: Buffer): number => body.readDoubleBE(body.indexOf('wallClock') + 'wallClock'.length + 1);
  const { tags } = viewer;
  tags.forEach(({ type, body, timestamp }, index) => {
    if (type !== 18 || !body.includes('onClock')) return;
    assert.ok(at(body) > since && at(body) <= Date.now(), String(at(body)));
    const next = tags[index + 1];
    if (next)
      assert.deepEqual(
        [next.type, next.timestamp, next.body[0]],
        [9, timestamp, 0x17],
        'in front of a key frame',
      );
  });
  const [first, second] = clocks().map(({ timestamp, body }) => at(body) - timestamp);
  assert.ok(Math.abs(second! - first!) < 500, `paced as the stream is: ${second! - first!} ms`);
  const file = join(temporaryFolder('millrace-clock-'), 'clock.flv');
  await writeFile(file, viewer.file);
  const flags = ['-v', 'error', '-i', file, '-map', '0:v', '-map', '0:a', '-f', 'null', '-'];
  const { stderr } = await runProgram('ffmpeg', flags);
  assert.equal(stderr, '');
});

test('a track that stops and one whose publisher comes back', { skip }, async (context) => {
  const { gateway, publisher } = await onAir(context, { legacy: true });
  const viewer = new HttpFlvViewer(gateway.httpPort, '/live/cam.flv?track=1');
  context.after(() => viewer.drop());
  await waitFor('pictures', () => heads(viewer.tags, 9).length > 0);
  publisher.silence('video', 0, true);
  const pictures = (): number => viewer.tags.filter(({ type }) => type === 9).length;
  const before = pictures();
  await waitFor('the other goes on', () => pictures() > before + 20);
  assert.deepEqual((await streamReport(gateway, 'live/cam'))?.problems, []);
});
