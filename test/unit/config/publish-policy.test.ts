import assert from 'node:assert/strict';
import { test } from 'node:test';
import { publishRefusal } from '../../../src/access/publish-policy.ts';

const here = { address: '127.0.0.1', isThisMachine: true };
const there = { address: '198.51.100.7', isThisMachine: false };

test('this machine may always publish, others when the door is open', () => {
  assert.equal(publishRefusal('loopback', here), undefined);
  assert.equal(publishRefusal('open', here), undefined);
  assert.equal(publishRefusal('open', there), undefined);
});

test('who is refused is told from where, why, and what would change it', () => {
  const refusal = publishRefusal('loopback', there);
  for (const word of ['198.51.100.7', 'own machine', 'access.publish', 'open'])
    assert.ok(refusal?.includes(word), word);
});
