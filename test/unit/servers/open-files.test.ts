import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FILES_BESIDE, withinOpenFiles } from '../../../src/servers/open-files.ts';
import { recordingLog } from '../../support/recording-log.ts';

const LIMITS = { connections: 20_000, connectionsPerAddress: 10_000 };

test('where the system allows few open files (ulimit -n), fewer connections are let in, and the operator is told', () => {
  const { log, lines } = recordingLog();
  const limits = withinOpenFiles(LIMITS, log, 1_024);
  assert.deepEqual(limits, { ...LIMITS, connections: 1_024 - FILES_BESIDE });
  assert.equal(lines.length, 1, 'lines in the log');
  assert.match(lines[0]!.text, /open files \(ulimit -n\)/);
  assert.deepEqual(lines[0]!.fields, { openFiles: 1_024, connections: 960, wanted: 20_000 });
});

test('where it allows enough, the limits are those of the settings', () => {
  const { log, lines } = recordingLog();
  assert.equal(withinOpenFiles(LIMITS, log, LIMITS.connections + FILES_BESIDE), LIMITS);
  assert.equal(lines.length, 0, 'nothing to tell');
});

test('what this system allows is found out', () => {
  const { log } = recordingLog();
  const few = { connections: 1, connectionsPerAddress: 1 };
  assert.equal(withinOpenFiles(few, log), few, 'one connection can always be had');
});
