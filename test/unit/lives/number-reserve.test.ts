import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import fc from 'fast-check';
import { DataDirError } from '../../../src/app/data-dir.ts';
import { NumberFile } from '../../../src/app/number-file.ts';
import { NumberReserve } from '../../../src/app/number-reserve.ts';
import { numbersByClock, type PlaylistNumbers } from '../../../src/outputs/hls/numbers.ts';
import { recordingLog } from '../../support/recording-log.ts';
import { waitFor } from '../../support/wait.ts';

/** What a playlist's numbers begin with after the program has been ended, killed, or started on a wrong clock. */

const folder = mkdtempSync(join(tmpdir(), 'millrace-numbers-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const NOW = Date.UTC(2026, 10, 22);
const YEAR_MS = 365 * 86_400_000;
let count = 0;

/** Knows whether a write is under way: a process that has been killed must not write any more. */
class WatchedFile extends NumberFile {
  pending = 0;

  override async write(numbers: PlaylistNumbers): Promise<void> {
    this.pending++;
    try {
      await super.write(numbers);
    } finally {
      this.pending--;
    }
  }
}

/** A computer: its disk outlives its processes. */
class Machine {
  readonly folder = join(folder, `machine${count++}`);
  readonly path = join(this.folder, 'numbers');
  readonly lines = recordingLog();
  clock = NOW;
  #file = new WatchedFile(this.path);
  reserve = this.boot();

  boot(): NumberReserve {
    mkdirSync(this.folder, { recursive: true });
    const { log } = this.lines;
    this.#file = new WatchedFile(this.path);
    this.reserve = new NumberReserve({ file: this.#file, clock: () => this.clock, log });
    this.reserve.open();
    return this.reserve;
  }

  /** Kills the process between two writes, and starts it again. */
  async kill(): Promise<NumberReserve> {
    await waitFor('the write under way', () => this.#file.pending === 0);
    return this.boot();
  }

  get file(): PlaylistNumbers {
    return JSON.parse(readFileSync(this.path, 'utf8')) as PlaylistNumbers;
  }

  /** A stream that begins and makes so many segments and discontinuities; the first numbers it may not use. */
  async play(segments: number, discontinuities = 0): Promise<PlaylistNumbers> {
    const { sequence, discontinuity } = this.reserve.first();
    const next = { sequence: sequence + segments, discontinuity: discontinuity + discontinuities + 1 };
    this.reserve.used(next);
    await this.written(next);
    return next;
  }

  written(next: PlaylistNumbers): Promise<unknown> {
    return waitFor('the file to be ahead', () => isAhead(this.file, next));
  }

  get warnings(): readonly string[] {
    return this.lines.lines
      .filter(({ level }) => level === 'warn' || level === 'error')
      .map(({ text }) => text);
  }
}

const isAhead = (a: PlaylistNumbers, b: PlaylistNumbers): boolean =>
  a.sequence >= b.sequence && a.discontinuity >= b.discontinuity;

function assertPast(numbers: PlaylistNumbers, used: PlaylistNumbers, what: string): void {
  assert.ok(isAhead(numbers, used), `${what}: ${JSON.stringify(numbers)} after ${JSON.stringify(used)}`);
}

test('the first start ever goes by the clock, with small numbers', () => {
  const machine = new Machine();
  assert.deepEqual(machine.reserve.first(), { sequence: 217_468_800, discontinuity: 7_800 });
  assert.deepEqual(machine.warnings, []);
});

test('a clock that is wrong by centuries gives numbers that still fit into 31 bits', () => {
  for (const ms of [0, -1e15, Date.UTC(1980, 0, 1), Date.UTC(2107, 0, 1), 8.64e15]) {
    assert.deepEqual(numbersByClock(ms), { sequence: 0, discontinuity: 0 }, String(ms));
  }
});

test('killed with kill -9, numbers go on though the clock went back a year, or back to 1970', async () => {
  for (const clock of [NOW, NOW - YEAR_MS, 0]) {
    const machine = new Machine();
    const used = await machine.play(500, 3);
    machine.clock = clock;
    machine.boot();
    assertPast(machine.reserve.first(), used, new Date(clock).toISOString());
  }
});

test('a clock that was years ahead and has been put right does not take numbers back', async () => {
  const machine = new Machine();
  machine.clock = NOW + 10 * YEAR_MS;
  machine.boot();
  const used = await machine.play(10);
  machine.clock = NOW;
  assertPast(machine.boot().first(), used, 'after the clock was put right');
});

test('the file is written ahead and seldom: a day of 2-second segments is a write every two hours', async () => {
  const machine = new Machine();
  const { sequence, discontinuity } = machine.reserve.first();
  let writes = 0;
  let last = '';
  for (let second = 0; second < 86_400; second += 2) {
    const next = { sequence: sequence + second / 2, discontinuity };
    machine.reserve.used(next);
    if (second % 600 !== 0) continue;
    await waitFor('the file to be ahead', () => isAhead(machine.file, next));
    await new Promise(setImmediate);
    const text = readFileSync(machine.path, 'utf8');
    if (text !== last) writes++;
    last = text;
  }
  assert.ok(writes >= 6 && writes <= 14, `${writes} writes`);
});

test('ended properly, the next run goes on without a gap', async () => {
  const machine = new Machine();
  const used = await machine.play(40, 2);
  await machine.reserve.close();
  assert.deepEqual(machine.file, used);
  machine.clock -= YEAR_MS;
  assert.deepEqual(machine.boot().first(), used);
  await machine.reserve.close();
  assert.deepEqual(machine.file, used, 'a run without a stream uses nothing up');
});

test('a program that is killed again and again without a stream uses no numbers up', () => {
  const machine = new Machine();
  const before = machine.file;
  for (let start = 0; start < 100; start++) machine.boot();
  assert.deepEqual(machine.file, before);
});

test('a broken file is said so, and the clock goes on from there', () => {
  const broken = [
    '',
    '{',
    'null',
    '{"sequence":1}',
    '{"sequence":-1,"discontinuity":2}\n',
    '{"sequence":1e99,"discontinuity":2}\n',
    '{"sequence":9999999999999,"discontinuity":2}\n',
    '{"sequence":217468800,"discontinuity":7800}', // cut before its end: the number may be too
    '\0'.repeat(50),
    'x'.repeat(100_000),
  ];
  for (const text of broken) {
    const machine = new Machine();
    writeFileSync(machine.path, text);
    machine.boot();
    assert.deepEqual(machine.reserve.first(), numbersByClock(NOW), text.slice(0, 60));
    assert.equal(machine.warnings.length, 1, text.slice(0, 60));
    assert.match(machine.warnings[0]!, /cannot read the numbers.*going by the clock/);
    assert.match(JSON.stringify(machine.lines.lines[0]!.fields), /does not hold two numbers/);
    assert.deepEqual(machine.file, numbersByClock(NOW), 'whole again');
  }
});

test('a directory in the place of the file is an error of the operator, in one sentence', () => {
  const machine = new Machine();
  rmSync(machine.path);
  mkdirSync(machine.path);
  assert.throws(
    () => machine.boot(),
    (error: unknown) =>
      error instanceof DataDirError &&
      /cannot write .*numbers: (EISDIR|ENOTEMPTY|EEXIST).*data\.dir/.test(error.message),
  );
});

test('a disk that fails while the program runs is said once; all goes on, and it is written later', async () => {
  const machine = new Machine();
  rmSync(machine.folder, { recursive: true });
  const used = { sequence: 300_000_000, discontinuity: 7_900 };
  for (let second = 0; second < 5; second++) {
    machine.reserve.used(used);
    await waitFor('the complaint', () => machine.warnings.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  assert.equal(machine.warnings.length, 1, machine.warnings.join('\n'));
  assert.match(machine.warnings[0]!, /cannot write down the numbers/);
  mkdirSync(machine.folder);
  await waitFor('the file', () => {
    machine.reserve.used(used);
    return readdirSync(machine.folder).includes('numbers') && isAhead(machine.file, used);
  });
  assert.ok(machine.lines.lines.some(({ text }) => text.includes('written down again')));
});

test('two gateways on one directory: said once, and neither takes the other back', async () => {
  const one = new Machine();
  const other = new NumberReserve({ file: new NumberFile(one.path), clock: () => NOW, log: one.lines.log });
  other.open();
  const far = { sequence: 400_000_000, discontinuity: 7_900 };
  one.reserve.used(far);
  await one.written(far);
  other.used({ sequence: 217_470_000, discontinuity: 7_801 });
  await waitFor('the warning', () => one.warnings.length === 1);
  await other.close();
  assertPast(one.file, far, 'after the other one has ended');
  assert.match(one.warnings[0]!, /another gateway uses the same data directory/);
  await one.reserve.close();
  assertPast(one.file, far, 'after both have ended');
});

test('a publisher whose clock jumps with every frame does not spoil the numbers of all others', async () => {
  const machine = new Machine();
  const { sequence, discontinuity } = machine.reserve.first();
  machine.reserve.used({ sequence: sequence + 10, discontinuity: discontinuity + 5_000_000 });
  await waitFor('a write', () => machine.file.discontinuity > discontinuity);
  assert.ok(machine.boot().first().discontinuity < discontinuity + 10_100, 'after a restart');
});

test('nothing but the file is left in the directory', async () => {
  const machine = new Machine();
  await machine.play(10);
  await machine.reserve.close();
  assert.deepEqual(readdirSync(machine.folder), ['numbers']);
});

test('whatever happens to the clock and to the process, no stream begins with a number that was used', async () => {
  const event = fc.oneof(
    fc.record({ what: fc.constant('play' as const), segments: fc.nat(5_000), seams: fc.nat(20) }),
    fc.record({
      what: fc.constant('clock' as const),
      by: fc.integer({ min: -2 * YEAR_MS, max: 2 * YEAR_MS }),
    }),
    fc.constant({ what: 'kill' as const }),
    fc.constant({ what: 'end' as const }),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(event, { maxLength: 25 }), async (events) => {
      const machine = new Machine();
      let used: PlaylistNumbers = { sequence: 0, discontinuity: 0 };
      for (const one of events) {
        if (one.what === 'clock') machine.clock += one.by;
        if (one.what === 'end') await machine.reserve.close();
        if (one.what === 'kill' || one.what === 'end') {
          await machine.kill();
          assertPast(machine.reserve.first(), used, one.what);
        }
        if (one.what !== 'play') continue;
        const next = await machine.play(one.segments, one.seams);
        used = {
          sequence: Math.max(used.sequence, next.sequence),
          discontinuity: Math.max(used.discontinuity, next.discontinuity),
        };
      }
    }),
    { numRuns: 30 },
  );
});

test('killed within the first milliseconds of a stream that is sent faster than time: its numbers are covered already', () => {
  const machine = new Machine();
  const { sequence, discontinuity } = machine.reserve.first();
  machine.reserve.used({ sequence, discontinuity: discontinuity + 1 }); // as a stream does when it begins
  const next = { sequence: sequence + 500, discontinuity: discontinuity + 1 };
  machine.boot(); // nothing has been waited for
  assertPast(machine.reserve.first(), next, 'after the kill');
});
