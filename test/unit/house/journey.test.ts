import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AmfObject, type AmfValue } from '../../../src/amf/value.ts';
import { encodeAmf0 } from '../../../src/amf/amf0-writer.ts';
import { readVideoBody } from '../../../src/containers/flv/video.ts';
import { FlvInput } from '../../../src/inputs/flv-input.ts';
import type { Frame } from '../../../src/media/frame.ts';
import { streamName, type StreamName } from '../../../src/media/stream-name.ts';
import { HlsOutput } from '../../../src/outputs/hls/hls-output.ts';
import { ChunkReader } from '../../../src/protocols/rtmp/chunk-reader.ts';
import { encodeMessage } from '../../../src/protocols/rtmp/chunk-writer.ts';
import { MessageType, type RtmpMessage } from '../../../src/protocols/rtmp/message.ts';
import type { SessionHost } from '../../../src/protocols/rtmp/session/host.ts';
import { ServerSession } from '../../../src/protocols/rtmp/session/server-session.ts';
import { ClientAddresses } from '../../../src/servers/http/client-address.ts';
import { HlsRoute } from '../../../src/servers/http/hls-route.ts';
import { parseMediaPath } from '../../../src/servers/http/media-url.ts';
import { WaitingLimits } from '../../../src/servers/http/waiting-limits.ts';
import { Stream } from '../../../src/stream/stream.ts';
import { AVCC_360P, hex } from '../../support/media.ts';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/*
 * One video frame, from the bytes an encoder's TCP connection brings to the line an iPhone reads: the ten steps of
 * src/README.md, in their order. Read it from top to bottom.
 */
test('one frame walks from socket bytes to a playlist line', async () => {
  const CHUNK_SIZE = 128;

  // 1. servers/rtmp: bytes, cut anywhere by TCP. A key frame of 600 bytes at 40 ms, composition offset +80 ms.
  const slice = Buffer.concat([hex('65 8884'), Buffer.alloc(591, 0xab)]);
  const accessUnit = Buffer.concat([hex('0000 0252'), slice]); // NAL length 594
  const tagBody = Buffer.concat([hex('17 01 000050'), accessUnit]);
  const videoChunks = (timestamp: number, body: Uint8Array): Buffer =>
    encodeMessage({ chunkStreamId: 6, type: MessageType.video, streamId: 1, timestamp }, body, CHUNK_SIZE);
  const fromSocket = videoChunks(40, tagBody);
  assert.equal(fromSocket.length, 12 + 603 + 4, 'a type 0 header, the body, four type 3 headers');
  const cuts = [fromSocket.subarray(0, 5), fromSocket.subarray(5, 300), fromSocket.subarray(300)];

  // 2. protocols/rtmp/chunk-reader: chunks become a message.
  const messages: RtmpMessage[] = [];
  const reader = new ChunkReader();
  for (const bytes of cuts) reader.push(bytes, (message) => messages.push(message));
  assert.equal(messages.length, 1);
  assert.deepEqual(
    { type: messages[0]!.type, timestamp: messages[0]!.timestamp },
    { type: 9, timestamp: 40 },
  );
  assert.deepEqual(Buffer.from(messages[0]!.body), tagBody);

  // 3. protocols/rtmp/session: the same bytes behind a handshake and a `publish` are an event: this peer may send video.
  const events: RtmpMessage[] = [];
  const session = publishingSession((message) => events.push(message));
  for (const bytes of cuts) session.receive(bytes);
  assert.deepEqual(
    events.map((event) => event.type),
    [MessageType.video],
  );

  // 4. containers/flv: the body is a tag: key frame, composition offset, data.
  const tag = readVideoBody(events[0]!.body);
  assert.ok(tag.kind === 'frame');
  assert.deepEqual(
    { keyFrame: tag.keyFrame, compositionMs: tag.compositionMs },
    { keyFrame: true, compositionMs: 80 },
  );

  // 5. inputs: a frame on the stream's time line, in ticks of 90 kHz; the payload is a view, not a copy.
  const frames: Frame[] = [];
  const input = new FlvInput({
    origin: 0 as never,
    formerTracks: {},
    newEpoch: () => 1,
    describe: () => undefined,
    write: (frame) => frames.push(frame),
  });
  input.video(0, Buffer.concat([hex('17 00 000000'), AVCC_360P]));
  input.video(events[0]!.timestamp, events[0]!.body);
  const [frame] = frames;
  assert.ok(frame?.kind === 'video');
  assert.deepEqual(
    { dts: frame.dts, pts: frame.pts, startsGop: frame.startsGop },
    { dts: 0, pts: 7200, startsGop: true },
  );
  assert.equal(frame.payload.buffer, events[0]!.body.buffer, 'a view of the message, not a copy');
  assert.equal(frame.track.codecString, 'avc1.42C01E');

  // 6. stream: the frame is offered to every output.
  const name = streamName('live', 'cam') as StreamName;
  const stream = new Stream(name, { now: () => 0, clock: () => 0, batchMs: 0 });
  const clock = Date.UTC(2026, 0, 1, 12, 0, 0);
  const hls = new HlsOutput({
    name,
    segmentSeconds: 2,
    windowSegments: 6,
    clock: () => clock,
    container: 'ts',
  });
  const offered: Frame[] = [];
  stream.attach({ write: (one) => offered.push(one), flush: () => undefined, end: () => undefined });
  stream.attach(hls);
  const publication = stream.publish(
    { address: '127.0.0.1', encoder: undefined, kick: () => undefined },
    () => undefined,
  );
  const live = new FlvInput(publication);
  live.video(0, Buffer.concat([hex('17 00 000000'), AVCC_360P]));
  live.video(40, tagBody);
  assert.equal(offered.length, 1);

  // 7. outputs/hls: it opens a segment; the key frame two seconds later closes it.
  live.video(1040, Buffer.concat([hex('27 01 000000 00000005 419a0000 00')]));
  live.video(2040, tagBody);
  live.video(4040, tagBody);
  publication.flush();

  // 8. codecs/avc and containers/mpegts: packets of 188 bytes that begin with PAT, PMT and the IDR.
  const media = hls.playlist('media.m3u8')?.rendered({ skip: false, dvr: true });
  assert.ok(media);
  const uri = /^\d+\.ts$/m.exec(media.bytes.toString())?.[0] ?? '';
  const segment = hls.file(uri)?.bytes;
  assert.ok(segment);
  assert.equal(segment.length % 188, 0);
  const pids = [0, 1, 2].map((index) => segment.readUInt16BE(index * 188 + 1) & 0x1fff);
  assert.equal(pids[0], 0, 'PAT');
  assert.equal(segment[2 * 188 + 1]! & 0x40, 0x40, 'a unit starts behind PAT and PMT');
  const order = ['00000109', '00000167', '00000168', '00000165'].map((code) =>
    segment.indexOf(code, 0, 'hex'),
  );
  assert.ok(
    order[0]! > 0 && order.every((at, index) => index === 0 || at > order[index - 1]!),
    'delimiter, SPS, PPS, IDR',
  );

  // 9. outputs/hls: a line in a playlist.
  const lines = media.bytes.toString().split('\n');
  assert.equal(lines[lines.indexOf(uri) - 1], '#EXTINF:2.00000,');
  assert.ok(lines.includes('#EXT-X-PROGRAM-DATE-TIME:2026-01-01T12:00:00.000Z'));

  // 10. servers/http: an HTTP response.
  const route = new HlsRoute({
    find: () => hls,
    whenPublished: (_path, _ms, callback) => (callback(hls), () => undefined),
    seen: () => undefined,
    waiting: new WaitingLimits({
      clients: new ClientAddresses(),
      connections: 10,
      connectionsPerAddress: 10,
    }),
    gzip: true,
  });
  const server = createServer((request, response) => {
    const target = parseMediaPath(request.url ?? '');
    assert.ok(target && target.kind !== 'refused' && target.kind !== 'flv');
    route.serve(target, new URLSearchParams(), request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const response = await fetch(`${origin}/live/cam/media.m3u8`);
  assert.equal(response.headers.get('content-type'), 'application/vnd.apple.mpegurl');
  assert.ok((await response.text()).includes(`#EXTINF:2.00000,\n${uri}\n`));
  const fetched = Buffer.from(await (await fetch(`${origin}/live/cam/${uri}`)).arrayBuffer());
  assert.deepEqual(fetched, segment);
  server.closeAllConnections();
  server.close();
});

/** A session that has shaken hands, connected and been allowed to publish as an encoder would. */
function publishingSession(onMedia: (message: RtmpMessage) => void): ServerSession {
  const host: SessionHost = {
    send: () => undefined,
    publish: ({ streamId }) => session.verdicts.acceptPublish(streamId),
    play: () => undefined,
    media: (_streamId, message) => onMedia(message),
    unpublish: () => undefined,
    stopPlay: () => undefined,
    playControl: () => undefined,
    refused: () => assert.fail('refused'),
  };
  const session = new ServerSession(host, { random: (size) => Buffer.alloc(size) });
  const command = (streamId: number, ...values: AmfValue[]): Buffer =>
    encodeMessage(
      { chunkStreamId: 3, type: MessageType.command, streamId, timestamp: 0 },
      encodeAmf0(...values),
      128,
    );
  session.receive(Buffer.concat([Buffer.of(3), Buffer.alloc(1536), Buffer.alloc(1536)])); // C0, C1, C2
  session.receive(command(0, 'connect', 1, AmfObject.of({ app: 'live', tcUrl: 'rtmp://localhost/live' })));
  session.receive(command(0, 'createStream', 2, null));
  session.receive(command(1, 'publish', 3, null, 'cam', 'live'));
  assert.equal(session.phase, 'publishing');
  return session;
}
