import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { check, type CheckedReport } from '../../src/inspect/check/check.ts';

const HEAD = '#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:1\n';
const SEGMENTS = Array.from({ length: 500 }, (_, number) => `#EXTINF:1.0,\n${number}.ts\n`).join('');
/** The time asked for, and what is left for the segments that are on their way. */
const LONGEST_SECONDS = 0.5 + 5 + 2;

/** Checks an ended playlist of 500 segments for half a second. */
async function checkFilm(
  context: TestContext,
  segment: (response: ServerResponse) => void,
): Promise<CheckedReport> {
  const server = createServer((request, response) => {
    if (request.url === '/x.m3u8') response.end(`${HEAD}${SEGMENTS}#EXT-X-ENDLIST\n`);
    else segment(response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  context.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  return check(`http://127.0.0.1:${port}/x.m3u8`, { seconds: 0.5 });
}

test('a long film whose segments trickle for ever: the check ends, and tells what it could not read', async (context) => {
  let open = 0;
  const report = await checkFilm(context, (response) => {
    open++;
    const timer = setInterval(() => response.write('x'), 50);
    response.on('close', () => {
      clearInterval(timer);
      open--;
    });
  });
  assert.ok(report.lookedSeconds < LONGEST_SECONDS, `it took ${report.lookedSeconds} s`);
  assert.match(report.check.notes.join(), /the time was up before the last 500 segments could be read/);
  const deadline = Date.now() + 2000;
  while (open > 0 && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20));
  assert.equal(open, 0, 'a request is still open, and would keep the command from ending');
});

test('a long film whose segments are slow: what was not read is told', async (context) => {
  const report = await checkFilm(context, (response) => void setTimeout(() => response.end('x'), 200));
  assert.ok(report.lookedSeconds < LONGEST_SECONDS, `it took ${report.lookedSeconds} s`);
  assert.match(report.check.notes.join(), /the time was up before the last 4\d\d segments could be read/);
});
