import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test, type TestContext } from 'node:test';
import { ExecRules, type ExecSettings } from '../../../src/hooks/exec-rules.ts';
import { EventFeed } from '../../../src/observe/events.ts';
import { FakeTime } from '../../support/fake-time.ts';
import { recordingLog } from '../../support/recording-log.ts';
import { waitFor } from '../../support/wait.ts';

const folder = mkdtempSync(join(tmpdir(), 'exec-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Programs of the test: a shell script is what an operator would put there. */
function script(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  return path;
}
const waits = script('waits', 'echo "pid $$ $*"; exec sleep 60');
const fails = script('fails', 'echo "cannot open rtmp://x/live/cam?key=s3cret" >&2; exit 3');
const stubborn = script('stubborn', 'trap "" TERM; echo "pid $$"; while :; do sleep 1; done');

const rule = (command: readonly string[], more: Partial<ExecSettings> = {}): ExecSettings => ({
  command,
  streams: '*',
  except: [],
  restart: true,
  ...more,
});

function bench(context: TestContext, settings: readonly ExecSettings[]) {
  const feed = new EventFeed('run', () => 0);
  const alarms: string[] = [];
  feed.listen((event) => {
    if (event.type === 'alarm') alarms.push(event.text);
  });
  const { log, lines } = recordingLog();
  const time = new FakeTime();
  const rules = new ExecRules({
    settings,
    feed,
    houseKey: 'pk_house',
    ownAddress: () => ({ host: '127.0.0.1', port: 1935 }),
    now: time.now,
    after: time.after,
    random: () => 1,
    log,
  });
  rules.start();
  let visits = 0;
  const about = (stream: string, visit: string) => ({
    ...{ stream, visit, protocol: 'rtmp', address: '127.0.0.1', program: '', query: '' },
  });
  const publish = (stream: string): string => {
    const visit = `v-${++visits}`;
    feed.tell({ type: 'publish', ...about(stream, visit) });
    return visit;
  };
  const unpublish = (stream: string, visit: string): void => {
    const over = { reason: 'gone', seconds: 1, bytesIn: 0, bytesOut: 0 };
    feed.tell({ type: 'unpublish', ...about(stream, visit), ...over });
  };
  /** Process ids that programs have printed. */
  const pids = (): number[] => lines.flatMap(({ text }) => /: pid (\d+)/.exec(text)?.[1] ?? []).map(Number);
  const said = (pattern: RegExp): string[] =>
    lines.map(({ text }) => text).filter((text) => pattern.test(text));
  context.after(async () => {
    const stopped = rules.stop();
    time.advance(10_000);
    await stopped;
  });
  return { rules, publish, unpublish, pids, said, lines, alarms, time };
}

/** A zombie counts as gone: it is reaped by whoever is its parent now. */
function isThere(pid: number): boolean {
  const status = `/proc/${pid}/status`;
  return existsSync(status) && !/^State:\s+Z/m.test(readFileSync(status, 'utf8'));
}

test('a program runs from publish to unpublish, with its placeholders filled in', async (context) => {
  const { publish, unpublish, pids, said, rules, lines } = bench(context, [
    rule([waits, '{app}', '{stream}', '{rtmp}', '{key}', 'a b; $(x)'], { streams: 'live/*' }),
  ]);
  publish('other/cam');
  assert.equal(rules.count, 0, 'not for others');
  const visit = publish('live/cam');
  const [pid] = await waitFor('the program', () => (pids().length > 0 ? pids() : undefined));
  const [line] = said(/pid/);
  // The last argument but one was a key, as the program itself saw it; the log does not show it.
  const expected = 'live cam rtmp://127.0.0.1:1935/live/cam pk_*** a b; $(x)';
  assert.ok(line?.endsWith(expected), line);
  assert.ok(
    lines.some(({ fields }) => fields['stream'] === 'live/cam'),
    'the log says for which stream',
  );
  unpublish('live/cam', visit);
  await waitFor('its end', () => !isThere(pid!));
  await waitFor('the word of it', () => said(/stopped$/).length === 1);
  assert.equal(rules.count, 0, 'nothing runs');
});

test('who takes over a stream takes over its programs', async (context) => {
  const { publish, unpublish, pids, rules } = bench(context, [rule([waits])]);
  const first = publish('live/cam');
  await waitFor('the program', () => pids().length === 1);
  const second = publish('live/cam');
  unpublish('live/cam', first);
  assert.equal(rules.count, 1, 'goes on');
  assert.ok(isThere(pids()[0]!), 'the same process');
  unpublish('live/cam', second);
  assert.equal(rules.count, 0, 'ends');
});

test('a program that ends is started again, later each time, and operators are told', async (context) => {
  const { publish, said, alarms, time } = bench(context, [rule([fails])]);
  publish('live/cam');
  for (const [round, seconds] of [1, 2, 4, 8].entries()) {
    await waitFor(`failure ${round + 1}`, () => said(/started again/).length === round + 1);
    assert.match(
      said(/started again/)[round] ?? '',
      new RegExp(
        `has ended with code 3: cannot open rtmp://x/live/cam\\?key=\\*\\*\\*; started again in ${seconds}\\.0 s$`,
      ),
      `round ${round}`,
    );
    time.advance(seconds * 1000 - 1);
    assert.equal(said(/started again/).length, round + 1, 'not before its time');
    time.advance(1);
  }
  assert.equal(alarms.length, 1, 'one alarm');
  assert.match(alarms[0] ?? '', /code 3: .*; 3 times in a row$/, 'its text');
});

test('one that shall not be started again is not, and a missing one is called so', async (context) => {
  const { publish, said, time } = bench(context, [
    rule([fails], { restart: false }),
    rule([join(folder, 'nothing-here')]),
  ]);
  publish('live/cam');
  await waitFor('both ends', () => said(/code 3|no such program/).length === 2);
  assert.equal(time.waiting, 1, 'only one is tried again');
  assert.equal(
    said(/nothing-here cannot be started: there is no such program; started again/).length,
    1,
    'words',
  );
});

test('a command that no system can start disturbs nobody, and is said', (context) => {
  const { publish, said, rules } = bench(context, [
    rule([''], { restart: false }),
    rule(['echo', 'a\0b'], { restart: false }),
    rule(['echo', 'x'.repeat(3_000_000)], { restart: false }),
  ]);
  publish('live/cam'); // what it throws would end the publisher
  assert.equal(said(/cannot be started/).length, 3, 'three sentences');
  assert.equal(said(/arguments are too long/).length, 1, 'the reason');
  assert.equal(rules.count, 3, 'the rules are still known');
});

test('settings in the environment are not passed on to programs', async (context) => {
  process.env['MILLRACE_ACCESS_PUBLISH_SECRET'] = 's3cret';
  context.after(() => delete process.env['MILLRACE_ACCESS_PUBLISH_SECRET']);
  const tells = script(
    'tells',
    'echo "settings: $(env | grep ^MILLRACE_ | sort | tr "\\n" " ")"; exec sleep 60',
  );
  const { publish, said } = bench(context, [rule([tells])]);
  publish('live/cam');
  const [line] = await waitFor('its line', () => {
    const lines = said(/settings: /);
    return lines.length > 0 && lines;
  });
  assert.match(
    line!,
    /settings: MILLRACE_APP=live MILLRACE_RTMP=rtmp:\S+ MILLRACE_STREAM=cam$/,
    'its own alone',
  );
});

test('many programs at a time are no reason for a warning', async (context) => {
  const warnings: string[] = [];
  const note = (warning: Error): void => void warnings.push(warning.name);
  process.on('warning', note);
  context.after(() => process.removeListener('warning', note));
  const { publish, pids } = bench(context, [rule([waits])]);
  for (let stream = 0; stream < 15; stream++) publish(`live/s${stream}`);
  await waitFor('all programs', () => pids().length === 15);
  assert.deepEqual(warnings, []);
});

test('a program that does not listen to SIGTERM is killed after five seconds', async (context) => {
  const { publish, unpublish, pids, said, time } = bench(context, [rule([stubborn])]);
  const visit = publish('live/cam');
  const [pid] = await waitFor('the program', () => (pids().length > 0 ? pids() : undefined));
  unpublish('live/cam', visit);
  time.advance(4_999);
  assert.ok(isThere(pid!), 'has its five seconds');
  time.advance(1);
  await waitFor('its end', () => !isThere(pid!));
  assert.equal(said(/it is killed/).length, 1, 'said');
});

test('what a program sends back is a stream like any other, but not for the rule that made it', async (context) => {
  const { publish, rules, said } = bench(context, [
    rule([waits, '-i', '{rtmp}', '{rtmp}_720p'], { streams: 'live/*' }),
    rule([waits, '-i', '{rtmp}', 'rtmp://localhost:1935/archive/{stream}'], { streams: 'live/*_720p' }),
    rule([waits, '{rtmp}', 'rtmp://gateway:1935/live/{stream}_again'], { streams: 'archive/*' }),
    rule([waits, 'see', '{stream}'], { except: ['live/*', 'archive/*'] }),
  ]);
  publish('live/cam');
  assert.equal(rules.count, 1, 'the first rule');
  publish('live/cam_720p');
  assert.equal(rules.count, 2, 'the second, but not the first again');
  publish('archive/cam_720p');
  assert.equal(rules.count, 3, 'the third');
  publish('live/cam_720p_again');
  assert.equal(rules.count, 3, 'the circle ends here');
  publish('live/cam2');
  assert.equal(rules.count, 4, 'another camera');
  await waitFor('the word of it', () => said(/has made this stream/).length >= 2);
});

test('a stream whose name looks like an option runs nothing', (context) => {
  const { publish, rules, said } = bench(context, [rule([waits, '{stream}'])]);
  publish('live/-version');
  assert.equal(rules.count, 0, 'nothing runs');
  assert.equal(said(/not run: "-version" would be taken for an option/).length, 1, 'said');
});

test('other rules while streams are live: programs that stay go on', async (context) => {
  const stays = rule([waits, 'stays']);
  const { publish, rules, pids } = bench(context, [stays, rule([waits, 'goes'])]);
  publish('live/cam');
  await waitFor('both', () => pids().length === 2);
  const [one, other] = pids();
  rules.update([stays, rule([waits, 'comes'])]);
  await waitFor('the third', () => pids().length === 3);
  await waitFor('the end of one', () => [one!, other!].filter(isThere).length === 1);
  assert.equal(rules.count, 2, 'two');
});
