import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { FlvInput } from '../../../src/inputs/flv-input.ts';
import { ticks } from '../../../src/media/time.ts';
import { closeReason } from '../../../src/servers/rtmp/close-reason.ts';

/** What a publisher of such a codec is told, in the input's own words. */
function refusalOf(send: (input: FlvInput) => void): string {
  const target = {
    origin: ticks(0),
    formerTracks: {},
    newEpoch: () => 1,
    write: () => undefined,
    describe: () => undefined,
  };
  try {
    send(new FlvInput(target));
  } catch (error) {
    return (error as Error).message;
  }
  throw new Error('not refused');
}

const GROUPS: readonly (readonly [reason: string, group: string])[] = [
  ['RTMP_AMF: object nested too deep', 'RTMP_AMF'],
  ['RTMP_BUDGET: all connections together', 'RTMP_BUDGET'],
  ['publisher refused: "live/cam" is already being published from another address', 'publisher refused'],
  ['connection error: read ECONNRESET', 'connection error'],
  ['too long in step "handshake"', 'too long'],
  ['no stream "live/cam" is being published', 'no stream'],
  ['the publisher sent nothing for 30 s', 'the publisher sent nothing'],
  ["the publisher's clock stands still", "the publisher's clock stands still"],
  [refusalOf((input) => input.video(0, Buffer.from('1200000000', 'hex'))), 'codec not supported'],
  [refusalOf((input) => input.audio(0, Buffer.from('b2ff', 'hex'))), 'codec not supported'],
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
