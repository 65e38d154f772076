import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { authStep } from '../../../src/protocols/rtmp/session/client-auth.ts';

const credentials = { user: 'me', password: 'pw' };
const ask = (description: string, known: typeof credentials | undefined = credentials) =>
  authStep({ description, credentials: known, app: 'live', nonce: '0a1b2c3d' });
const md5 = (text: string, form: 'base64' | 'hex'): string => createHash('md5').update(text).digest(form);

test('a refusal about something else is no question for a password', () => {
  assert.equal(ask('no such application'), undefined);
  assert.equal(ask('[ AccessManager.Reject ] : [ code=403 ]'), undefined);
});

test('Adobe’s way: who, then the answer to salt and opaque, then perhaps no', () => {
  assert.deepEqual(ask('[ AccessManager.Reject ] : [ code=403 need auth; authmod=adobe ] : '), {
    query: '?authmod=adobe&user=me',
  });
  const secret = md5('mes+lt==pw', 'base64');
  assert.deepEqual(
    ask(
      '[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=needauth&user=me&salt=s+lt==&challenge=ch&opaque=op==',
    ),
    {
      query: `?authmod=adobe&user=me&challenge=0a1b2c3d&response=${md5(`${secret}op==0a1b2c3d`, 'base64')}&opaque=op==`,
    },
  );
  assert.deepEqual(ask('[ authmod=adobe ] : ?reason=needauth&user=me&salt=s+lt==&challenge=ch'), {
    query: `?authmod=adobe&user=me&challenge=0a1b2c3d&response=${md5(`${secret}ch0a1b2c3d`, 'base64')}`,
  });
  assert.deepEqual(ask('[ authmod=adobe ] : ?reason=authfailed&opaque=x'), {
    failed: 'the server refused this user name and password',
  });
  assert.deepEqual(ask('[ authmod=adobe ] : ?reason=nosuchuser'), {
    failed: 'the server does not know this user name',
  });
});

test('without a password there is nothing to try', () => {
  const answer = authStep({
    description: '[ code=403 need auth; authmod=adobe ]',
    credentials: undefined,
    app: 'live',
    nonce: '0a1b2c3d',
  });
  assert.deepEqual(answer, { failed: 'the server wants a user name and a password' });
});

test('Limelight’s way is HTTP’s digest', () => {
  assert.deepEqual(ask('[ code=403 need auth; authmod=llnw ]'), { query: '?authmod=llnw&user=me' });
  const response = md5(
    `${md5('me:live:pw', 'hex')}:n0nce:00000001:0a1b2c3d:auth:${md5('publish:/live/_definst_', 'hex')}`,
    'hex',
  );
  assert.deepEqual(ask('[ authmod=llnw ] : ?reason=needauth&user=me&nonce=n0nce'), {
    query: `?authmod=llnw&user=me&nonce=n0nce&cnonce=0a1b2c3d&nc=00000001&response=${response}`,
  });
});
