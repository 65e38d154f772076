import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import {
  exportJWK,
  exportSPKI,
  generateKeyPair,
  SignJWT,
  UnsecuredJWT,
  type CryptoKey,
  type JWTPayload,
} from 'jose';
import { AccessRules, type AccessSettings } from '../../../src/access/access-rules.ts';
import type { Fetch } from '../../../src/access/key-set.ts';
import { settingsSchema } from '../../../src/config/schema.ts';
import { streamName } from '../../../src/media/stream-name.ts';
import type { Visit } from '../../../src/servers/gate.ts';
import { BEGIN } from './store-tools.ts';

const SECRET = 'thirty-two characters and a few more';
const SET = 'https://id.example.org/keys';
const DEFAULTS: AccessSettings = settingsSchema.parse({ access: { play: 'keys' } }).access;

let keys: { readonly privateKey: CryptoKey; readonly publicKey: CryptoKey };
let others: typeof keys;
let jwks: string;
before(async () => {
  keys = await generateKeyPair('ES256', { extractable: true });
  others = await generateKeyPair('ES256', { extractable: true });
  jwks = JSON.stringify({ keys: [{ ...(await exportJWK(keys.publicKey)), kid: 'one', alg: 'ES256' }] });
});

interface Desk {
  /** `allowed` or the reason. */
  readonly ask: (
    action: Visit['action'],
    path: string,
    token: string,
    how?: 'token' | 'jwt' | 'bearer',
  ) => Promise<string>;
  readonly problems: string[];
  fetches: number;
  now: number;
}

function desk(
  settings: Partial<AccessSettings>,
  fetch: Fetch = () => Promise.resolve(new Response(jwks)),
): Desk {
  const self: Desk = {
    problems: [],
    fetches: 0,
    now: BEGIN,
    ask: async (action, path, token, how = 'token') => {
      const [app = '', stream = ''] = path.split('/');
      const name = streamName(app, stream);
      if ('refused' in name) throw new Error(name.refused);
      const verdict = await rules.judge({
        ...{ action, protocol: 'hls', name, address: '198.51.100.7', isThisMachine: false },
        ...(how === 'bearer' ? { query: '', bearer: token } : { query: `x=1&${how}=${token}` }),
      });
      return verdict.allowed ? 'allowed' : verdict.reason;
    },
  };
  const rules = new AccessRules({
    settings: { ...DEFAULTS, ...settings },
    keys: { find: () => undefined, used: () => undefined },
    clock: () => self.now,
    fetch: (...all) => {
      self.fetches++;
      return fetch(...all);
    },
    onProblem: (text) => self.problems.push(text),
  });
  return self;
}

const withSecret = (claims: JWTPayload, secret = SECRET, alg = 'HS256'): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg }).sign(new TextEncoder().encode(secret));
const withKey = (claims: JWTPayload, { privateKey } = keys, kid = 'one'): Promise<string> =>
  new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey);
const inSeconds = (seconds: number): number => BEGIN / 1000 + seconds;

test('a token signed with the secret opens what its claims name, however it comes', async () => {
  const { ask } = desk({ jwtSecret: SECRET });
  const token = await withSecret({ publish: ['live/cam'], play: ['live/*', 'public/*'], exp: inSeconds(60) });
  for (const how of ['token', 'jwt', 'bearer'] as const)
    assert.equal(await ask('play', 'live/x', token, how), 'allowed', how);
  assert.equal(await ask('publish', 'live/cam', token), 'allowed');
  assert.equal(await ask('play', 'public/x', token), 'allowed');
  assert.equal(await ask('publish', 'live/x', token), 'the token does not allow to publish live/x');
  assert.equal(await ask('play', 'other/x', token), 'the token does not allow to play other/x');
});

const CLAIMS: readonly [string, JWTPayload, boolean][] = [
  ['one pattern without a list', { play: 'live/*' }, true],
  ['everything', { play: '*' }, true],
  ['the other action', { publish: ['*'] }, false],
  ['none', {}, false],
  ['something else', { play: [1, null, { live: 1 }, 'live', ''] }, false],
  ['true', { play: true }, false],
  ['MediaMTX: any path', { mediamtx_permissions: [{ action: 'read' }] }, true],
  [
    'MediaMTX: an empty path',
    { mediamtx_permissions: [{ action: 'publish' }, { action: 'read', path: '' }] },
    true,
  ],
  ['MediaMTX: this path', { mediamtx_permissions: [{ action: 'read', path: 'live/cam' }] }, true],
  ['MediaMTX: another path', { mediamtx_permissions: [{ action: 'read', path: 'live/camera' }] }, false],
  [
    'MediaMTX: another action',
    { mediamtx_permissions: [{ action: 'publish', path: '' }, { action: 'api' }] },
    false,
  ],
  ['MediaMTX: a regular expression', { mediamtx_permissions: [{ action: 'read', path: '~^(a+)+$' }] }, false],
  ['MediaMTX: rubbish', { mediamtx_permissions: ['read', null, { action: 'read', path: 3 }] }, false],
];
for (const [what, claims, isAllowed] of CLAIMS) {
  test(`claims, ${what}: ${isAllowed ? 'allowed' : 'refused'}`, async () => {
    const answer = await desk({ jwtSecret: SECRET }).ask('play', 'live/cam', await withSecret(claims));
    assert.equal(answer === 'allowed', isAllowed, answer);
  });
}

const all: JWTPayload = { publish: ['*'], play: ['*'] };

test('time is looked at with half a minute’s tolerance', async () => {
  const { ask } = desk({ jwtSecret: SECRET });
  assert.equal(await ask('play', 'live/x', await withSecret({ ...all, exp: inSeconds(-29) })), 'allowed');
  assert.equal(
    await ask('play', 'live/x', await withSecret({ ...all, exp: inSeconds(-31) })),
    'the token has expired',
  );
  assert.equal(await ask('play', 'live/x', await withSecret({ ...all, nbf: inSeconds(29) })), 'allowed');
  assert.match(
    await ask('play', 'live/x', await withSecret({ ...all, nbf: inSeconds(31) })),
    /claim "nbf" does not fit/,
  );
});

test('issuer and audience must fit if they are set', async () => {
  const { ask } = desk({ jwtSecret: SECRET, jwtIssuer: 'us', jwtAudience: 'gateway' });
  assert.equal(
    await ask('play', 'live/x', await withSecret({ ...all, iss: 'us', aud: ['app', 'gateway'] })),
    'allowed',
  );
  assert.match(
    await ask('play', 'live/x', await withSecret({ ...all, iss: 'them', aud: 'gateway' })),
    /claim "iss"/,
  );
  assert.match(await ask('play', 'live/x', await withSecret({ ...all, iss: 'us' })), /claim "aud"/);
});

test('a token that is not signed, or by another secret, opens nothing', async () => {
  const { ask } = desk({ jwtSecret: SECRET });
  const refused = /^the token is not (valid|signed in a way that is accepted here)$/;
  const [head = '', body = '', sign = ''] = (await withSecret(all)).split('.');
  const none = Buffer.from('{"alg":"none"}').toString('base64url');
  for (const [what, token] of [
    ['alg none', new UnsecuredJWT(all).encode()],
    ['alg none with a signature', `${none}.${body}.${sign}`],
    ['no signature', `${head}.${body}.`],
    ['another secret', await withSecret(all, `${SECRET}!`)],
    ['another body', `${head}.${Buffer.from('{"play":["*"]}').toString('base64url')}.${sign}`],
    ['rubbish', 'a.b.c'],
    ['a header that is no object', `${Buffer.from('1').toString('base64url')}.${body}.${sign}`],
  ] as const)
    assert.match(await ask('play', 'live/x', token), refused, what);
});

test('the text of a public key is no secret: key confusion opens nothing', async () => {
  const text = await exportSPKI(keys.publicKey);
  const token = await withSecret(all, text);
  for (const settings of [{ jwtJwks: SET }, { jwtJwks: SET, jwtSecret: SECRET }])
    assert.match(await desk(settings).ask('play', 'live/x', token), /^the token is not/);
  const symmetric = JSON.stringify({
    keys: [{ kty: 'oct', k: Buffer.from(SECRET).toString('base64url'), alg: 'HS256' }],
  });
  const answer = await desk({ jwtJwks: SET }, () => Promise.resolve(new Response(symmetric))).ask(
    'play',
    'live/x',
    await withSecret(all),
  );
  assert.match(answer, /^the token is not/, 'nor is a secret in a public set taken');
});

test('a token signed with a key of the set opens; the set is fetched once', async () => {
  const one = desk({ jwtJwks: SET, jwtSecret: SECRET });
  const answers = await Promise.all(
    Array.from({ length: 20 }, async () => one.ask('play', 'live/x', await withKey(all))),
  );
  assert.deepEqual(new Set(answers), new Set(['allowed']));
  assert.equal(await one.ask('publish', 'live/x', await withSecret(all)), 'allowed', 'the secret, too');
  assert.equal(one.fetches, 1);
  assert.match(await one.ask('play', 'live/x', await withKey(all, others)), /^the token is not valid/);
});

test('a token that does not say by which key it is signed is tried with every key of the set', async () => {
  const exported = await Promise.all([others, keys].map(({ publicKey }) => exportJWK(publicKey)));
  const set = JSON.stringify({
    keys: exported.map((key, index) => ({ ...key, kid: `${index}`, alg: 'ES256' })),
  });
  const { ask } = desk({ jwtJwks: SET }, () => Promise.resolve(new Response(set)));
  const signed = (by: CryptoKey, expires: number): Promise<string> =>
    new SignJWT(all).setProtectedHeader({ alg: 'ES256' }).setExpirationTime(expires).sign(by);
  const later = BEGIN / 1000 + 60;
  for (const { privateKey } of [keys, others])
    assert.equal(await ask('play', 'live/x', await signed(privateKey, later)), 'allowed');
  assert.match(await ask('play', 'live/x', await signed(keys.privateKey, later - 120)), /has expired/);
  const stranger = await generateKeyPair('ES256');
  assert.match(await ask('play', 'live/x', await signed(stranger.privateKey, later)), /is not valid/);
});

test('tokens with keys that are not known do not have the set fetched each time', async () => {
  const one = desk({ jwtJwks: SET });
  for (let count = 0; count < 5; count++)
    assert.match(
      await one.ask('play', 'live/x', await withKey(all, others, `k${count}`)),
      /signed with a key that is not known/,
    );
  assert.equal(one.fetches, 1);
});

test('a set that cannot be had: the sentence says so, nobody’s tries are counted, and the server is left alone', async () => {
  const one = desk({ jwtJwks: SET }, () => Promise.reject(new Error('connection refused')));
  const token = await withKey(all);
  for (let count = 0; count < 20; count++)
    assert.match(
      await one.ask('play', 'live/x', token),
      /cannot be checked now: the server with the keys does not answer; try again/,
    );
  assert.equal(one.fetches, 1);
  assert.match(one.problems.join(), /access\.jwtJwks\) cannot be fetched: connection refused/);
  one.now += 5_000;
  await one.ask('play', 'live/x', token);
  assert.equal(one.fetches, 2, 'after some seconds it is tried again');
});

for (const [what, body, status] of [
  ['rubbish', 'hello', 200],
  ['an error', '{"keys":[]}', 500],
  ['another document', '{"issuer":"x"}', 200],
  ['without end', new Uint8Array(1024 * 1024 + 1), 200],
] as const) {
  test(`a set that is ${what} is not used`, async () => {
    const one = desk({ jwtJwks: SET }, () => Promise.resolve(new Response(body, { status })));
    assert.match(await one.ask('play', 'live/x', await withKey(all)), /cannot be checked now/);
    assert.equal(one.problems.length, 1);
  });
}

test('without secret and set no token is taken; a token too long is none', async () => {
  assert.match(await desk({}).ask('play', 'live/x', await withSecret(all)), /takes no tokens/);
  const long = await withSecret({ ...all, more: 'x'.repeat(9_000) });
  assert.match(await desk({ jwtSecret: SECRET }).ask('play', 'live/x', long), /watching needs a key/);
});

test('wrong tokens are counted as wrong keys are', async () => {
  const { ask } = desk({ jwtSecret: SECRET });
  for (let count = 0; count < 10; count++)
    assert.equal(await ask('play', 'live/x', 'a.b.c'), 'the token is not valid');
  assert.match(await ask('play', 'live/x', 'a.b.c'), /too many wrong keys/);
  assert.equal(await ask('play', 'live/x', await withSecret(all)), 'allowed');
});

test('of an address that shows very many wrong tokens only some a second are looked at', async () => {
  const one = desk({ jwtSecret: SECRET });
  const right = await withSecret(all);
  for (let count = 0; count < 11; count++) await one.ask('play', 'live/x', 'a.b.c');
  for (let count = 0; count < 20; count++) assert.equal(await one.ask('play', 'live/x', right), 'allowed');
  assert.match(await one.ask('play', 'live/x', right), /too many wrong keys/);
  one.now += 1_000;
  assert.equal(await one.ask('play', 'live/x', right), 'allowed');
});
