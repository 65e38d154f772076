import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { isNameSegment, MAX_NAME_LENGTH, RESERVED_APPS, streamName } from '../../../src/media/stream-name.ts';

test('names of the allowed letters, up to the limit', () => {
  const longest = 'x'.repeat(MAX_NAME_LENGTH);
  for (const [app, stream] of [
    ['live', 'demo'],
    ['LIVE-1', 'a.b_c~d-9'],
    ['...', '..a'],
    [longest, longest],
    ['live', 'api'],
    ['constructor', '__proto__'],
  ] as const)
    assert.deepEqual(streamName(app, stream), { app, stream, path: `${app}/${stream}` });
});

test('all others are refused, and the reason says which part', () => {
  const bad = ['.', '..', 'a/b', 'a\\b', 'a b', '%2e%2e', 'a%00', 'é', 'a\n', '\0', 'a?b', 'x'.repeat(129)];
  for (const text of bad) {
    const app = streamName(text, 'demo');
    const stream = streamName('live', text);
    assert.ok('refused' in app && app.refused.startsWith('the application name'), text);
    assert.ok('refused' in stream && stream.refused.startsWith('the stream name'), text);
  }
  assert.deepEqual(streamName('', 'x'), { refused: 'the application name is empty' });
  assert.deepEqual(streamName('live', ''), { refused: 'the stream name is empty' });
});

test('the gateway’s own first segments are reserved', () => {
  assert.deepEqual([...RESERVED_APPS].sort(), ['api', 'assets', 'healthz', 'metrics', 'watch']);
  for (const app of RESERVED_APPS) {
    const name = streamName(app, 'x');
    assert.ok('refused' in name && name.refused.includes(app));
  }
});

test('whatever is accepted is one segment of a URL that means the same after any decoding', () => {
  const text = fc.oneof(fc.string(), fc.string({ unit: 'binary' }), fc.stringMatching(/^[.%/~\w-]{1,6}$/));
  fc.assert(
    fc.property(text, (segment) => {
      if (!isNameSegment(segment)) return;
      assert.equal(encodeURIComponent(segment), segment);
      assert.equal(new URL(`/a/${segment}/b`, 'http://x').pathname, `/a/${segment}/b`);
    }),
  );
});
