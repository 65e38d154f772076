import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { CommanderError } from 'commander';
import { inspectCommand } from '../../../src/cli/inspect.ts';
import { reasonOf } from '../../../src/inspect/source-http.ts';
import { flvAvcConfig, flvHeader, flvVideo, TransportMaker, VIDEO_PID } from './hand-made.ts';

async function usage(
  ...args: readonly string[]
): Promise<{ readonly text: string; readonly exitCode: number }> {
  let text = '';
  const take = (part: string): void => void (text += part);
  const command = inspectCommand().exitOverride().configureOutput({ writeOut: take, writeErr: take });
  const error = await command.parseAsync(args, { from: 'user' }).then(
    () => assert.fail('it was understood'),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof CommanderError);
  return { text, exitCode: error.exitCode };
}

test('--help tells the options', async () => {
  const { text, exitCode } = await usage('--help');
  assert.equal(exitCode, 0);
  assert.match(text, /--json[\s\S]*--check[\s\S]*--seconds <n>[\s\S]*default: 10,\s+with --check\s+30/);
});

for (const args of [
  [],
  ['a.flv', '--second', '3'],
  ['a.flv', '--seconds', 'x'],
  ['a.flv', '--seconds', '0'],
  ['a', 'b'],
]) {
  test(`"inspect ${args.join(' ')}" is not understood`, async () => {
    const { text, exitCode } = await usage(...args);
    assert.notEqual(exitCode, 0);
    assert.match(text, /^error: /);
  });
}

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function run(...args: readonly string[]): Promise<Outcome> {
  const command = pathToFileURL(join(import.meta.dirname, '../../../src/cli/inspect.ts')).href;
  const script = `const { inspectCommand } = await import('${command}'); await inspectCommand().parseAsync(process.argv.slice(1), { from: 'user' });`;
  return new Promise((resolve) => {
    const argv = ['--import', 'tsx', '--input-type=module', '-e', script, '--', ...args];
    execFile(process.execPath, argv, (error, stdout, stderr) => {
      resolve({ code: error ? Number(error.code) : 0, stdout, stderr });
    });
  });
}

test('tells in text or JSON, and fails with one sentence', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-inspect-'));
  context.after(() => rm(folder, { recursive: true }));
  const whole = Buffer.concat([
    flvHeader(1),
    flvAvcConfig(),
    flvVideo(0, { key: true }),
    flvVideo(40),
    flvVideo(80),
  ]);
  await writeFile(join(folder, 'a.flv'), whole);
  await writeFile(join(folder, 'cut.flv'), whole.subarray(0, whole.length - 10));
  const [text, json, cut, none] = await Promise.all([
    run(join(folder, 'a.flv')),
    run(join(folder, 'a.flv'), '--json'),
    run(join(folder, 'cut.flv')),
    run(join(folder, 'none.flv')),
  ]);
  assert.deepEqual([text.code, text.stderr], [0, '']);
  assert.match(text.stdout, /avc1\.4D400D {2}320x180 25 fps/);
  const report = JSON.parse(json.stdout) as { format: number; kind: string; findings: unknown[] };
  assert.deepEqual([json.code, report.format, report.kind, report.findings], [0, 1, 'flv', []]);
  assert.equal(cut.code, 1);
  assert.match(cut.stdout, /avc1/, 'what came is told all the same');
  assert.match(cut.stderr, /^millrace: .*it ends in the middle of a tag.*\n$/);
  assert.deepEqual([none.code, none.stdout], [1, '']);
  assert.match(none.stderr, /^millrace: there is no file .*\n$/);
});

test('--check: 0 for a clean playlist, 1 for a broken one, one sentence for what is none', async (context) => {
  const folder = await mkdtemp(join(tmpdir(), 'millrace-check-'));
  context.after(() => rm(folder, { recursive: true }));
  const maker = new TransportMaker();
  const frames = Array.from({ length: 25 }, (_, index) => maker.video(index * 3600, { key: index === 0 }));
  await writeFile(join(folder, '0.ts'), Buffer.concat([maker.tables([[0x1b, VIDEO_PID]]), ...frames]));
  const playlist = '#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\n0.ts\n#EXT-X-ENDLIST\n';
  await writeFile(join(folder, 'good.m3u8'), playlist);
  await writeFile(join(folder, 'bad.m3u8'), playlist.replace(':1,', ':1.6,'));
  await writeFile(join(folder, 'a.flv'), flvHeader(1));
  const [good, bad, json, flv, none] = await Promise.all([
    run('--check', join(folder, 'good.m3u8')),
    run('--check', join(folder, 'bad.m3u8')),
    run('--check', '--json', join(folder, 'bad.m3u8')),
    run('--check', join(folder, 'a.flv')),
    run('--check', 'http://127.0.0.1:9/x.m3u8'),
  ]);
  assert.deepEqual([good.code, good.stderr], [0, '']);
  assert.match(good.stdout, /\nVerdict: clean: no rule is broken\.\n$/);
  assert.equal(bad.code, 1);
  assert.match(
    bad.stdout,
    /MUST {6}extinf-over-target {2}\(RFC 8216 §4\.3\.3\.1\), once\n {10}bad\.m3u8 at /,
  );
  assert.match(bad.stdout, /Verdict: not valid: 3 rules broken/);
  const { check } = JSON.parse(json.stdout) as { check: { verdict: string; violations: { code: string }[] } };
  assert.equal(json.code, 1);
  assert.equal(check.verdict, 'broken');
  assert.deepEqual(
    check.violations.map(({ code }) => code),
    ['extinf-over-target', 'version-too-low', 'extinf-off'],
  );
  assert.deepEqual([flv.code, flv.stdout], [1, '']);
  assert.match(flv.stderr, /^millrace: .*is FLV; --check is for playlists of HLS\n$/);
  assert.deepEqual([none.code, none.stdout], [1, '']);
  assert.match(none.stderr, /^millrace: .*cannot be reached.*\n$/);
});

test('a certificate that is not trusted is said in words, with what to do', () => {
  const untrusted = Object.assign(new Error('self-signed certificate'), {
    code: 'DEPTH_ZERO_SELF_SIGNED_CERT',
  });
  assert.match(
    reasonOf(new TypeError('fetch failed', { cause: untrusted })),
    /^its certificate is self-signed; NODE_EXTRA_CA_CERTS=FILE /,
  );
});
