import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { Failures } from '../../../src/access/failures.ts';
import { judgeSigned, signedQuery } from '../../../src/access/signed-url.ts';
import { unlessThere } from '../../support/programs.ts';
import { stand } from './store-tools.ts';

const secret = 'correct horse battery staple';
const expires = '1893459600';
const now = 1_893_456_000_000;
const claim = { action: 'play', path: 'live/cam', expires } as const;

// What a back end makes in one line must be what the gateway expects.
const ELSEWHERE: readonly (readonly [string, readonly string[]])[] = [
  [
    'openssl',
    [
      'sh',
      '-c',
      `printf 'play:live/cam:%s' ${expires} | openssl dgst -sha256 -hmac '${secret}' | sed 's/.*= *//'`,
    ],
  ],
  [
    'python3',
    [
      'python3',
      '-c',
      `import hmac; print(hmac.new(b'${secret}', b'play:live/cam:${expires}', 'sha256').hexdigest())`,
    ],
  ],
];
for (const [program, [command = '', ...args]] of ELSEWHERE) {
  test(`${program} signs a link in one line`, { skip: unlessThere(program) }, () => {
    const { stdout } = spawnSync(command, args, { encoding: 'utf8' });
    assert.match(stdout, /^[0-9a-f]{64}\n$/);
    assert.equal(judgeSigned({ ...claim, sign: stdout.trim() }, secret, now), undefined);
  });
}

test('hexadecimal digits and base64url, padded or not, are the same signature', () => {
  const sign =
    new URLSearchParams(signedQuery({ ...claim, expires: Number(expires) }, secret)).get('sign') ?? '';
  const hex = Buffer.from(sign, 'base64url').toString('hex');
  for (const text of [sign, `${sign}=`, hex, hex.toUpperCase()])
    assert.equal(judgeSigned({ ...claim, sign: text }, secret, now), undefined, text);
});

test('no other text is a right signature', () => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.base64String(),
        fc.stringMatching(/^[0-9a-f]{64}$/),
        fc.stringMatching(/^[\w-]{43}$/),
      ),
      (sign) => {
        assert.equal(judgeSigned({ ...claim, sign }, secret, now)?.isGuess, true);
      },
    ),
  );
});

test('a time that is no plain number is refused', () => {
  for (const time of ['', '-1', '1e12', '0x7', ' 1893459600', '9'.repeat(13), 'Infinity'])
    assert.equal(judgeSigned({ ...claim, expires: time, sign: 'x' }, secret, now)?.isGuess, true, time);
});

test('wishes to sign that make no sense are refused, naming the field', () => {
  const { store } = stand();
  for (const [field, wish] of [
    ['stream', { stream: 'live/*', seconds: 60 }],
    ['stream', { stream: 'live', seconds: 60 }],
    ['seconds', { stream: 'live/cam', seconds: 0 }],
    ['seconds', { stream: 'live/cam', seconds: NaN }],
    ['seconds', { stream: 'live/cam', seconds: 1e12 }],
  ] as const)
    assert.throws(() => store.sign({ action: 'play', ...wish }), { status: 400, field });
});

test('addresses that tried wrong keys take up no more than a fixed room', () => {
  const failures = new Failures();
  for (let count = 0; count < 30_000; count++)
    failures.add(`10.${count >> 16}.${(count >> 8) & 255}.${count & 255}`, 0);
  assert.equal(failures.size, 10_000);
});

test('a clock that was set back does not shut anybody out for long', () => {
  const failures = new Failures();
  for (let count = 0; count < 20; count++) failures.add('10.0.0.1', 1e12);
  assert.equal(failures.add('10.0.0.1', 1e12), true);
  assert.equal(failures.add('10.0.0.1', 1e12 - 3600_000), false);
});
