import assert from 'node:assert/strict';
import { test } from 'node:test';
import { streamAddress } from '../../../src/protocols/rtmp/session/url.ts';

const HOST = 'rtmp://h:1935';
/** app, tcUrl, key → app, name, query. The name says who sends it so. */
const addresses: readonly [string, string, string, string, string, string, string][] = [
  ['the plain form', 'live', `${HOST}/live`, 'cam', 'live', 'cam', ''],
  ['a slash at the end of the server', 'live/', `${HOST}/live/`, 'cam', 'live', 'cam', ''],
  ['slashes around the key', 'live', `${HOST}/live`, '/cam/', 'live', 'cam', ''],
  ['two slashes', 'live//', `${HOST}//live//`, '//cam', 'live', 'cam', ''],
  ['all in the server, no key', 'live/cam', `${HOST}/live/cam`, '', 'live', 'cam', ''],
  ['all in the URL only, no key', 'live', `${HOST}/live/cam`, '', 'live', 'cam', ''],
  ['no app, the URL has it', '', `${HOST}/live`, 'cam', 'live', 'cam', ''],
  ['no app, the key has it', '', HOST, 'live/cam', 'live', 'cam', ''],
  ['no app, the URL has app and key', '', `${HOST}/live/cam`, 'cam', 'live', 'cam', ''],
  ['the URL has app and key as well', 'live', `${HOST}/live/cam`, 'cam', 'live', 'cam', ''],
  ['no app at all', '', `${HOST}/`, 'cam', '', 'cam', ''],
  ['no key at all', 'live', `${HOST}/live`, '', 'live', '', ''],
  ['nothing at all', '', '', '', '', '', ''],
  ['a query on the key', 'live', `${HOST}/live`, 'cam?key=1', 'live', 'cam', 'key=1'],
  ['a query on the app', 'live?t=x', `${HOST}/live?t=x`, 'cam', 'live', 'cam', 't=x'],
  ['a query on the app, cut off by the client', 'live', `${HOST}/live?t=x`, 'cam', 'live', 'cam', 't=x'],
  ['queries on all three', 'live?a=1', `${HOST}/live?b=2`, 'cam?c=3&a=1', 'live', 'cam', 'a=1&b=2&c=3'],
  ['a question mark and no query', 'live?', `${HOST}/live?`, 'cam?', 'live', 'cam', ''],
  ['a query for a key', 'live/cam', `${HOST}/live/cam`, '?key=1', 'live', 'cam', 'key=1'],
  ['key behind the query (ffmpeg)', 'live?p=TOKEN', `${HOST}/live?p=TOKEN`, 'cam', 'live', 'cam', 'p=TOKEN'],
  ['slash behind the query (OBS)', 'live?p=TOKEN/', `${HOST}/live?p=TOKEN/`, 'cam', 'live', 'cam', 'p=TOKEN'],
  [
    'key within the query (OBS, no key)',
    'live?p=TOKEN/cam',
    `${HOST}/live?p=TOKEN/cam`,
    '',
    'live',
    'cam',
    'p=TOKEN',
  ],
  ['key within the query, no app', '', `${HOST}/live?p=TOKEN/cam`, '', 'live', 'cam', 'p=TOKEN'],
  ['a slash in a token', 'live?p=a/b', `${HOST}/live?p=a/b`, 'cam', 'live', 'cam', 'p=a/b'],
  ['a slash in a token of the key', 'live', `${HOST}/live`, 'cam?p=a/b', 'live', 'cam', 'p=a/b'],
  ['the default instance', 'live/_definst_', `${HOST}/live/_definst_`, 'cam', 'live', 'cam', ''],
  ['an IPv6 host', '', 'rtmp://[::1]:1935/live', 'cam', 'live', 'cam', ''],
  ['a host in capitals over TLS', '', 'RTMPS://EXAMPLE/live', 'cam', 'live', 'cam', ''],
  ['a tcUrl that is no URL', 'live', 'nonsense', 'cam', 'live', 'cam', ''],
  ['characters left for others to refuse', 'li ve', `${HOST}/li ve`, 'c%2fm', 'li ve', 'c%2fm', ''],
  ['dots left for others to refuse', '..', `${HOST}/..`, '.', '..', '.', ''],
];

for (const [title, app, tcUrl, key, wantApp, wantName, wantQuery] of addresses) {
  test(`address: ${title}`, () => {
    assert.deepEqual(streamAddress({ app, tcUrl, key }), { app: wantApp, name: wantName, query: wantQuery });
  });
}

for (const [title, app, key] of [
  ['a slash in the key', 'live', 'a/b'],
  ['a slash in the app', 'live/a', 'b'],
  ['a way up', 'live', '../b'],
  ['a way down in the app', 'live/x/y/z', ''],
] as const) {
  test(`address refused in words: ${title}`, () => {
    const result = streamAddress({ app, tcUrl: `${HOST}/${app}`, key });
    assert.ok('refused' in result);
    assert.match(result.refused, /rtmp:\/\/HOST\/APP\/STREAM/);
  });
}
