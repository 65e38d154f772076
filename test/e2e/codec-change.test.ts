import assert from 'node:assert/strict';
import { test } from 'node:test';
import { codedClip } from '../support/coded-clips.ts';
import { codedFrame, PacketType, plain } from '../support/enhanced-tags.ts';
import { trackOf } from '../support/enhanced-publisher.ts';
import { HttpFlvViewer, WsFlvViewer } from '../support/flv-viewer.ts';
import { unlessThere } from '../support/programs.ts';
import { gatewayWith, running, type Logged } from '../support/relays.ts';
import { publishTo, RtmpPeer } from '../support/rtmp-peer.ts';
import { Show } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';

const skip = unlessThere('ffmpeg');

/** Goes on where a show stands, with another codec. */
async function changeTo(codec: 'hevc' | 'opus', show: Show): Promise<void> {
  const track = trackOf(await codedClip(codec));
  const { kind, fourCc, config, packets } = track;
  const type = kind === 'video' ? 9 : 8;
  const from = show.now;
  show.peer.send(
    type,
    from,
    plain({ kind, fourCc, type: PacketType.sequenceStart, isKey: true, data: config! }),
  );
  for (const { dtsMs, compositionMs, key, data } of packets) {
    const frame = { isKey: key, compositionMs: Math.round(compositionMs), data };
    show.peer.send(type, from + Math.round(dtsMs), plain(codedFrame(track, frame)));
  }
}

async function stage(): Promise<{ gateway: Logged; show: Show }> {
  const gateway = await gatewayWith();
  const peer = await publishTo(`${gateway.rtmp}/live/cam`);
  running.push(() => peer.kill());
  const show = new Show(peer);
  show.go(50);
  return { gateway, show };
}

const onlyAvc = (tags: readonly { type: number; body: Buffer }[]): boolean =>
  tags.every(({ type, body }) => type !== 9 || (body[0]! & 0x8f) === 7);

test(
  'viewers who did not name the codec that the publisher changes to are told, not fed',
  { skip },
  async () => {
    const { gateway, show } = await stage();
    const flv = new HttpFlvViewer(gateway.httpPort, '/live/cam.flv?codecs=avc,aac');
    const ws = new WsFlvViewer(`${gateway.ws}/live/cam.flv?codecs=avc,aac`);
    const all = new HttpFlvViewer(gateway.httpPort, '/live/cam.flv?codecs=avc,hevc,aac');
    const player = new RtmpPeer('play', `${gateway.rtmp}/live/cam`, { isPlain: true });
    running.push(...[flv, ws, all].map((one) => () => one.drop()), () => player.kill());
    await waitFor(
      'pictures',
      () => [flv, ws, all].every(({ tags }) => tags.length > 20) && player.of(9).length > 10,
    );
    await changeTo('hevc', show);
    await Promise.all([flv.closed, ws.closed, player.closed]);
    assert.equal(ws.close?.code, 4406);
    assert.match(ws.close.reason, /^the picture is HEVC, which is not among the codecs asked for/);
    assert.equal(player.end?.code, 'NetStream.Play.NoSupportedTrackFound');
    assert.match(player.end.text, /^the picture is HEVC, which this player has not announced/);
    assert.ok(onlyAvc(flv.tags) && onlyAvc(ws.tags), 'no picture that they cannot play');
    assert.ok(
      player.of(9).every(({ body }) => (body[0]! & 0x80) === 0),
      'nor the player',
    );
    await waitFor('HEVC for who named it', () => !onlyAvc(all.tags));
    const again = await fetch(`${gateway.http}/live/cam.flv?codecs=avc,aac`);
    assert.equal(again.status, 406, 'who comes back hears why');
    assert.match(await again.text(), /^the picture is HEVC/);
  },
);

test(
  'a viewer whose sound changes to what it has not named is sent away; it may come back for the picture',
  { skip },
  async () => {
    const { gateway, show } = await stage();
    const ws = new WsFlvViewer(`${gateway.ws}/live/cam.flv?codecs=avc,aac`);
    const player = new RtmpPeer('play', `${gateway.rtmp}/live/cam`, { isPlain: true });
    running.push(
      () => ws.drop(),
      () => player.kill(),
    );
    await waitFor('pictures', () => ws.tags.length > 20 && player.of(9).length > 10);
    await changeTo('opus', show);
    await ws.closed;
    assert.match(ws.close?.reason ?? '', /^only the picture is sent: the sound is Opus/);
    const stop = show.live();
    running.push(stop);
    const silent = new WsFlvViewer(`${gateway.ws}/live/cam.flv?codecs=avc,aac`);
    running.push(() => silent.drop());
    await waitFor('the status', () => player.statuses.includes('NetStream.Play.NoSupportedTrackFound'));
    assert.equal(player.end, undefined, 'a player goes on with the picture');
    await waitFor('the picture alone', () => silent.tags.filter(({ type }) => type === 9).length > 10);
    assert.equal(silent.close, undefined);
  },
);

test('a sound that comes before the picture does not send anybody away', { skip }, async () => {
  const gateway = await gatewayWith();
  const opus = trackOf(await codedClip('opus'));
  const peer = await publishTo(`${gateway.rtmp}/live/cam`);
  running.push(() => peer.kill());
  const { kind, fourCc, config, packets } = opus;
  peer.audio(0, plain({ kind, fourCc, type: PacketType.sequenceStart, isKey: true, data: config! }));
  const [first] = packets;
  peer.audio(0, plain(codedFrame(opus, { isKey: true, compositionMs: 0, data: first!.data })));
  await peer.roundTrip();
  const ws = new WsFlvViewer(`${gateway.ws}/live/cam.flv?codecs=avc,aac&wait=5`);
  const player = new RtmpPeer('play', `${gateway.rtmp}/live/cam`, { isPlain: true });
  running.push(
    () => ws.drop(),
    () => player.kill(),
  );
  await player.started;
  const show = new Show(peer, { audio: false });
  show.go(50);
  running.push(show.live());
  await waitFor('pictures', () => ws.tags.length > 20 && player.of(9).length > 20);
  assert.deepEqual([ws.close, player.end], [undefined, undefined]);
});
