import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { makeWithFfmpeg, runProgram, unlessThere } from '../support/programs.ts';
import { networks, type Networks } from '../../src/servers/networks.ts';
import { doorStand } from '../support/door-stand.ts';
import { playFrom, publishTo, RtmpPeer } from '../support/rtmp-peer.ts';
import { frameNumber, Show } from '../support/show.ts';
import { nameOf } from '../support/stage.ts';
import { waitFor } from '../support/wait.ts';

/** What the RTMP door does with what the gate says. */

const WHY = 'this key has expired on Sunday; ask the desk for another';
/** A promise that the test keeps when it wants to. */
function later<T>(): { readonly promise: Promise<T>; readonly keep: (value: T) => void } {
  let keep!: (value: T) => void;
  const promise = new Promise<T>((resolve) => (keep = resolve));
  return { promise, keep };
}

let folder = '';
let clip = '';
before(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-gate-'));
  clip = join(folder, 'clip.flv');
  if (unlessThere('ffmpeg')) return;
  makeWithFfmpeg(['-f', 'lavfi', '-i', 'testsrc=size=160x90:rate=25', '-t', '1', '-c:v', 'libx264', clip]);
});
after(() => rmSync(folder, { recursive: true, force: true }));

test('a refused publisher never starts, hears why, and is closed after it has heard', async (context) => {
  const stand = await doorStand(context);
  stand.gate.verdict = () => ({ reason: WHY });
  const peer = new RtmpPeer('publish', `${stand.rtmp}/live/SECRET?token=1`);
  await peer.closed;
  assert.deepEqual(peer.end, { code: 'NetStream.Publish.Unauthorized', text: WHY });
  assert.deepEqual(peer.statuses, ['NetStream.Publish.Unauthorized', 'NetStream.Publish.Denied']);
  assert.deepEqual(stand.closed, ['publisher refused']);
  assert.equal(stand.gate.visits[0]?.query, 'token=1');
  assert.equal(stand.streams.list().length, 0, 'streams');
});

test('ffmpeg shows the reason of a refused publisher', { skip: unlessThere('ffmpeg') }, async (context) => {
  const stand = await doorStand(context);
  stand.gate.verdict = () => ({ reason: WHY });
  const { code, stderr } = await runProgram('ffmpeg', [
    '-re',
    '-i',
    clip,
    '-c',
    'copy',
    '-f',
    'flv',
    `${stand.rtmp}/live/cam`,
  ]);
  assert.notEqual(code, 0, 'the exit code of ffmpeg');
  assert.match(stderr, new RegExp(WHY));
});

test('ffmpeg shows the reason of a refused player', { skip: unlessThere('ffmpeg') }, async (context) => {
  const stand = await doorStand(context);
  stand.gate.verdict = () => ({ reason: WHY });
  const { code, stderr } = await runProgram('ffmpeg', ['-i', `${stand.rtmp}/live/cam`, '-f', 'null', '-']);
  assert.notEqual(code, 0, 'the exit code of ffmpeg');
  assert.match(stderr, new RegExp(WHY));
});

test('ffmpeg shows the reason of a refused connect', { skip: unlessThere('ffmpeg') }, async (context) => {
  const stand = await doorStand(context);
  stand.gate.connectVerdict = () => ({ reason: WHY });
  const { code, stderr } = await runProgram('ffmpeg', ['-i', `${stand.rtmp}/live/cam`, '-f', 'null', '-']);
  assert.notEqual(code, 0, 'the exit code of ffmpeg');
  assert.match(stderr, new RegExp(WHY));
  assert.deepEqual(stand.closed, ['connect refused']);
});

test(
  'rtmpdump, and so librtmp, ends at once when a player is refused',
  { skip: unlessThere('rtmpdump') },
  async (context) => {
    const stand = await doorStand(context, { waitMs: 60_000 });
    stand.gate.verdict = () => ({ reason: WHY });
    const { stderr } = await runProgram(
      'rtmpdump',
      ['-V', '--live', '-r', `${stand.rtmp}/live/cam`, '-o', '/dev/null'],
      15_000,
    );
    assert.match(stderr, /NetStream\.Play\.Failed/);
    assert.match(stderr, new RegExp(WHY));
  },
);

test('a publisher is led to another name; the log, its viewers and its goodbye know nothing of the key', async (context) => {
  const stand = await doorStand(context);
  stand.gate.verdict = ({ action }) => (action === 'publish' ? nameOf('live/cam') : undefined);
  const peer = await publishTo(`${stand.rtmp}/live/sk-SECRET`);
  const show = new Show(peer);
  show.go(30);
  const viewer = await playFrom(`${stand.rtmp}/live/cam`);
  show.go(60);
  await waitFor('frames', () => viewer.of(9).length > 20);
  await peer.leave(); // FCUnpublish and deleteStream, in its own words
  await waitFor('the end of the visit', () => stand.gate.passes[0]?.ended);
  assert.equal(stand.gate.passes[0]?.ended, 'FCUnpublish');
  assert.equal(stand.streams.find('live/cam')?.state, 'grace');
  assert.ok(!JSON.stringify(stand.lines).includes('SECRET'), 'the key stands in the log');
  viewer.kill();
});

test('the key does not get into the log by the server field either', async (context) => {
  const stand = await doorStand(context);
  stand.gate.verdict = () => nameOf('live/cam');
  const peer = await publishTo(`${stand.rtmp}/live/sk-SECRET`);
  peer.command(0, 'connect', 9, null); // out of place: answered, not logged
  await peer.roundTrip();
  const line = stand.lines.find(({ text }) => text === 'publishing');
  assert.equal(line?.fields['stream'], 'live/cam');
  assert.match(String(line.fields['tcUrl']), /^rtmp:\/\/127\.0\.0\.1:\d+\/live$/);
  peer.kill();
});

test('what is sent before the verdict is held and on air when it is there', async (context) => {
  const stand = await doorStand(context);
  const verdict = later<undefined>();
  stand.gate.verdict = ({ action }) => (action === 'publish' ? verdict.promise : undefined);
  const { peer, send } = await impatient(stand.rtmp);
  send(0, 60);
  await peer.roundTrip();
  assert.deepEqual([stand.streams.list().length, peer.isStarted], [0, false], 'before the verdict');
  verdict.keep(undefined);
  await peer.started;
  send(60, 30);
  await waitFor('all frames', () => stand.streams.find('live/cam')?.meter.videoFrames === 90);
  const bytesIn = stand.gate.passes[0]?.traffic?.().bytesIn ?? 0;
  assert.ok(bytesIn > 90 * 200, `only ${bytesIn} bytes are known of`);
  peer.kill();
});

test('far more than may be held is not lost either: the rest waits in the network', async (context) => {
  const stand = await doorStand(context);
  const verdict = later<undefined>();
  stand.gate.verdict = () => verdict.promise;
  const { peer, send } = await impatient(stand.rtmp, 100_000);
  send(0, 300); // 30 MB
  await waitFor('the network to be full', () => peer.socket.writableLength > 10e6);
  assert.equal(peer.isClosed, false, 'closed');
  verdict.keep(undefined);
  await waitFor('all frames', () => stand.streams.find('live/cam')?.meter.videoFrames === 300);
  peer.kill();
});

/** An encoder that does not wait for the answer to `publish`. */
async function impatient(rtmp: string, bytes = 200) {
  const { encodeMessage } = await import('../../src/protocols/rtmp/chunk-writer.ts');
  const { avcConfig, videoBody } = await import('../support/show.ts');
  const { AVCC_360P } = await import('../support/media.ts');
  const peer = new RtmpPeer('publish', `${rtmp}/live/cam`);
  await waitFor('publish to be sent', () => peer.phase === 'asking');
  const raw = (timestamp: number, body: Uint8Array): void => {
    const header = { chunkStreamId: 6, type: 9, streamId: 1, timestamp };
    peer.raw(encodeMessage(header, body, 4096));
  };
  peer.raw(Buffer.from('02000000000004010000000000001000', 'hex')); // Set Chunk Size 4096
  raw(0, avcConfig(AVCC_360P));
  const send = (from: number, count: number): void => {
    for (let number = from; number < from + count; number++)
      raw(number * 40, videoBody(number % 25 === 0, bytes, number));
  };
  return { peer, send };
}

test('a publisher that leaves before the verdict gives the question up', async (context) => {
  const stand = await doorStand(context);
  const verdict = later<undefined>();
  stand.gate.verdict = () => verdict.promise;
  const { peer } = await impatient(stand.rtmp);
  await waitFor('the question', () => stand.gate.visits.length === 1);
  peer.kill();
  await waitFor('it to be given up', () => stand.gate.givenUp.length === 1);
  verdict.keep(undefined);
  await verdict.promise;
  assert.equal(stand.gate.passes.length, 0, 'let in afterwards');
});

test('a player is asked before it waits for a stream, and the wait ends with it', async (context) => {
  const stand = await doorStand(context, { waitMs: 60_000 });
  const peer = new RtmpPeer('play', `${stand.rtmp}/live/cam`);
  await waitFor('the question', () => stand.gate.passes.length === 1);
  assert.equal(stand.gate.passes[0]?.kick, undefined, 'begun without a stream');
  peer.kill();
  await waitFor('its end', () => stand.gate.passes[0]?.ended);
  assert.match(stand.gate.passes[0]?.ended ?? '', /connection/);
});

test('connect: commands that come before the verdict are answered after it', async (context) => {
  const stand = await doorStand(context);
  const verdict = later<undefined>();
  stand.gate.connectVerdict = () => verdict.promise;
  const peer = new RtmpPeer('publish', `${stand.rtmp}/live/cam`);
  await waitFor('the question', () => stand.gate.callers.length === 1);
  assert.equal(stand.gate.callers[0]?.app, 'live');
  assert.equal(peer.phase, 'connecting');
  verdict.keep(undefined);
  await peer.started;
  peer.kill();
});

test('sent elsewhere: connect, publish and play name the other server in the way of Flash', async (context) => {
  const stand = await doorStand(context);
  const redirect = 'rtmp://other.example/live/cam';
  stand.gate.verdict = () => ({ reason: 'moved', redirect });
  for (const mode of ['publish', 'play'] as const) {
    const peer = new RtmpPeer(mode, `${stand.rtmp}/live/cam`);
    await peer.closed;
    assert.deepEqual(peer.end, { code: 'NetConnection.Connect.Rejected', text: 'moved' }, mode);
  }
  stand.gate.connectVerdict = () => ({ reason: 'moved', redirect });
  const peer = new RtmpPeer('play', `${stand.rtmp}/live/cam`);
  await peer.closed;
  assert.deepEqual(peer.end, { code: 'NetConnection.Connect.Rejected', text: 'moved' }, 'connect');
});

test('a kicked publisher is told why and its stream ends at once; its viewers are told of the end', async (context) => {
  const stand = await doorStand(context);
  const publisher = await publishTo(`${stand.rtmp}/live/cam`);
  new Show(publisher).go(60);
  const viewer = await playFrom(`${stand.rtmp}/live/cam`);
  await waitFor('a picture', () => viewer.of(9).some(({ body }) => frameNumber(body) === 59));
  stand.gate.passes[0]?.kick?.('the desk said so');
  await publisher.closed;
  assert.deepEqual(publisher.end, { code: 'NetStream.Publish.Unauthorized', text: 'the desk said so' });
  assert.equal(stand.streams.find('live/cam'), undefined, 'no grace time');
  await viewer.closed;
  assert.deepEqual(
    stand.gate.passes.map(({ ended }) => ended),
    ['kicked: the desk said so', 'stream ended'],
  );
});

test('a kicked player is told why; the stream and others go on', async (context) => {
  const stand = await doorStand(context);
  const publisher = await publishTo(`${stand.rtmp}/live/cam`);
  const show = new Show(publisher);
  show.go(30);
  const [first, second] = [
    await playFrom(`${stand.rtmp}/live/cam`),
    await playFrom(`${stand.rtmp}/live/cam`),
  ];
  show.go(30);
  await waitFor('bytes', () => (stand.gate.passes[1]?.traffic?.().bytesOut ?? 0) > 1_000);
  stand.gate.passes[1]?.kick?.('enough');
  await first.closed;
  assert.deepEqual(first.end, { code: 'NetStream.Play.Failed', text: 'enough' });
  assert.equal(stand.gate.passes[1]?.ended, 'kicked: enough');
  show.go(30);
  await waitFor('the other', () => second.of(9).some(({ body }) => frameNumber(body) === 89));
  assert.equal(stand.gate.passes[2]?.ended, undefined);
  second.kill();
  publisher.kill();
});

const trusting = (text: string): Networks => {
  const list = networks([text]);
  if ('refused' in list) throw new Error(list.refused);
  return list;
};

/** The line, and after it everything the peer's own socket sends. */
function proxied(url: string, header: string | Buffer): RtmpPeer {
  const peer = new RtmpPeer('publish', url);
  peer.socket.write(header); // queued before the handshake, which begins when the socket is open
  return peer;
}

test('PROXY protocol: the client counts as where the proxy says, and never as this machine', async (context) => {
  const stand = await doorStand(context, { rtmpProxies: trusting('127.0.0.0/8') });
  const peer = proxied(`${stand.rtmp}/live/cam`, 'PROXY TCP4 203.0.113.7 127.0.0.1 40000 1935\r\n');
  await peer.started;
  const [visit] = stand.gate.visits;
  assert.deepEqual([visit?.address, visit?.isThisMachine], ['203.0.113.7', false]);
  assert.equal(stand.gate.callers[0]?.address, '203.0.113.7');
  assert.ok(
    stand.lines.some(({ fields }) => fields['peer'] === '203.0.113.7:40000'),
    'the log names the client',
  );
  peer.kill();
  const second = proxied(
    `${stand.rtmp}/live/six`,
    Buffer.from(
      `0d0a0d0a000d0a515549540a 21 21 0024 20010db8000000000000000000000007 ${'0'.repeat(31)}1 9c40 078f`.replaceAll(
        ' ',
        '',
      ),
      'hex',
    ),
  );
  await second.started;
  assert.equal(stand.gate.visits[1]?.address, '2001:db8::7');
  second.kill();
  const health = proxied(`${stand.rtmp}/live/own`, Buffer.from('0d0a0d0a000d0a515549540a20000000', 'hex'));
  await health.started;
  assert.deepEqual(
    [stand.gate.visits[2]?.address, stand.gate.visits[2]?.isThisMachine],
    ['127.0.0.1', false],
  );
  health.kill();
});

test('PROXY protocol: who is no trusted proxy, and a proxy that says nothing of the kind, is closed with a reason', async (context) => {
  const stranger = await doorStand(context, { rtmpProxies: trusting('10.0.0.0/8') });
  const peer = proxied(`${stranger.rtmp}/live/cam`, 'PROXY TCP4 203.0.113.7 127.0.0.1 40000 1935\r\n');
  await peer.closed;
  assert.deepEqual(stranger.closed, ['not a trusted proxy']);
  assert.match(stranger.lines.at(-1)?.text ?? '', /rtmp\.trustedProxies/);
  const plain = await doorStand(context, { rtmpProxies: trusting('127.0.0.1') });
  await new RtmpPeer('publish', `${plain.rtmp}/live/cam`).closed;
  assert.deepEqual(plain.closed, ['bad PROXY header']);
  const long = connect(plain.rtmpPort, '127.0.0.1');
  long.on('error', () => undefined);
  long.resume();
  long.write(`PROXY TCP4 ${'1'.repeat(200)}`);
  await new Promise((resolve) => long.once('close', resolve));
  assert.deepEqual(plain.closed, ['bad PROXY header', 'bad PROXY header']);
});
