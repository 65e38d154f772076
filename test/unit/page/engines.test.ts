import assert from 'node:assert/strict';
import { test } from 'node:test';
import { chooseEngines, type Capabilities, type Engine } from '../../../public/player/engines.ts';

const chrome: Capabilities = { mediaSource: true, webSocket: true, streamingFetch: true, nativeHls: true };
const oldIphone: Capabilities = {
  mediaSource: false,
  webSocket: true,
  streamingFetch: true,
  nativeHls: true,
};

function refusal(browser: Capabilities, wanted: string): string {
  const choice = chooseEngines(browser, wanted);
  assert.ok(choice.kind === 'impossible');
  return choice.sentence;
}

const ladders: readonly { name: string; browser: Capabilities; engines: readonly Engine[] }[] = [
  {
    name: 'Chrome, whose “maybe” for HLS comes last',
    browser: chrome,
    engines: ['ws-flv', 'http-flv', 'hls', 'native'],
  },
  { name: 'Firefox', browser: { ...chrome, nativeHls: false }, engines: ['ws-flv', 'http-flv', 'hls'] },
  { name: 'an iPhone without a media source', browser: oldIphone, engines: ['native'] },
  {
    name: 'a browser that cannot stream a fetch',
    browser: { ...chrome, streamingFetch: false },
    engines: ['ws-flv', 'hls', 'native'],
  },
];

for (const { name, browser, engines } of ladders) {
  test(`the ladder of ${name}`, () => {
    assert.deepEqual(chooseEngines(browser, null), { kind: 'ladder', engines, forced: false });
  });
}

test('a forced engine stands alone', () => {
  assert.deepEqual(chooseEngines(chrome, 'hls'), { kind: 'ladder', engines: ['hls'], forced: true });
});

test('a forced engine that this browser lacks is named in the sentence', () => {
  assert.match(refusal(oldIphone, 'ws-flv'), /cannot play by WebSocket-FLV/);
});

test('an engine that does not exist is answered with those that do', () => {
  assert.match(refusal(chrome, 'flash'), /“flash”.*ws-flv, http-flv, hls, native/);
});

test('a browser that can do nothing is told so', () => {
  const choice = chooseEngines({ ...oldIphone, nativeHls: false }, null);
  assert.equal(choice.kind, 'impossible');
});
