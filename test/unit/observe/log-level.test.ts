import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLog } from '../../../src/observe/log.ts';

test('another level holds at once, also for what a connection had been given before', () => {
  const log = createLog({ level: 'silent', format: 'json' });
  const child = log.child({ peer: '192.0.2.1:1' }) as typeof log & { readonly level: string };
  assert.equal(child.level, 'silent');
  log.setLevel('debug');
  assert.equal(child.level, 'debug');
  log.setLevel('silent');
  assert.equal(child.level, 'silent');
});
