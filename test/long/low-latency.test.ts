import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { Background, unlessThere } from '../support/programs.ts';

/** The browser's test of low latency for two minutes instead of 20 seconds. */
test(
  'hls.js is at most 2 s behind the encoder for two minutes, without a stall',
  { skip: unlessThere('ffmpeg', 'chromium') },
  async () => {
    const file = join(import.meta.dirname, '../browser/low-latency.test.ts');
    // A runner that believes it is inside of another one runs nothing, and says that all is well.
    const env: NodeJS.ProcessEnv = { ...process.env, MILLRACE_TEST_LONG: '1' };
    delete env['NODE_TEST_CONTEXT'];
    const run = new Background(
      process.execPath,
      ['--import', 'tsx', '--test', '--test-reporter=tap', file],
      env,
    );
    assert.equal(await run.exited, 0, run.output);
    assert.match(run.output, /^# pass [1-9]/m, 'something was tried');
  },
);
