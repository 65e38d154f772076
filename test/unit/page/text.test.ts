import assert from 'node:assert/strict';
import { test } from 'node:test';
import { History } from '../../../public/player/history.ts';
import * as format from '../../../public/text/format.ts';
import {
  isLoopback,
  links,
  publishServer,
  route,
  withoutEngine,
  type Place,
} from '../../../public/text/links.ts';
import { sentenceOf } from '../../../public/text/refusal.ts';

const bitrates = [
  [null, '–'],
  [0, '–'],
  [128, '128 kb/s'],
  [999.4, '999 kb/s'],
  [999.6, '1.00 Mb/s'],
  [2230, '2.23 Mb/s'],
  [9994, '9.99 Mb/s'],
  [9996, '10.0 Mb/s'],
] as const;
for (const [kbps, text] of bitrates) {
  test(`${String(kbps)} kb/s reads ${text}`, () => assert.equal(format.bitrate(kbps), text));
}

const times = [
  [-1, '0:00'],
  [9.9, '0:09'],
  [723, '12:03'],
  [3599, '59:59'],
  [3600, '1 h 00 min'],
  [11_040, '3 h 04 min'],
  [86_400, '1 d 0 h'],
] as const;
for (const [seconds, text] of times) {
  test(`${seconds} s on the air reads ${text}`, () => assert.equal(format.runningTime(seconds), text));
}

const codecs = [
  ['avc1.64001F', 'H.264 High'],
  ['avc1.42c01e', 'H.264 Baseline'],
  ['avc1', 'H.264'],
  ['mp4a.40.2', 'AAC'],
  ['mp4a.40.5', 'HE-AAC'],
  ['hvc1.1.6.L93.B0', 'HEVC'],
  ['<b>', '<b>'],
] as const;
for (const [codec, name] of codecs)
  test(`${codec} is called ${name}`, () => assert.equal(format.codecName(codec), name));

test('a picture’s facts leave out what is not known', () => {
  const video = {
    codec: 'avc1.64001F',
    width: 1280,
    height: 720,
    fps: 29.97,
    gopSeconds: 2,
    bitrateKbps: 2000,
  };
  assert.equal(format.frameSize(video), '1280×720');
  assert.equal(format.quality(video), '720p30');
  assert.equal(format.quality({ ...video, width: 720, height: 1280, fps: null }), '720p');
  assert.equal(format.frameRate(29.94), '30 fps');
  assert.equal(format.frameRate(12.5), '12.5 fps');
  assert.equal(format.frameSize({ ...video, width: null }), '–');
  assert.equal(
    format.sound({ codec: 'mp4a.40.2', sampleRate: 44_100, channels: 2, bitrateKbps: null }),
    '44.1 kHz stereo',
  );
  assert.equal(format.viewers(1), '1 viewer');
  assert.equal(format.dropped(3, 5120), '3 of 5,120');
});

const LOCAL: Place = {
  protocol: 'http:',
  hostname: 'localhost',
  port: '8080',
  rtmpPort: 1935,
  addresses: ['192.168.1.20'],
};

test('what is shared from localhost is given the address that others can reach', () => {
  assert.deepEqual(links(LOCAL, 'live', 'cam'), {
    watch: 'http://192.168.1.20:8080/watch/live/cam',
    wsFlv: 'ws://192.168.1.20:8080/live/cam.flv',
    httpFlv: 'http://192.168.1.20:8080/live/cam.flv',
    hls: 'http://192.168.1.20:8080/live/cam.m3u8',
    rtmp: 'rtmp://192.168.1.20/live/cam',
  });
});

test('a page behind TLS shares TLS, without the usual port, and names an unusual RTMP port', () => {
  const place: Place = {
    protocol: 'https:',
    hostname: 'tv.example',
    port: '',
    rtmpPort: 19_350,
    addresses: ['10.0.0.9'],
  };
  const { watch, wsFlv, rtmp } = links(place, 'live', 'cam');
  assert.deepEqual(
    [watch, wsFlv, rtmp],
    [
      'https://tv.example/watch/live/cam',
      'wss://tv.example/live/cam.flv',
      'rtmp://tv.example:19350/live/cam',
    ],
  );
  assert.equal(publishServer(place, 'live'), 'rtmp://tv.example:19350/live');
});

test('an IPv6 address is bracketed', () => {
  assert.match(links({ ...LOCAL, addresses: ['fd00::5'] }, 'a', 'b').watch, /^http:\/\/\[fd00::5\]:8080\//);
});

test('loopback by any name', () => {
  for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '[::1]', 'mill.localhost'])
    assert.equal(isLoopback(host), true, host);
  for (const host of ['128.0.0.1', '127.evil.example', 'localhost.example'])
    assert.equal(isLoopback(host), false, host);
});

test('which page a path is', () => {
  assert.deepEqual(route('/'), { page: 'home' });
  assert.deepEqual(route('/watch/live/cam-1.a'), { page: 'watch', app: 'live', stream: 'cam-1.a' });
  assert.deepEqual(route('/watch/live/cam/'), { page: 'watch', app: 'live', stream: 'cam' });
  for (const path of [
    '/watch/live',
    '/watch/live/a/b',
    '/watch/live/%3Cscript%3E',
    '/other',
    '/watch/live/a b',
  ]) {
    assert.deepEqual(route(path), { page: 'unknown' }, path);
  }
});

test('a history forgets its oldest sample, in every row', () => {
  const history = new History(2, ['a', 'b']);
  history.add(1, { a: 10, b: null });
  history.add(2, { a: 20, b: 2 });
  history.add(3, { a: 30, b: 3 });
  assert.deepEqual([history.span(0, 9), history.span(5, 9), history.span(0, 0.5)], [1, 5, 0.5]);
  assert.deepEqual(
    [history.times, history.of('a'), history.of('b')],
    [
      [2, 3],
      [20, 30],
      [2, 3],
    ],
  );
});

test('an address without the wish for an engine keeps what lets the viewer in', () => {
  const pathname = '/watch/live/cam';
  assert.equal(withoutEngine({ pathname, search: '?engine=hls' }), pathname);
  assert.equal(withoutEngine({ pathname, search: '' }), pathname);
  assert.equal(withoutEngine({ pathname, search: '?key=vk_a&engine=hls' }), `${pathname}?key=vk_a`);
});

const sentences = [
  ['this address has expired\n', 'This address has expired.'],
  ['an operator ended it (try again in 30 s)\n', 'An operator ended it (try again in 30 s)'],
  ['', 'The server does not let you watch this stream.'],
  ['<html><h1>403 Forbidden</h1></html>', 'The server does not let you watch this stream.'],
  ['one line\nanother', 'The server does not let you watch this stream.'],
] as const;
for (const [text, sentence] of sentences) {
  test(`a refusal ${JSON.stringify(text)} reads: ${sentence}`, () =>
    assert.equal(sentenceOf(text), sentence));
}

test('who has come by HTTPS is given RTMPS; where plain RTMP is off everybody is', () => {
  const place = {
    ...{ protocol: 'https:', hostname: 'tv.example', port: '', addresses: [] },
    ...{ rtmpPort: 1935, rtmpsPort: 1936 },
  };
  assert.equal(publishServer(place, 'live'), 'rtmps://tv.example:1936/live');
  assert.equal(links(place, 'live', 'cam').rtmp, 'rtmps://tv.example:1936/live/cam');
  assert.equal(links(place, 'live', 'cam').wsFlv, 'wss://tv.example/live/cam.flv');
  const plain = { ...place, protocol: 'http:' };
  assert.equal(publishServer(plain, 'live'), 'rtmp://tv.example/live');
  assert.equal(publishServer({ ...plain, rtmpPort: 0 }, 'live'), 'rtmps://tv.example:1936/live');
});
