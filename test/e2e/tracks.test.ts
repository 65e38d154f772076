import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readAmf0Values } from '../../src/amf/amf0-reader.ts';
import { AmfObject } from '../../src/amf/value.ts';
import { HttpFlvViewer, WsFlvViewer } from '../support/flv-viewer.ts';
import { seeTags, type SeenTag } from '../support/flv-tags.ts';
import { startGateway, streamReport, whenLive, type TestGateway } from '../support/gateway.ts';
import { fetchSegment, lookAtHls } from '../support/hls-look.ts';
import { ASC_48K, AVCC_360P, AVCC_720P } from '../support/media.ts';
import { runProgram, unlessThere } from '../support/programs.ts';
import { playFrom, publishTo } from '../support/rtmp-peer.ts';
import { aacConfig, avcConfig, frameNumber, Show } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';

/** Tracks that are missing, late, repeated or changed: every output says what is really there. */

let gateway: TestGateway;

before(async () => {
  gateway = await startGateway({
    publish: { graceSeconds: 0 },
    hls: { segmentSeconds: 1, windowSegments: 50 },
  });
});

after(() => gateway.stop());

const isFrame = ({ body }: { readonly body: Uint8Array }): boolean => body[1] === 1;
const isConfig = ({ body }: { readonly body: Uint8Array }): boolean => body[1] === 0;
const ofType = <T extends { readonly type: number }>(tags: readonly T[], type: number): T[] =>
  tags.filter((tag) => tag.type === type);

function metadataOf(tags: readonly SeenTag[]): AmfObject {
  const [name, values] = readAmf0Values(tags[0]!.body);
  assert.equal(name, 'onMetaData');
  assert.ok(values instanceof AmfObject);
  return values;
}

/** Publishes the bundled clip's tags of one type, faster than time, and goes; what viewers of each kind got. */
async function clipOf(type: 8 | 9, path: string): Promise<{ flv: HttpFlvViewer; ts: Buffer }> {
  const flv = new HttpFlvViewer(gateway.httpPort, `/${path}.flv?wait=20`);
  const clip = seeTags(readFileSync('assets/demo.flv').subarray(13));
  const publisher = await publishTo(`${gateway.rtmp}/${path}`);
  for (const tag of ofType(clip, 18)) publisher.send(18, 0, tag.body); // promises both tracks
  for (const [index, tag] of ofType(clip, type).entries()) {
    publisher.send(type, tag.timestamp, tag.body);
    // Not all in one read of the server's: who waits is let in after a second of media, and begins at its last GOP.
    if (index % 10 === 0) await publisher.roundTrip();
  }
  const last = ofType(clip, type).findLast(isFrame)!;
  await waitFor(`the clip at ${path}`, () => ofType(flv.tags, type).at(-1)?.body.equals(last.body));
  await publisher.leave();
  await flv.closed;
  const { names, ended } = await waitFor('the end of the playlist', async () => {
    const look = await lookAtHls(gateway, path);
    return look.ended && look;
  });
  assert.equal(ended, true);
  return {
    flv,
    ts: Buffer.concat(await Promise.all(names.map((name) => fetchSegment(gateway, path, name)))),
  };
}

async function assertPlayable(bytes: Buffer, name: string, streams: string): Promise<void> {
  const file = join(gateway.folder, name);
  writeFileSync(file, bytes);
  const probed = await runProgram('ffprobe', [
    ...['-v', 'warning', '-show_entries', 'stream=codec_name', '-of', 'default=nw=1:nk=1', file],
  ]);
  assert.equal(probed.stderr, '', `${name}: ffprobe complains`);
  assert.equal([...new Set(probed.stdout.trim().split('\n'))].join(), streams, name);
  const decoded = await runProgram('ffmpeg', ['-v', 'warning', '-xerror', '-i', file, '-f', 'null', '-']);
  assert.deepEqual([decoded.stderr, decoded.code], ['', 0], `${name}: ffmpeg complains`);
}

/** Stream types that the first PMT of a transport stream names: ISO/IEC 13818-1 §2.4.4.8. */
function pmtTypes(ts: Buffer): number[] {
  for (let at = 0; at < ts.length; at += 188) {
    const section = at + 5; // no adaptation field, pointer_field 0
    if ((ts[at + 1]! & 0x40) === 0 || ts[section] !== 2) continue;
    const end = section + 3 + (ts.readUInt16BE(section + 1) & 0xfff) - 4;
    const types: number[] = [];
    for (let entry = section + 12 + (ts.readUInt16BE(section + 10) & 0xfff); entry < end;) {
      types.push(ts[entry]!);
      entry += 5 + (ts.readUInt16BE(entry + 3) & 0xfff);
    }
    return types;
  }
  throw new Error('no PMT');
}

const skip = unlessThere('ffmpeg', 'ffprobe');

test('sound alone, though the metadata promises a picture', { skip }, async () => {
  const { flv, ts } = await clipOf(8, 'live/radio');
  assert.deepEqual(flv.flags, { video: false, audio: true });
  const metadata = metadataOf(flv.tags);
  assert.deepEqual([metadata.get('hasVideo'), metadata.get('hasAudio')], [false, true]);
  assert.deepEqual([metadata.has('width'), metadata.has('videocodecid')], [false, false]);
  assert.deepEqual(pmtTypes(ts), [0x0f]);
  const multivariant = await (await fetch(`${gateway.http}/live/radio.m3u8`)).text();
  assert.match(multivariant, /CODECS="mp4a\.40\.2"/);
  assert.doesNotMatch(multivariant, /RESOLUTION|FRAME-RATE/);
  await assertPlayable(flv.file, 'radio.flv', 'aac');
  await assertPlayable(ts, 'radio.ts', 'aac');
});

test('a picture alone, though the metadata promises sound', { skip }, async () => {
  const { flv, ts } = await clipOf(9, 'live/silent');
  assert.deepEqual(flv.flags, { video: true, audio: false });
  const metadata = metadataOf(flv.tags);
  assert.deepEqual([metadata.get('hasVideo'), metadata.get('hasAudio')], [true, false]);
  assert.deepEqual([metadata.get('width'), metadata.has('audiocodecid')], [640, false]);
  assert.deepEqual(pmtTypes(ts), [0x1b]);
  const multivariant = await (await fetch(`${gateway.http}/live/silent.m3u8`)).text();
  assert.match(multivariant, /CODECS="avc1\.[0-9A-Fa-f]{6}",RESOLUTION=640x360,FRAME-RATE=30\.000/);
  await assertPlayable(flv.file, 'silent.flv', 'h264');
  await assertPlayable(ts, 'silent.ts', 'h264');
});

test('a configuration alone is no track', async () => {
  const publisher = await publishTo(`${gateway.rtmp}/live/promise`);
  publisher.audio(0, aacConfig(ASC_48K));
  new Show(publisher, { audio: false }).go(60);
  const flv = new HttpFlvViewer(gateway.httpPort, '/live/promise.flv');
  await waitFor('the picture', () => ofType(flv.tags, 9).some(isFrame));
  assert.deepEqual(flv.flags, { video: true, audio: false });
  assert.equal((await streamReport(gateway, 'live/promise'))?.audio, null);
  assert.deepEqual(pmtTypes(await firstSegment('live/promise')), [0x1b]);
  publisher.kill();
  flv.drop();
});

async function firstSegment(path: string): Promise<Buffer> {
  const { names } = await lookAtHls(gateway, path);
  return fetchSegment(gateway, path, names[0]!);
}

test('sound that comes late', async () => {
  const publisher = await publishTo(`${gateway.rtmp}/live/late`);
  const show = new Show(publisher, { audio: false });
  show.go(50);
  const early = new HttpFlvViewer(gateway.httpPort, '/live/late.flv');
  const ws = new WsFlvViewer(`${gateway.ws}/live/late.flv`);
  await waitFor('the picture', () => [early, ws].every(({ tags }) => ofType(tags, 9).some(isFrame)));
  assert.deepEqual(early.flags, { video: true, audio: false });
  show.changeAudio(ASC_48K);
  show.go(76);
  await whenLive(gateway, 'live/late');
  const newest = (tags: readonly SeenTag[]): number => frameNumber(ofType(tags, 9).at(-1)!.body);
  await waitFor('the sound', () =>
    [early, ws].every(({ tags }) => newest(tags) === 125 && ofType(tags, 8).length > 100),
  );
  for (const { tags } of [early, ws]) {
    const sounds = ofType(tags, 8);
    assert.ok(isConfig(sounds[0]!), 'the configuration is in front of the first sound');
    assert.equal(sounds.filter(isConfig).length, 1);
  }
  const late = new HttpFlvViewer(gateway.httpPort, '/live/late.flv');
  await waitFor('a second viewer', () => late.tags.length > 3);
  assert.deepEqual(late.flags, { video: true, audio: true });

  const { discontinuities, names } = await lookAtHls(gateway, 'live/late');
  assert.equal(discontinuities, 1);
  assert.deepEqual(pmtTypes(await firstSegment('live/late')), [0x1b]);
  assert.deepEqual(pmtTypes(await fetchSegment(gateway, 'live/late', names.at(-1)!)), [0x1b, 0x0f]);
  publisher.kill();
  for (const viewer of [early, ws, late]) viewer.drop();
});

test('the same configuration every second changes nothing anywhere', async () => {
  const publisher = await publishTo(`${gateway.rtmp}/live/again`);
  const show = new Show(publisher);
  show.go(25);
  const flv = new HttpFlvViewer(gateway.httpPort, '/live/again.flv');
  const rtmp = await playFrom(`${gateway.rtmp}/live/again`);
  for (let second = 0; second < 6; second++) {
    publisher.video(show.now, avcConfig(Buffer.from(AVCC_360P)));
    publisher.audio(show.now, aacConfig(Buffer.from(ASC_48K)));
    show.go(25);
  }
  const newest = (seen: readonly { readonly type: number; readonly body: Uint8Array }[]): number =>
    frameNumber(ofType(seen, 9).findLast(isFrame)?.body ?? Buffer.alloc(20));
  await waitFor('the newest frame', () => newest(flv.tags) === 174 && newest(rtmp.messages) === 174);
  for (const seen of [flv.tags, rtmp.messages]) {
    assert.equal(ofType(seen as SeenTag[], 9).filter(isConfig).length, 1);
    assert.equal(ofType(seen as SeenTag[], 8).filter(isConfig).length, 1);
  }
  const { discontinuities, durations } = await lookAtHls(gateway, 'live/again');
  assert.equal(discontinuities, 0);
  assert.deepEqual(
    durations,
    durations.map(() => 1),
  );
  publisher.kill();
  rtmp.kill();
  flv.drop();
});

test('another picture size in the middle: one discontinuity, and the configuration in line', async () => {
  const publisher = await publishTo(`${gateway.rtmp}/live/resized`);
  const show = new Show(publisher);
  show.go(75);
  const flv = new HttpFlvViewer(gateway.httpPort, '/live/resized.flv');
  await waitFor('the stream', () => flv.tags.length > 3);
  show.changeVideo(AVCC_720P);
  show.go(76);
  await waitFor('the newest frame', () => frameNumber(ofType(flv.tags, 9).at(-1)!.body) === 150);
  const { tags } = flv;
  const video = ofType(tags, 9);
  const configs = video.filter(isConfig);
  assert.equal(configs.length, 2);
  assert.deepEqual(configs[1]!.body.subarray(5), AVCC_720P);
  const next = video[video.indexOf(configs[1]!) + 1]!;
  assert.equal(frameNumber(next.body), 75);
  assert.equal(next.timestamp, configs[1]!.timestamp);
  assert.equal(ofType(tags, 8).filter(isConfig).length, 1);

  const { discontinuities, text, names } = await lookAtHls(gateway, 'live/resized');
  assert.equal(discontinuities, 1);
  const changedAt = text.slice(text.indexOf('#EXT-X-DISCONTINUITY\n')).match(/\d+\.ts/)![0];
  const spsOf = (config: Buffer): Buffer => config.subarray(8, 8 + config.readUInt16BE(6));
  for (const [index, name] of names.entries()) {
    const segment = await fetchSegment(gateway, 'live/resized', name);
    const is720 = index >= names.indexOf(changedAt);
    assert.deepEqual(
      [segment.includes(spsOf(AVCC_360P)), segment.includes(spsOf(AVCC_720P))],
      [!is720, is720],
      `parameter sets of segment ${index}`,
    );
  }
  assert.match(await (await fetch(`${gateway.http}/live/resized.m3u8`)).text(), /RESOLUTION=1280x720/);
  assert.equal((await streamReport(gateway, 'live/resized'))?.video?.width, 1280);
  publisher.kill();
  flv.drop();
});
