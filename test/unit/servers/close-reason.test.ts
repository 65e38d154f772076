import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { closeReason } from '../../../src/servers/rtmp/close-reason.ts';

const GROUPS: readonly (readonly [reason: string, group: string])[] = [
  ['RTMP_AMF: object nested too deep', 'RTMP_AMF'],
  ['RTMP_BUDGET: all connections together', 'RTMP_BUDGET'],
  ['publisher refused: "live/cam" is already being published from another address', 'publisher refused'],
  ['connection error: read ECONNRESET', 'connection error'],
  ['too long in step "handshake"', 'too long'],
  ['no stream "live/cam" is being published', 'no stream'],
  ['the publisher sent nothing for 30 s', 'the publisher sent nothing'],
  ["the publisher's clock stands still", "the publisher's clock stands still"],
  ['video codec av01 is not supported; send H.264', 'codec not supported'],
  ['too many connections from one address', 'too many connections from one address'],
  ['too many connections', 'too many connections'],
  ['made room for others', 'made room for others'],
  // What a peer may have made up.
  ['RTMP_MADE_UP: x', 'other'],
  ['constructor: x', 'other'],
  ['toString', 'other'],
  ['the application name "a1" is reserved', 'other'],
];

test('each reason has its group', () => {
  for (const [reason, group] of GROUPS) assert.equal(closeReason(reason, false), group, reason);
});

test('a publisher that goes by itself is gone; one that we end has the reason', () => {
  for (const reason of ['the peer closed the connection', 'connection error: x', 'the connection was closed'])
    assert.equal(closeReason(reason, true), 'publisher gone', reason);
  assert.equal(closeReason('RTMP_AMF: x', true), 'RTMP_AMF');
  assert.equal(
    closeReason('replaced by a new publisher from the same address', true),
    'replaced by a new publisher',
  );
});

test('no text that a peer may choose makes a label of its own', () => {
  const known = new Set<string>([...GROUPS.map(([, group]) => group), 'other']);
  fc.assert(
    fc.property(fc.string(), fc.constantFrom(...GROUPS.map(([reason]) => reason), ''), (text, beginning) => {
      assert.ok(known.has(closeReason(text, false)), text);
      assert.ok(known.has(closeReason(beginning + text, false)), beginning + text);
    }),
  );
});
