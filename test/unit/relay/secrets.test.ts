import assert from 'node:assert/strict';
import { test } from 'node:test';
import { secretsOf, shownRelayUrl, withoutSecrets } from '../../../src/clients/relay-secrets.ts';

test('a relay is shown without name, password, key and parameters', () => {
  for (const [url, shown] of [
    ['rtmp://a.example/live2/abcd-efgh', 'rtmp://a.example/live2/***'],
    ['rtmps://me:pw@a.example:443/rtmp/KEY?token=x&flag', 'rtmps://***@a.example:443/rtmp/***?token=***&***'],
    ['rtmp://a.example/app/inst/KEY', 'rtmp://a.example/app/inst/***'],
    ['rtmp://a.example/live?t=TOK/KEY', 'rtmp://a.example/live/***'],
    ['rtmp://a.example/{app}/{stream}?t=TOK', 'rtmp://a.example/{app}/{stream}?t=***'],
    ['rtmp://a.example/in/{stream}-KEY', 'rtmp://a.example/in/***'],
    ['rtmp://a.example/live/cam', 'rtmp://a.example/live/cam'],
  ] as const)
    assert.equal(shownRelayUrl(url, ['cam']), shown, url);
});

test('what was told to the server is taken out of what it says', () => {
  const url = 'rtmp://me-too:pass@h/live/KEY-1?token=T0KEN&x=1';
  const secrets = secretsOf(url);
  const said = 'KEY-1?token=T0KEN&x=1 of me-too (pass, T0KEN, KEY-1)\r\nis 1 too many';
  assert.equal(withoutSecrets(said, secrets), '*** of *** (***, ***, ***) is 1 too many');
  assert.deepEqual(secretsOf('rtmp://h/live/cam', ['cam']), []);
  assert.equal(withoutSecrets('x'.repeat(500), []).length, 201);
});
