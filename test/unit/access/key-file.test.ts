import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { KeyFile, KeyFileError } from '../../../src/access/key-file.ts';
import { Background } from '../../support/programs.ts';
import { waitFor } from '../../support/wait.ts';
import { folderFor, stand } from './store-tools.ts';

const good = {
  id: 'k-1',
  label: '',
  action: 'publish',
  streams: 'live/cam',
  networks: [],
  hash: `sha256:${'a'.repeat(64)}`,
  createdAt: '2030-01-01T00:00:00.000Z',
};
const file = (...keys: object[]): string => JSON.stringify({ version: 1, keys });
const hashless = { ...good, hash: undefined };

const BAD: readonly [string, string, RegExp][] = [
  ['nothing', '', /it is empty/],
  ['zeros, as a file system may leave', '\0'.repeat(400), /not valid JSON/],
  ['a file that was cut off', file(good).slice(0, -9), /not valid JSON \(\d+ characters, maybe cut off\)/],
  ['something else', '[1, 2]', /it is wrong/],
  ['null', 'null', /it is wrong/],
  ['no version', '{"keys":[]}', /version is wrong/],
  ['a later form', '{"version":2,"keys":[]}', /newer version of this program \(form 2; this one knows 1\)/],
  ['no keys', '{"version":1}', /keys is wrong/],
  ['a key without its hash', file(hashless), /keys\.0\.hash is wrong/],
  [
    'a hash of another kind',
    file(good, { ...good, id: 'k-2', hash: 'md5:aa' }),
    /keys\.1\.hash is wrong: is not a SHA-256/,
  ],
  [
    'a pattern that is none',
    file({ ...good, streams: 'live' }),
    /keys\.0\.streams is wrong: is not a stream or a pattern/,
  ],
  ['a network that is none', file({ ...good, networks: ['home'] }), /keys\.0\.networks is wrong/],
  ['a time that is none', file({ ...good, expiresAt: 'soon' }), /keys\.0\.expiresAt is wrong/],
  [
    'two keys of one id',
    file(good, { ...good, hash: `sha256:${'b'.repeat(64)}` }),
    /two keys have the same id/,
  ],
  ['two keys of one secret', file(good, { ...good, id: 'k-2' }), /two keys have the same secret/],
];
for (const [what, text, reason] of BAD) {
  test(`a key file with ${what} is named, said to be wrong, and left as it is`, () => {
    const folder = folderFor();
    const path = join(folder, 'keys.json');
    writeFileSync(path, text);
    assert.throws(
      () => stand(folder),
      (error) => {
        assert.ok(error instanceof KeyFileError, String(error));
        assert.ok(error.message.startsWith(`cannot use the key file ${path}: `), error.message);
        assert.match(error.message, reason);
        assert.match(error.message, /left as it is/);
        assert.ok(!error.message.includes('aaaa'), 'nothing of what is in it');
        return true;
      },
    );
    assert.equal(readFileSync(path, 'utf8'), text);
  });
}

test('a directory, or a link that leads nowhere, is no first start', () => {
  const folder = folderFor();
  mkdirSync(join(folder, 'keys.json'));
  assert.throws(() => stand(folder), /cannot be read \(EISDIR\)/);
  const other = folderFor();
  symlinkSync(join(other, 'volume', 'keys.json'), join(other, 'keys.json'));
  assert.throws(() => stand(other), /cannot be read \(ENOENT\)/);
});

test('a file far too large is not read', () => {
  const folder = folderFor();
  writeFileSync(join(folder, 'keys.json'), Buffer.alloc(16 * 1024 * 1024 + 1, 32));
  assert.throws(() => stand(folder), /too large \(16777217 bytes\)/);
});

test('fields of later versions stay when the file is written again', async () => {
  const folder = folderFor();
  const path = join(folder, 'keys.json');
  writeFileSync(path, JSON.stringify({ version: 1, note: 'mine', keys: [{ ...good, color: 'red' }] }));
  const { store } = stand(folder);
  await store.create({ action: 'play', streams: '*' });
  await store.revoke('k-1');
  const document = JSON.parse(readFileSync(path, 'utf8')) as {
    note: string;
    keys: { color?: string; revokedAt?: string }[];
  };
  assert.deepEqual([document.note, document.keys.length, document.keys[0]?.color], ['mine', 2, 'red']);
  assert.ok(document.keys[0]?.revokedAt, 'revoked');
  assert.ok(!('color' in store.list()[0]!), 'and are not shown');
});

test('a file behind a link is replaced there, not the link', async () => {
  const folder = folderFor();
  const volume = folderFor();
  writeFileSync(join(volume, 'real.json'), file());
  symlinkSync(join(volume, 'real.json'), join(folder, 'keys.json'));
  await stand(folder).store.create({ action: 'play', streams: '*' });
  assert.match(readFileSync(join(volume, 'real.json'), 'utf8'), /"streams": "\*"/);
  assert.deepEqual(readdirSync(folder), ['keys.json']);
});

test('what killed runs have left beside the file is taken away, and nothing else', () => {
  const folder = folderFor();
  for (const name of ['keys.json.123.new', 'keys.json.new', 'keys.json.bak', 'xkeys.json.1.new'])
    writeFileSync(join(folder, name), '{');
  writeFileSync(join(folder, 'keys.json'), file());
  stand(folder);
  assert.deepEqual(readdirSync(folder), ['keys.json', 'keys.json.bak', 'keys.json.new', 'xkeys.json.1.new']);
});

async function killedRun(keys: number): Promise<void> {
  const folder = folderFor();
  const path = join(folder, 'keys.json');
  const program = join(import.meta.dirname, 'key-maker.ts');
  const maker = new Background(process.execPath, ['--import', 'tsx', program, path]);
  const told = (): string[] => maker.output.split('\n').slice(0, -1);
  await waitFor('some keys', () => told().length > keys);
  await maker.stop('SIGKILL');
  assert.ok(new KeyFile(path).read(), 'the file is whole');
  const { store } = stand(folder);
  for (const line of told()) {
    const found = store.find(line.slice(1));
    assert.ok(found, `${line} is there`);
    if (line.startsWith('-')) assert.ok(found.record.revokedAt, `${line} is revoked`);
  }
  await store.create({ action: 'publish', streams: 'live/cam' });
  assert.deepEqual(readdirSync(folder), ['keys.json'], 'and it goes on');
}

test('kill -9 while keys are made: every key that was told is there, every revoked one revoked', async () => {
  await Promise.all([5, 20, 37].map((keys) => killedRun(keys)));
});
