import assert from 'node:assert/strict';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigError, loadSettings } from '../../../src/config/load.ts';
import { isNameSegment, RESERVED_APPS } from '../../../src/media/stream-name.ts';
import { clientTarget } from '../../../src/protocols/rtmp/session/client-url.ts';
import { streamAddress } from '../../../src/protocols/rtmp/session/url.ts';
import { deliveryDirectives, tooFarAhead } from '../../../src/servers/http/delivery-directives.ts';
import {
  hlsAsk,
  parseMediaPath,
  splitUrl,
  startsAtLastKeyFrame,
  waitMs,
} from '../../../src/servers/http/media-url.ts';
import { withSession } from '../../../src/servers/http/playlist-session.ts';
import { acceptsGzip, matchesEtag, parseRange } from '../../../src/servers/http/respond.ts';
import { Choices } from '../engine/choices.ts';
import { outcome, type Target } from '../engine/target.ts';

const strings = (...texts: string[]): Buffer[] => texts.map((text) => Buffer.from(text, 'latin1'));

/** A request's line and headers, one a line. */
export const httpRequest: Target = {
  name: 'http-request',
  holds:
    'HTTP paths, queries and headers: nothing throws, names are good names, files have no way out of their stream, ranges lie within, numbers are whole; a session changes nothing of a playlist but its addresses',
  maxBytes: 16_384,
  deadlineMs: 50,
  seeds: () =>
    strings(
      '/live/cam.flv?gop=0&wait=5\nbytes=0-99\n"1", W/"2"\ngzip;q=0, *',
      '/live/cam.m3u8\nbytes=-5\n*\ngzip',
      '/live/cam/media.m3u8?token=x',
      '/live/cam/video1-ts.m3u8?_HLS_msn=8&_HLS_part=1&_HLS_skip=YES&dvr=0&container=ts',
      '/live/cam/video1-7.2.m4s\n#EXT-X-PART:DURATION=1,URI="7.3.m4s?x"',
      '/live/cam/init-7.mp4',
      '/live/cam/217468800.ts\nbytes=5-',
      'http://host/live/cam/1.ts\nbytes=9-1',
      '/live/../../etc/passwd.ts',
      '/live/%2e%2e/1.ts',
    ),
  words: [
    '..',
    '%2e',
    '/',
    '.ts',
    '.flv',
    '.m3u8',
    'media.m3u8',
    '.m4s',
    'init-',
    '_HLS_msn=',
    '_HLS_part=',
    '&container=',
    'URI="',
    '?wait=',
    '&',
    'bytes=',
    '-',
    ',',
    'W/"',
    'q=0',
    '\\',
  ],
  run(bytes) {
    const [line = '', range, etag, encoding] = bytes.toString('latin1').split('\n');
    const { path, query } = splitUrl(line);
    assert.ok(path.length + query.length <= line.length, 'nothing is added');
    const target = parseMediaPath(path);
    if (target && target.kind !== 'refused') {
      const { app, stream } = target.name;
      for (const name of [app, stream]) assert.ok(isNameSegment(name), `name ${name}`);
      assert.ok(!RESERVED_APPS.has(app), `reserved: ${app}`);
      if (target.kind === 'segment' || target.kind === 'media playlist')
        assert.ok(!target.file.includes('/'), `file ${target.file}`);
    }
    const parameters = new URLSearchParams(query);
    const wait = waitMs(parameters);
    assert.ok(wait >= 0 && wait <= 60_000, `waits ${wait} ms`);
    startsAtLastKeyFrame(parameters);
    hlsAsk(parameters);
    checkDirectives(parameters);
    checkSession(bytes.toString('latin1'));
    for (const size of [0, 1, 1000]) checkRange(range, size);
    matchesEtag(etag, '"1"');
    acceptsGzip(encoding);
  },
};

function checkDirectives(parameters: URLSearchParams): void {
  const directives = deliveryDirectives(parameters);
  if (typeof directives === 'string' || directives.place === undefined) return;
  const { msn, part } = directives.place;
  for (const number of [msn, part ?? 0])
    assert.ok(Number.isSafeInteger(number) && number >= 0, `number ${number}`);
  const isFar =
    tooFarAhead(directives.place, { newest: { msn: 7, parts: 1 }, partTarget: 0.3 }) !== undefined;
  assert.ok(!isFar || msn > 7, 'what is past is not far');
}

function checkSession(text: string): void {
  const given = withSession({ bytes: Buffer.from(text) }, 'ID').toString();
  assert.equal(
    given.replaceAll(/[?&]session=ID/g, ''),
    text.replaceAll(/[?&]session=ID/g, ''),
    'addresses alone',
  );
}

function checkRange(header: string | undefined, size: number): void {
  const range = parseRange(header, size);
  if (range === undefined || range === 'unsatisfiable') return;
  const { first, last } = range;
  assert.ok(Number.isInteger(first) && Number.isInteger(last), 'whole bytes');
  assert.ok(first >= 0 && first <= last && last < size, `${first} to ${last} of ${size}`);
}

/** app, tcUrl and key, one a line. */
export const rtmpUrl: Target = {
  name: 'rtmp-url',
  holds:
    'RTMP addresses: any three texts are an address or a refusal; the address has no slash in it, adds nothing, and is the same asked plainly',
  maxBytes: 16_384,
  deadlineMs: 50,
  seeds: () =>
    strings(
      'live\nrtmp://h/live\ncam?token=1',
      'live/cam\nrtmp://h:1935/live/cam\n',
      'live?p=TOKEN/cam\nrtmp://h/live?p=TOKEN/cam\n',
      '\nrtmp://h/live/cam?x\ncam',
      'live/_definst_\nrtmp://[::1]:19350/live/_definst_\na/b?c=d/e?f&f',
    ),
  words: ['/', '?', '&', '_definst_', 'rtmp://', 'live', '\n', '=', '//', '?/', 'a/', '/?'],
  run(bytes) {
    const [app = '', tcUrl = '', key = ''] = bytes.toString('latin1').split('\n');
    const address = streamAddress({ app, tcUrl, key });
    clientTarget(tcUrl);
    if ('refused' in address) {
      assert.ok(address.refused.length < 200, 'a short reason');
      return;
    }
    assert.ok(!address.app.includes('/') && !address.name.includes('/'), 'one segment each');
    assert.ok(!address.app.includes('?') && !address.name.includes('?'), 'queries are apart');
    const given = app.length + tcUrl.length + key.length + 2;
    assert.ok(address.app.length + address.name.length + address.query.length <= given, 'nothing is added');
    if (address.app === '' || address.name === '') return;
    const plain = streamAddress({ app: address.app, tcUrl: '', key: `${address.name}?${address.query}` });
    const { query } = 'refused' in plain ? { query: 'refused' } : plain;
    assert.deepEqual(plain, { ...address, query }, 'asked plainly, it is the same stream');
  },
};

// YAML's own warnings are for people.
process.removeAllListeners('warning');

let folder: string | undefined;

function settingsFile(): string {
  folder ??= mkdtempSync(join(tmpdir(), 'millrace-fuzz-'));
  return join(folder, 'settings.yaml');
}

const VARIABLES = [
  'MILLRACE_RTMP_PORT',
  'MILLRACE_HTTP_GZIP',
  'MILLRACE_HLS_SEGMENT_SECONDS',
  'MILLRACE_NOT_THERE',
];

export const settings: Target = {
  name: 'settings',
  holds:
    'Settings: any file and any environment give settings that keep their bounds, or a ConfigError of one short sentence',
  maxBytes: 8192,
  deadlineMs: 150,
  seeds: () =>
    strings(
      '\0rtmp: { port: 1935 }\nhttp:\n  gzip: false\n',
      '\0access: { publish: open }\nhls: { segmentSeconds: 2 }\n',
      '\x01\x00' + '1935',
      '\x01\x02' + '2.5',
      '\0a: &a [*a, *a]\n',
      '\0rtmp: &a\n  host: *a\n',
      '\0rtmp: {port: 0x10}\n--- \n',
      '\0? [a]\n: !!binary aGk=\nlog: !!set {a}\n',
    ),
  words: [
    'rtmp:',
    'http:',
    'port:',
    '&a ',
    '*a',
    '<<: ',
    '!!',
    '? ',
    '- ',
    '{',
    '}',
    '\n  ',
    '1e999',
    '.inf',
    '~',
    '|',
  ],
  run(bytes) {
    const choices = new Choices(bytes);
    const isFile = choices.below(2) === 0;
    let environment: Record<string, string> = {};
    if (isFile) writeFileSync(settingsFile(), choices.take(bytes.length));
    else environment = { [choices.pick(VARIABLES)]: choices.take(bytes.length).toString('utf8') };
    const read = outcome([ConfigError], () =>
      loadSettings(isFile ? { file: settingsFile() } : { environment }),
    );
    if ('error' in read) {
      assert.ok(read.error.message.length <= bytes.length + 4096, 'a short sentence');
      return;
    }
    const { rtmp, http, hls } = read.value;
    for (const port of [rtmp.port, http.port])
      assert.ok(port === 'off' || (Number.isInteger(port) && port >= 0 && port <= 65_535), `port ${port}`);
    assert.ok(hls.segmentSeconds > 0 && Number.isFinite(hls.segmentSeconds), 'segments');
  },
};
