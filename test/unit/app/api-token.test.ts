import assert from 'node:assert/strict';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { openApiToken, type ApiToken } from '../../../src/app/api-token.ts';
import { recordingLog } from '../../support/recording-log.ts';

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), 'token-'))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));
const { log, lines } = recordingLog();
const open = (configured = ''): ApiToken => openApiToken({ dir, configured, log });
const file = (): string => join(dir, 'api-token');

test('the first start makes a token that only the owner can read; later starts find it', () => {
  const first = open();
  assert.match(first.token, /^[\w-]{43}$/);
  assert.deepEqual([first.isNew, first.place], [true, file()]);
  assert.equal(statSync(file()).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(dir), ['api-token'], 'nothing else is left');
  assert.deepEqual(open(), { ...first, isNew: false });
  assert.notEqual(
    openApiToken({ dir: mkdtempSync(join(dir, 'x-')), configured: '', log }).token,
    first.token,
  );
});

test('a token in the settings needs no file', () => {
  const given = open('a-token-of-my-own-choice');
  assert.deepEqual([given.token, given.isNew], ['a-token-of-my-own-choice', false]);
  assert.equal(existsSync(file()), false);
});

test('a file that holds no token stops the start, is named, and stays as it is', () => {
  for (const text of ['', '\n', 'short', 'two words that are long enough']) {
    writeFileSync(file(), text);
    assert.throws(open, (error: Error) => error.message.startsWith(`${file()} does not hold an API token`));
    assert.equal(readFileSync(file(), 'utf8'), text);
  }
});

test('a file that others can read is used, with a warning', () => {
  writeFileSync(file(), 'a-token-written-by-hand\n');
  chmodSync(file(), 0o644);
  assert.equal(open().token, 'a-token-written-by-hand');
  const warning = lines.find(({ level }) => level === 'warn');
  assert.match(warning?.text ?? '', /can be read by others/);
  assert.ok(!JSON.stringify(lines).includes('a-token-written-by-hand'), 'the log does not tell it');
});

test('a directory that is not there is named', () => {
  rmSync(dir, { recursive: true });
  assert.throws(open, /cannot keep the API token in .*api-token: ENOENT/);
});
