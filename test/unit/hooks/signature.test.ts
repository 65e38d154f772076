import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { signBody } from '../../../src/hooks/signature.ts';
import { isSignedBy } from '../../support/hook-receiver.ts';

const BODY = '{"type":"publish","stream":"live/cam"}';

test('the signature is an HMAC-SHA256 of time, full stop and body', () => {
  const expected = createHmac('sha256', 'geheim').update(`1700000000.${BODY}`).digest('hex');
  assert.equal(signBody('geheim', 1_700_000_000, BODY), `t=1700000000,v1=${expected}`, 'header');
});

test('a receiver accepts what was signed, and nothing that was changed', () => {
  const header = signBody('geheim', 1_700_000_000, BODY);
  assert.equal(isSignedBy('geheim', header, BODY), true, 'as sent');
  const others = {
    'another secret': isSignedBy('other', header, BODY),
    'another body': isSignedBy('geheim', header, `${BODY} `),
    'another time': isSignedBy('geheim', header.replace('t=17', 't=18'), BODY),
    'no header': isSignedBy('geheim', '', BODY),
    'half a header': isSignedBy('geheim', header.slice(0, -2), BODY),
  };
  for (const [what, accepted] of Object.entries(others)) assert.equal(accepted, false, what);
});
