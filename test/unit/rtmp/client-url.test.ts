import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  clientTarget,
  redirectedTarget,
  withAppQuery,
} from '../../../src/protocols/rtmp/session/client-url.ts';

const parts = (url: string): unknown => {
  const target = clientTarget(url);
  return target && [target.app, target.key];
};

test('where a URL leads', () => {
  assert.deepEqual(clientTarget('rtmp://example.org/live/cam?t=a/b'), {
    host: 'example.org',
    port: 1935,
    isSecure: false,
    tcUrl: 'rtmp://example.org:1935/live',
    app: 'live',
    key: 'cam?t=a/b',
  });
  assert.equal(clientTarget('rtmp://[::1]:19350/live/cam')?.host, '::1');
  assert.equal(clientTarget('rtmp://[::1]:19350/live/cam')?.tcUrl, 'rtmp://[::1]:19350/live');
  for (const bad of [
    '',
    'http://h/live/cam',
    'rtmp://h',
    'rtmp://h/live',
    'rtmp://h/live/',
    'rtmp://h/live?x=1',
    'rtmp://h:0/a/b',
    'rtmp://h:99999/a/b',
    'rtmp://:secret@h/a/b',
    'rtmp://u:%zz@h/a/b',
    'rtmp://h/a/b c',
  ]) {
    assert.equal(clientTarget(bad), undefined, bad);
  }
});

test('rtmps has TLS and a port of its own', () => {
  const target = clientTarget('rtmps://Live.example.org/rtmp/FB-123');
  assert.deepEqual(
    [target?.isSecure, target?.port, target?.tcUrl],
    [true, 443, 'rtmps://Live.example.org:443/rtmp'],
  );
});

test('name and password are read and never in what is sent', () => {
  const target = clientTarget('rtmp://me%40home:p%3Aw@h/live/cam@123');
  assert.deepEqual(target?.credentials, { user: 'me@home', password: 'p:w' });
  assert.equal(target.tcUrl, 'rtmp://h:1935/live');
  assert.equal(target.key, 'cam@123');
  assert.deepEqual(clientTarget('rtmp://me@h/live/cam')?.credentials, { user: 'me', password: '' });
});

test('application, instance and stream', () => {
  assert.deepEqual(parts('rtmp://h/app/_definst_/key?x=1'), ['app/_definst_', 'key?x=1']);
  assert.deepEqual(parts('rtmp://h/app/inst/a/b'), ['app/inst', 'a/b']);
  assert.deepEqual(parts('rtmp://h/vod/mp4:folder/film.mp4'), ['vod', 'mp4:folder/film.mp4']);
  assert.deepEqual(parts('rtmp://h/live?token=a/b/cam'), ['live?token=a/b', 'cam']);
  assert.deepEqual(parts('rtmp://h/live/cam/'), ['live', 'cam/']);
});

test('a login goes behind the application, and behind its query', () => {
  const target = withAppQuery(clientTarget('rtmp://h/live/cam')!, '?authmod=adobe&user=me');
  assert.deepEqual(
    [target.app, target.tcUrl, target.key],
    ['live?authmod=adobe&user=me', 'rtmp://h:1935/live?authmod=adobe&user=me', 'cam'],
  );
  assert.equal(withAppQuery(clientTarget('rtmp://h/live?a=1/cam')!, '?b=2').app, 'live?a=1&b=2');
});

test('a redirect names an application, or the stream too, and never gives up TLS', () => {
  const from = clientTarget('rtmp://me:pw@h/live/cam?t=1')!;
  const to = redirectedTarget(from, 'rtmp://other:1936/live2/');
  assert.deepEqual([to?.host, to?.port, to?.app, to?.key], ['other', 1936, 'live2', 'cam?t=1']);
  assert.equal(to?.credentials?.password, 'pw');
  assert.equal(redirectedTarget(from, 'rtmp://other/live2/cam2')?.key, 'cam2');
  assert.equal(redirectedTarget(from, 'rtmps://other/live2')?.isSecure, true);
  assert.equal(redirectedTarget(from, 'http://other/live2'), undefined);
  const secure = clientTarget('rtmps://h/live/cam')!;
  assert.equal(redirectedTarget(secure, 'rtmp://other/live2'), undefined);
  const deep = clientTarget('rtmp://h/app/inst/cam')!;
  assert.deepEqual(redirectedTarget(deep, 'rtmp://o/app/inst')?.app, 'app/inst');
});
