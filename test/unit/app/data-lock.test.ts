import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { lockDataDir } from '../../../src/app/data-lock.ts';
import { recordingLog } from '../../support/recording-log.ts';
import { temporaryFolder } from '../../support/temporary-folder.ts';

const folderFor = (): string => temporaryFolder('lock-');

const REFUSED = {
  name: 'DataDirError',
  message:
    /^cannot use the data directory .*: another gateway that is running uses it; stop that one, or give this one a directory of its own \(data\.dir\)$/,
};

test('a second gateway on a data directory is refused, until the first one has ended', async () => {
  const folder = folderFor();
  const { log, lines } = recordingLog();
  const unlock = await lockDataDir(folder, log);
  await assert.rejects(lockDataDir(folder, log), REFUSED);
  await assert.rejects(lockDataDir(folder, log), REFUSED, 'having been asked once changes nothing');
  unlock();
  const again = await lockDataDir(folder, log);
  again();
  assert.deepEqual(lines, [], 'nothing to tell the operator');
  assert.deepEqual(readdirSync(folder), [], 'nothing is left');
});

test('of several that start at the same moment one has the directory', async () => {
  const folder = folderFor();
  const { log } = recordingLog();
  const tries = await Promise.allSettled(Array.from({ length: 5 }, () => lockDataDir(folder, log)));
  const won = tries.filter((one) => one.status === 'fulfilled');
  assert.equal(won.length, 1, 'gateways that may go on');
  won[0]!.value();
});

test('a gateway that was killed keeps nobody out', async () => {
  const folder = folderFor();
  const { log, lines } = recordingLog();
  const script = `require('node:net').createServer().listen(${JSON.stringify(join(folder, 'in-use.sock'))}, () => console.log('on'))`;
  const killed = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(killed.stdout, 'data');
  await assert.rejects(lockDataDir(folder, log), REFUSED, 'as long as it lives');
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  assert.ok(statSync(join(folder, 'in-use.sock')).isSocket(), 'what it leaves');
  (await lockDataDir(folder, log))();
  assert.deepEqual(lines, [], 'nothing to tell the operator');
});

test('a copy of a data directory is free, whatever a backup has made of the socket', async () => {
  const folder = folderFor();
  const { log } = recordingLog();
  writeFileSync(join(folder, 'in-use.sock'), '');
  (await lockDataDir(folder, log))();
});

test('where there can be no socket the gateway starts all the same, and says what is missing', async () => {
  const { log, lines } = recordingLog();
  const long = join(folderFor(), 'x'.repeat(120));
  (await lockDataDir(long, log))();
  assert.equal(lines.length, 1, 'lines in the log');
  assert.equal(lines[0]!.text, 'nothing keeps a second gateway from using the data directory');
  assert.deepEqual(lines[0]!.fields, { dir: long, reason: 'its path is too long for a socket' });
});
