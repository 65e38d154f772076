import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { codedClip, type ClipName, type CodedPacket } from '../support/coded-clips.ts';
import { framesIn } from '../support/coded-outputs.ts';
import { decoded } from '../support/decoded.ts';
import { EnhancedPublisher, trackOf, type CodedTrack, type Outgoing } from '../support/enhanced-publisher.ts';
import { codedFrame, oneTrack, PacketType, plain, withModEx } from '../support/enhanced-tags.ts';
import { HttpFlvViewer } from '../support/flv-viewer.ts';
import { startGateway, streamReport, type TestGateway } from '../support/gateway.ts';
import { fetchSegment, lookAtHls } from '../support/hls-look.ts';
import { unlessThere } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';

/** What no encoder should send and some do, with people watching: they see what is good of it, and the rest is told. */
const skip = unlessThere('ffmpeg');

async function stand(context: TestContext): Promise<TestGateway> {
  const gateway = await startGateway({
    publish: { graceSeconds: 1 },
    hls: { segmentSeconds: 1, windowSegments: 30 },
    play: { waitSeconds: 10 },
  });
  context.after(() => gateway.stop());
  return gateway;
}

const url = (gateway: TestGateway): string => `${gateway.rtmp}/live/cam`;
const tracksOf = (names: readonly ClipName[]): Promise<CodedTrack[]> =>
  Promise.all(names.map(async (name) => trackOf(await codedClip(name))));
const text = (frames: readonly Uint8Array[]): string[] =>
  frames.map((frame) => Buffer.from(frame).toString('base64'));
const packetsOf = (track: CodedTrack): string[] => text(track.packets.map(({ data }) => data));

/** What stands behind each good message: cut short, too long, of nothing known. */
function spoiled({ body, kind, tracks }: Outgoing): Buffer[] {
  const fourCc = body.subarray(1, 5);
  const type = kind === 'video' ? PacketType.videoMultitrack : PacketType.audioMultitrack;
  const first = Buffer.from([(body[0]! & 0xf0) | type]);
  const far = Buffer.from([0xff, 0xff, 0xff]);
  return [
    body.subarray(0, 1),
    body.subarray(0, 3),
    body.subarray(0, 5),
    // One track, whose number is missing; of several, one that is longer than the message; twice the same.
    Buffer.concat([first, Buffer.from([0x01]), fourCc]),
    Buffer.concat([first, Buffer.from([0x11]), fourCc, Buffer.from([tracks[0]!]), far, body.subarray(5)]),
    Buffer.concat([first, Buffer.from([0x21]), fourCc, Buffer.from([9]), far]),
    // A multitrack within a multitrack, and a kind of multitrack that does not exist.
    Buffer.concat([first, Buffer.from([type]), fourCc, Buffer.from([0]), body.subarray(5)]),
    Buffer.concat([first, Buffer.from([0xf1]), fourCc, Buffer.from([0]), body.subarray(5)]),
    // ModEx that runs over, and one after the other without an end.
    Buffer.concat([Buffer.from([(body[0]! & 0xf0) | PacketType.modEx, 0xff, 0xff, 0xff]), body]),
    Buffer.concat([Buffer.from([(body[0]! & 0xf0) | PacketType.modEx]), Buffer.alloc(40, 0x07)]),
  ];
}

test(
  'cut and lying headers between good ones: every good frame comes out, and what was left out is counted',
  { skip },
  async (context) => {
    const gateway = await stand(context);
    const [video, audio] = await tracksOf(['av1', 'opus']);
    let count = 0;
    const publisher = await EnhancedPublisher.start({
      url: url(gateway),
      tracks: [video!, audio!],
      tamper: (message) => {
        const bad = spoiled(message);
        return [message, { ...message, body: bad[count++ % bad.length]! }];
      },
    });
    context.after(() => publisher.kill());
    const viewer = new HttpFlvViewer(gateway.httpPort, '/live/cam.flv');
    context.after(() => viewer.drop());
    await publisher.done;
    await publisher.peer.roundTrip();
    const report = (await streamReport(gateway, 'live/cam'))!;
    assert.equal(publisher.peer.end, undefined, 'the publisher goes on');
    const dropped = Object.values(report.dropped).reduce((sum, one) => sum + one, 0);
    assert.ok(dropped > 50, `told: ${JSON.stringify(report.dropped)}`);
    await waitFor('the last picture', () => framesIn(viewer.tags).video.length >= 50);
    await publisher.leave();
    await waitFor('the end', async () => (await lookAtHls(gateway, 'live/cam')).ended);
    const seen = framesIn(viewer.tags);
    assert.deepEqual(text(seen.video), packetsOf(video!).slice(-seen.video.length), 'pictures');
    assert.deepEqual(text(seen.audio), packetsOf(audio!).slice(-seen.audio.length), 'sound');
    const { text: list, names } = await lookAtHls(gateway, 'live/cam');
    const init = /#EXT-X-MAP:URI="([^"]+)"/.exec(list)![1]!;
    const files = await Promise.all([init, ...names].map((name) => fetchSegment(gateway, 'live/cam', name)));
    const { said, byTrack } = decoded(Buffer.concat(files));
    assert.equal(said, '', 'ffmpeg has nothing to say');
    assert.equal(byTrack[0]?.length, 75, 'all pictures are decoded');
  },
);

for (const [kind, fourCc, says] of [
  ['video', 'vvc1', /vvc1|VVC/],
  ['video', 'xyz9', /xyz9/],
  ['audio', 'wma2', /wma2/],
] as const)
  test(`a publisher of ${fourCc} is told so by its name`, { skip }, async (context) => {
    const gateway = await stand(context);
    const packets: CodedPacket[] = Array.from({ length: 50 }, (_, index) => ({
      ...{ dtsMs: index * 40, compositionMs: 0, key: index === 0 },
      data: Buffer.alloc(20, index),
    }));
    const tracks = [{ kind, fourCc: fourCc as 'avc1', config: Buffer.alloc(8), packets }];
    const publisher = await EnhancedPublisher.start({ url: url(gateway), tracks });
    context.after(() => publisher.kill());
    await publisher.peer.closed;
    assert.match(publisher.peer.end?.text ?? '', says, publisher.peer.end?.code ?? 'no word');
  });

test(
  'from H.264 to HEVC and back in mid-stream: a discontinuity and a map each, and players get configurations',
  { skip },
  async (context) => {
    const gateway = await stand(context);
    const [avc, hevc, aac] = await tracksOf(['avc', 'hevc', 'aac']);
    const LENGTH = 3000;
    const publisher = await EnhancedPublisher.start({ url: url(gateway), tracks: [{ ...aac! }], rounds: 3 });
    context.after(() => publisher.kill());
    const send = (track: CodedTrack, round: number): void => {
      const { kind, fourCc } = track;
      const start = plain({ kind, fourCc, type: PacketType.sequenceStart, data: track.config! });
      publisher.peer.video(round * LENGTH, start);
      for (const { dtsMs, compositionMs, key, data } of track.packets) {
        const frame = codedFrame(track, { isKey: key, compositionMs: Math.round(compositionMs), data });
        publisher.peer.video(Math.floor(round * LENGTH + dtsMs), plain(frame));
      }
    };
    const viewer = new HttpFlvViewer(gateway.httpPort, '/live/cam.flv');
    context.after(() => viewer.drop());
    // Three seconds at a time, each when the sound has come so far.
    for (const [round, track] of [avc!, hevc!, avc!].entries()) {
      await waitFor(`round ${round}`, () => publisher.sent > round * 141 + 1, 20_000);
      send(track, round);
    }
    await publisher.done;
    await publisher.leave();
    await waitFor('the end', async () => (await lookAtHls(gateway, 'live/cam')).ended);
    const look = await lookAtHls(gateway, 'live/cam');
    const maps = [...look.text.matchAll(/#EXT-X-MAP:URI="([^"]+)"/g)].map((match) => match[1]!);
    assert.ok(new Set(maps).size >= 3, `maps: ${maps.join(' ')}`);
    assert.ok(look.discontinuities >= 2, `${look.discontinuities} discontinuities`);
    for (const [index, line] of look.text.split('\n').entries())
      if (line.startsWith('#EXT-X-MAP') && index > 12)
        assert.ok(
          look.text
            .split('\n')
            .slice(index - 4, index + 4)
            .includes('#EXT-X-DISCONTINUITY'),
          'no map without a discontinuity',
        );
    const heads = viewer.tags
      .filter(
        ({ type, body }) => type === 9 && ((body[0]! & 0x80) !== 0 ? (body[0]! & 15) === 0 : body[1] === 0),
      )
      .map(({ body }) => ((body[0]! & 0x80) !== 0 ? body.toString('latin1', 1, 5) : 'avc1'));
    assert.deepEqual(heads, ['avc1', 'hvc1', 'avc1'], 'configurations in FLV');
  },
);

test(
  '255 tracks of each kind: some are taken, the rest is counted by name, the main ones play',
  { skip },
  async (context) => {
    const gateway = await stand(context);
    const [avc, aac] = await tracksOf(['avc', 'aac']);
    const publisher = await EnhancedPublisher.start({
      url: url(gateway),
      tracks: [avc!, aac!],
      rounds: Infinity,
      tamper: (message) => {
        const track = message.kind === 'video' ? avc! : aac!;
        const { kind, fourCc } = track;
        const extra = Array.from({ length: 255 }, (_, index) => {
          const packet =
            message.type === 0
              ? { kind, fourCc, type: 0, data: track.config! }
              : codedFrame(track, {
                  isKey: track.packets[0]!.key,
                  data: track.packets[0]!.data.subarray(0, 600),
                });
          return { ...message, body: oneTrack(packet, index + 1) };
        });
        return message.timestamp < 400 ? [message, ...extra] : [message];
      },
    });
    context.after(() => publisher.kill());
    const report = await waitFor('the main ones', async () => {
      const now = await streamReport(gateway, 'live/cam');
      return now?.video && now.audio && now.renditions.length > 2 ? now : undefined;
    });
    assert.ok(report.renditions.length <= 16, `${report.renditions.length} renditions`);
    const look = await waitFor('the main ones in HLS', async () => {
      const response = await fetch(`${gateway.http}/live/cam/media.m3u8`);
      return response.ok ? await lookAtHls(gateway, 'live/cam') : undefined;
    });
    assert.ok(look.names.length > 0, 'segments');
    const later = (await streamReport(gateway, 'live/cam'))!;
    assert.match(JSON.stringify(later.dropped), /more tracks of a kind than are carried/, 'and it is told');
  },
);

test('a ModEx of an unknown kind is passed over', { skip }, async (context) => {
  const gateway = await stand(context);
  const [vp9, opus] = await tracksOf(['vp9', 'opus']);
  const publisher = await EnhancedPublisher.start({
    url: url(gateway),
    tracks: [vp9!, opus!],
    tamper: (message) => [
      { ...message, body: withModEx(withModEx(message.body, 9, Buffer.alloc(300)), 3, Buffer.alloc(2)) },
    ],
  });
  context.after(() => publisher.kill());
  await publisher.done;
  await publisher.peer.roundTrip();
  const report = (await streamReport(gateway, 'live/cam'))!;
  assert.deepEqual([report.dropped, report.problems], [{}, []], 'nothing is missing');
  assert.deepEqual([report.video?.codec.slice(0, 4), report.audio?.codec], ['vp09', 'Opus']);
});

test(
  'a configuration that changes with every frame: a few of the changes reach players and files, and it is told',
  { skip },
  async (context) => {
    const gateway = await startGateway({
      hls: { segmentSeconds: 1, dvrSeconds: 60 },
      record: { rules: [{ streams: 'live/*' }] },
    });
    context.after(() => gateway.stop());
    const [aac] = await tracksOf(['aac']);
    let count = 0;
    const publisher = await EnhancedPublisher.start({
      url: url(gateway),
      tracks: [aac!],
      tamper: (message) => {
        const data = Buffer.from(count++ % 2 ? [0x11, 0x90] : [0x12, 0x10]); // 48 and 44.1 kHz
        const start = plain({ kind: 'audio', fourCc: 'mp4a', type: PacketType.sequenceStart, data });
        return [{ ...message, body: start }, message];
      },
    });
    context.after(() => publisher.kill());
    await publisher.done;
    await publisher.peer.roundTrip();
    const { dropped } = (await streamReport(gateway, 'live/cam'))!;
    assert.ok((dropped['a configuration that changes all the time'] ?? 0) > 100, JSON.stringify(dropped));
    const { names, text: list } = await lookAtHls(gateway, 'live/cam');
    assert.ok(names.length >= 8 && names.length <= 14, `${names.length} segments of 3 s:\n${list}`);
    const answer = await fetch(`${gateway.http}/api/v1/recordings`);
    const { recordings } = (await answer.json()) as { recordings: unknown[] };
    assert.ok(recordings.length <= 14, `${recordings.length} recordings`);
  },
);
