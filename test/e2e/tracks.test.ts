import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { readAmf0Values } from '../../src/amf/amf0-reader.ts';
import { encodeAmf0 } from '../../src/amf/amf0-writer.ts';
import { AmfObject, type AmfValue } from '../../src/amf/value.ts';
import { HttpFlvViewer, WsFlvViewer } from '../support/flv-viewer.ts';
import { seeTags, type SeenTag } from '../support/flv-tags.ts';
import { startGateway, streamReport, whenLive, type TestGateway } from '../support/gateway.ts';
import { fetchSegment, lookAtHls } from '../support/hls-look.ts';
import { ASC_44K, ASC_48K, AVCC_360P, AVCC_720P, hex } from '../support/media.ts';
import { makeWithFfmpeg, runProgram, unlessThere } from '../support/programs.ts';
import { recordingLog } from '../support/recording-log.ts';
import { playFrom, publishTo, type RtmpPeer } from '../support/rtmp-peer.ts';
import { aacConfig, avcConfig, frameNumber, Show } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';

/** Tracks that are missing, late, repeated or changed: every output says what is really there. */

let gateway: TestGateway;
const { log, lines } = recordingLog();

before(async () => {
  gateway = await startGateway(
    {
      publish: { graceSeconds: 0 },
      hls: { segmentSeconds: 1, windowSegments: 50, container: 'ts' },
    },
    log,
  );
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

/** Publishes tags, faster than time, and goes; what viewers of each kind got of it. */
async function through(
  path: string,
  tags: readonly SeenTag[],
): Promise<{ flv: HttpFlvViewer; rtmp: RtmpPeer; ts: Buffer; playlist: string }> {
  const flv = new HttpFlvViewer(gateway.httpPort, `/${path}.flv?wait=20`);
  const publisher = await publishTo(`${gateway.rtmp}/${path}`);
  const rtmp = await playFrom(`${gateway.rtmp}/${path}`);
  for (const [index, tag] of tags.entries()) {
    publisher.send(tag.type, tag.timestamp, tag.body);
    if (index % 10 === 0) await publisher.roundTrip();
  }
  const last = ofType(tags, 9).findLast(isFrame)!;
  await waitFor(`the end of ${path}`, () => ofType(flv.tags, 9).at(-1)?.timestamp && lastIs(rtmp, last));
  await publisher.leave();
  await flv.closed;
  rtmp.kill();
  const look = await waitFor('the end of the playlist', async () => {
    const now = await lookAtHls(gateway, path);
    return now.ended && now;
  });
  const segments = await Promise.all(look.names.map((name) => fetchSegment(gateway, path, name)));
  return { flv, rtmp, ts: Buffer.concat(segments), playlist: look.text };
}

const lastIs = (rtmp: RtmpPeer, { body }: SeenTag): boolean =>
  Buffer.from(rtmp.of(9).at(-1)?.body ?? '')
    .subarray(-64)
    .equals(body.subarray(-64));

function ffmpegTags(name: string, ...args: string[]): SeenTag[] {
  const file = join(gateway.folder, name);
  makeWithFfmpeg([...args, '-f', 'flv', file]);
  return seeTags(readFileSync(file).subarray(13));
}

const picture = (size: string, seconds: number): string[] => [
  ...['-f', 'lavfi', '-i', `testsrc2=s=${size}:r=25`, '-f', 'lavfi', '-i', 'sine=r=48000:b=4'],
  ...['-t', String(seconds), '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', '-c:a', 'aac'],
];

test('x264 with gradual refresh: one IDR picture, and places to start all the same', { skip }, async () => {
  const tags = ffmpegTags(
    'refresh.flv',
    ...picture('320x180', 12),
    ...['-bf', '0', '-x264-params', 'intra-refresh=1:keyint=50'],
  );
  const { flv, ts, playlist } = await through('live/refresh', tags);
  const durations = [...playlist.matchAll(/#EXTINF:([\d.]+)/g)].map((match) => Number(match[1]));
  assert.ok(durations.length >= 5, `${durations.length} segments of ${durations.join(', ')}`);
  assert.ok(
    durations.slice(0, -1).every((seconds) => seconds === 2),
    `cut at recovery points: ${durations.join(', ')}`,
  );
  assert.doesNotMatch(playlist, /INDEPENDENT-SEGMENTS|EXT-X-DISCONTINUITY\n/);
  await assertPlayable(flv.file, 'refresh-out.flv', 'h264,aac');
  await assertPlayable(ts, 'refresh-out.ts', 'h264,aac');
});

test('another size, told in band alone: ffmpeg decodes every frame in either size', { skip }, async () => {
  const small = ffmpegTags('small.flv', ...picture('320x180', 3), '-g', '25', '-bsf:v', 'dump_extra');
  const large = ffmpegTags('large.flv', ...picture('640x360', 3), '-g', '25', '-bsf:v', 'dump_extra');
  const tags = [
    ...small,
    ...large
      .filter(({ type, body }) => type !== 18 && body[1] === 1)
      .map((tag) => ({ ...tag, timestamp: tag.timestamp + 3000 })),
  ];
  const { flv, rtmp, ts, playlist } = await through('live/turned', tags);
  assert.equal(playlist.match(/^#EXT-X-DISCONTINUITY$/gm)?.length, 1, 'one discontinuity');
  const segments = playlist.split('\n').filter((line) => line.endsWith('.ts'));
  const after = playlist
    .slice(playlist.indexOf('#EXT-X-DISCONTINUITY\n'))
    .split('\n')
    .filter((line) => line.endsWith('.ts'));
  assert.deepEqual([segments.length, after.length], [6, 3], 'at the right segment');
  const header = ofType(large, 9).find(isConfig)!;
  for (const seen of [flv.tags, rtmp.messages]) {
    const configs = ofType(seen as SeenTag[], 9).filter(isConfig);
    assert.equal(configs.length, 2, 'a new sequence header');
    assert.deepEqual(
      Buffer.from(configs[1]!.body),
      header.body,
      'byte for byte what ffmpeg itself would have sent',
    );
  }
  for (const [bytes, name] of [
    [flv.file, 'turned.flv'],
    [ts, 'turned.ts'],
  ] as const) {
    const file = join(gateway.folder, name);
    writeFileSync(file, bytes);
    const { stdout, stderr } = await runProgram('ffprobe', [
      ...['-v', 'error', '-select_streams', 'v', '-show_entries', 'frame=width', '-of', 'csv=p=0', file],
    ]);
    const widths = stdout
      .split('\n')
      .map((line) => parseInt(line, 10))
      .filter((width) => width > 0);
    assert.equal(stderr, '', `${name}: nothing to complain of`);
    assert.equal(widths.filter((width) => width === 640).length, 75, `${name}: frames of the new size`);
    assert.equal(widths.filter((width) => width === 320).length, 75, `${name}: frames of the old size`);
  }
});

const refused = [
  ['VVC', 9, '90 76766331 81', 'VVC (vvc1)'],
  ['AV1 as in MPEG-TS', 9, '95 61763031 80', 'AV1 (av01) with a descriptor of MPEG-TS'],
  ['VP6', 9, '14 00 00', 'On2 VP6'],
  ['an id that nobody knows', 9, '19 00 00', 'FLV video codec 9'],
  ['Speex', 8, 'b2 00 00', 'Speex'],
  ['a FourCC that nobody knows', 8, '90 78787878 00', '"xxxx" over Enhanced RTMP'],
  ['G.711', 8, '72 00 00', 'G.711 A-law'],
] as const;
test('a codec that is not carried is refused by name, in the text that OBS shows, with what to set instead', async () => {
  for (const [name, type, body, codec] of refused) {
    const publisher = await publishTo(`${gateway.rtmp}/live/refused`);
    publisher.send(type, 0, hex(body));
    await publisher.closed;
    assert.equal(publisher.end?.code, 'NetStream.Publish.Failed', name);
    const kind = type === 9 ? 'video' : 'audio';
    const set = type === 9 ? 'H.264 (AVC), HEVC or AV1' : 'AAC or Opus';
    assert.equal(
      publisher.end.text,
      `the ${kind} is ${codec}, which is not supported: set the encoder to ${set}`,
      name,
    );
  }
});

test('`57 00`, empty audio and two bytes of AAC in between: nobody notices', async () => {
  const publisher = await publishTo(`${gateway.rtmp}/live/odd`);
  const show = new Show(publisher);
  const flv = new HttpFlvViewer(gateway.httpPort, '/live/odd.flv');
  for (let second = 0; second < 4; second++) {
    show.go(25);
    for (const body of ['57 00', '57 01', '17 02 000000', '17 01 000000', '', '17'])
      publisher.video(show.now, hex(body));
    for (const body of ['', 'af', 'af 01', 'af 00']) publisher.audio(show.now, hex(body));
  }
  await waitFor(
    'the newest frame',
    () => frameNumber(ofType(flv.tags, 9).at(-1)?.body ?? Buffer.alloc(20)) === 99,
  );
  assert.equal(ofType(flv.tags, 9).filter((tag) => !isConfig(tag) && !isFrame(tag)).length, 0, 'only frames');
  assert.equal(ofType(flv.tags, 8).filter((tag) => tag.body.length < 4).length, 0, 'no empty sound');
  assert.equal((await lookAtHls(gateway, 'live/odd')).discontinuities, 0);
  publisher.kill();
  flv.drop();
});

test('what is left out, and why, is in the API; the log is told once', async () => {
  const path = 'live/troubled';
  const publisher = await publishTo(`${gateway.rtmp}/${path}`);
  publisher.audio(0, aacConfig(hex('b99000'))); // low delay: FLV carries it, ADTS cannot
  const show = new Show(publisher, { audio: false });
  for (let index = 0; index < 100; index++) {
    show.go(1);
    publisher.audio(show.now, hex('af 01 21220304'));
    publisher.video(show.now, hex('27 01 000000 deadbeef00'));
  }
  await publisher.roundTrip();
  const report = await streamReport(gateway, path);
  assert.equal(report?.dropped['not AVC nor Annex B'], 100);
  assert.ok(report.dropped['in no HLS segment']! > 90, 'frames of sound that HLS goes without');
  assert.deepEqual(report.problems, [
    'not in HLS: AAC object type 23 cannot be carried in ADTS (1 to 4 can)',
  ]);
  assert.equal(report.audio?.codec, 'mp4a.40.23', 'FLV has it');
  const texts = lines
    .filter(({ fields }) => fields['stream'] === path && fields['err'] === undefined)
    .map(({ text }) => text);
  for (const text of [
    'left out: not AVC nor Annex B',
    'not in HLS: AAC object type 23 cannot be carried in ADTS (1 to 4 can)',
  ])
    assert.equal(texts.filter((one) => one === text).length, 1, text);
  publisher.audio(show.now, aacConfig(hex('f94840'))); // USAC
  await publisher.roundTrip();
  assert.match(
    (await streamReport(gateway, path))!.problems.join(),
    /the audio configuration cannot be used/,
  );
  publisher.kill();
});

test('lying, stringy and empty metadata, also in mid-stream: viewers are told what is true', async () => {
  const path = 'live/liar';
  const publisher = await publishTo(`${gateway.rtmp}/${path}`);
  const lies = [
    AmfObject.of({
      width: 9999,
      height: '12',
      videocodecid: 12,
      audiocodecid: 'mp3',
      duration: 77,
      framerate: 'fast',
    }),
    AmfObject.of({ width: null, videocodecid: null, hasAudio: false, encoder: 'second' }),
    AmfObject.of({}, 'ecma-array'),
  ];
  const send = (value: AmfValue): void =>
    publisher.send(18, 0, encodeAmf0('@setDataFrame', 'onMetaData', value));
  send(lies[0]);
  const show = new Show(publisher);
  show.go(30);
  const flv = new HttpFlvViewer(gateway.httpPort, `/${path}.flv`);
  const rtmp = await playFrom(`${gateway.rtmp}/${path}`);
  await waitFor('both viewers', () => flv.tags.length > 3 && rtmp.of(9).length > 3);
  for (const value of [...lies.slice(1), null, 'nothing']) {
    send(value);
    show.go(30);
  }
  await waitFor('the end', () => frameNumber(ofType(flv.tags, 9).at(-1)!.body) === 149);
  await waitFor('the same', () => frameNumber(rtmp.of(9).at(-1)!.body) === 149);
  const isMetadata = ({ body }: { readonly body: Uint8Array }): boolean =>
    readAmf0Values(body)[0] === 'onMetaData';
  for (const seen of [ofType(flv.tags, 18).filter(isMetadata), rtmp.of(18).filter(isMetadata)]) {
    assert.equal(seen.length, 3, 'the first, and two that could be read');
    for (const { body } of seen) {
      const [, values] = readAmf0Values(body);
      assert.ok(values instanceof AmfObject, 'an object');
      const facts = [
        'width',
        'height',
        'videocodecid',
        'audiocodecid',
        'audiosamplerate',
        'hasAudio',
        'hasVideo',
      ];
      assert.deepEqual(
        facts.map((key) => values.get(key)),
        [640, 360, 7, 10, 48_000, true, true],
      );
      assert.equal(values.has('duration'), false, 'a live stream has none');
      assert.equal(values.has('framerate'), false, 'words are no number');
    }
    const encoders = seen.map(({ body }) => (readAmf0Values(body)[1] as AmfObject).get('encoder'));
    assert.deepEqual(
      encoders,
      [undefined, 'second', undefined],
      'what is harmless is passed on, in its turn',
    );
  }
  publisher.kill();
  rtmp.kill();
  flv.drop();
});

for (const seconds of [5, 60]) {
  test(`sound that comes ${seconds} s late: one discontinuity, in step with the picture`, async () => {
    const path = `live/late-${seconds}`;
    const publisher = await publishTo(`${gateway.rtmp}/${path}`);
    const show = new Show(publisher, { audio: false });
    show.go(seconds * 25);
    show.changeAudio(ASC_48K);
    show.go(101);
    await whenLive(gateway, path);
    const look = await waitFor('the last segment', async () => {
      const now = await lookAtHls(gateway, path);
      return now.discontinuities > 0 && now;
    });
    assert.equal(look.discontinuities, 1);
    const types = await Promise.all(
      look.names.map(async (name) => pmtTypes(await fetchSegment(gateway, path, name)).length),
    );
    assert.deepEqual([...types].sort(), types, 'without sound, and then with it for good');
    assert.ok(types.includes(1) && types.includes(2), 'both kinds of segment');
    publisher.kill();
  });
}

test('sound that goes and comes back: a discontinuity for each, and the PMT tells the truth', async () => {
  const path = 'live/comes-and-goes';
  const publisher = await publishTo(`${gateway.rtmp}/${path}`);
  const show = new Show(publisher);
  show.go(100);
  const silent = new Show(publisher, { audio: false, from: show.now });
  silent.go(150);
  const again = new Show(publisher, { from: silent.now });
  again.go(101);
  await publisher.roundTrip();
  const { names, discontinuities } = await lookAtHls(gateway, path);
  assert.equal(discontinuities, 2);
  const types = await Promise.all(
    names.map(async (name) => pmtTypes(await fetchSegment(gateway, path, name)).length),
  );
  assert.match(types.join(''), /^2+1+2+$/);
  publisher.kill();
});

test('a picture that comes after a minute of sound alone: one discontinuity, FLV told in line', async () => {
  const path = 'live/radio-then-tv';
  const publisher = await publishTo(`${gateway.rtmp}/${path}`);
  const radio = new Show(publisher, { video: false });
  radio.go(60 * 25);
  const flv = new HttpFlvViewer(gateway.httpPort, `/${path}.flv`);
  await waitFor('the sound', () => ofType(flv.tags, 8).some(isFrame));
  assert.deepEqual(flv.flags, { video: false, audio: true });
  const tv = new Show(publisher, { from: radio.now });
  tv.go(101);
  await whenLive(gateway, path);
  await waitFor(
    'the picture',
    () => frameNumber(ofType(flv.tags, 9).at(-1)?.body ?? Buffer.alloc(20)) === 100,
  );
  const video = ofType(flv.tags, 9);
  assert.equal(isConfig(video[0]!), true, 'the sequence header first');
  assert.equal(video.filter(isConfig).length, 1);
  const { names, discontinuities } = await lookAtHls(gateway, path);
  assert.equal(discontinuities, 1);
  assert.deepEqual(pmtTypes(await firstSegment(path)), [0x0f]);
  assert.deepEqual(pmtTypes(await fetchSegment(gateway, path, names.at(-1)!)), [0x1b, 0x0f]);
  publisher.kill();
  flv.drop();
});

test('the sound changes from 48 to 44.1 kHz beside a picture: one discontinuity, at a key frame', async () => {
  const path = 'live/other-sound';
  const publisher = await publishTo(`${gateway.rtmp}/${path}`);
  const show = new Show(publisher);
  show.go(75);
  const flv = new HttpFlvViewer(gateway.httpPort, `/${path}.flv`);
  await waitFor('the stream', () => flv.tags.length > 3);
  publisher.audio(show.now, aacConfig(ASC_44K));
  show.go(101);
  await waitFor('the newest frame', () => frameNumber(ofType(flv.tags, 9).at(-1)!.body) === 175);
  assert.deepEqual(
    ofType(flv.tags, 8)
      .filter(isConfig)
      .map(({ body }) => body.subarray(2)),
    [ASC_48K, ASC_44K],
  );
  assert.equal((await lookAtHls(gateway, path)).discontinuities, 1);
  assert.equal((await streamReport(gateway, path))?.audio?.sampleRate, 44_100);
  publisher.kill();
  flv.drop();
});
