import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test, type TestContext } from 'node:test';
import { Background } from '../support/programs.ts';
import { publishTo } from '../support/rtmp-peer.ts';
import { Show } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';
import { temporaryFolder } from '../support/temporary-folder.ts';

/** The process dies in the middle of a stream and is started again: what a player that was watching sees. */

const YEAR_MS = 365 * 86_400_000;

interface Server {
  readonly process: Background;
  readonly rtmp: string;
  readonly http: string;
}

/** A computer with one data directory, whose clock can be wrong. */
class Machine {
  readonly folder = temporaryFolder('millrace-restart-');
  readonly data = join(this.folder, 'data');
  readonly #context: TestContext;

  constructor(context: TestContext) {
    this.#context = context;
  }

  /** Starts the program from its sources; `clockMs` is added to what the clock says. */
  async start(clockMs = 0): Promise<Server> {
    const process = this.run(clockMs);
    const line = await waitFor('the gateway', () => /\{.*"gateway ready"\}/.exec(process.output)?.[0]);
    const { rtmp, http } = JSON.parse(line) as { rtmp: number; http: number };
    return { process, rtmp: `rtmp://127.0.0.1:${rtmp}`, http: `http://127.0.0.1:${http}` };
  }

  run(clockMs = 0): Background {
    const shift = join(this.folder, 'clock.mjs');
    writeFileSync(shift, `const { now } = Date;\nDate.now = () => Math.max(0, now() + ${clockMs});\n`);
    const process = new Background(
      globalThis.process.execPath,
      [
        ...['--import', 'tsx', '--import', shift, 'src/main.ts', 'serve', '--host', '127.0.0.1'],
        ...['--rtmp-port', '0', '--http-port', '0', '--data-dir', this.data],
      ],
      { ...globalThis.process.env, MILLRACE_HLS_SEGMENT_SECONDS: '1', MILLRACE_HLS_WINDOW_SEGMENTS: '8' },
    );
    this.#context.after(() => process.stop('SIGKILL'));
    return process;
  }
}

/** A player that goes on asking for the same playlist, whoever answers, and fetches each segment once by its name. */
class Player {
  /** As a cache would: a name that has been fetched is never asked for again. */
  readonly fetched = new Map<string, string>();
  sequence = -1;
  discontinuity = -1;
  /** Discontinuities announced in front of what was played. */
  seams = 0;

  async poll(server: Server): Promise<string[]> {
    const response = await fetch(`${server.http}/live/cam/media.m3u8`);
    assert.equal(response.status, 200, 'the playlist');
    const text = await response.text();
    const value = (tag: string): number => Number(new RegExp(`^#${tag}:(\\d+)$`, 'm').exec(text)?.[1]);
    const names = text.split('\n').filter((line) => line.endsWith('.m4s'));
    const sequence = value('EXT-X-MEDIA-SEQUENCE');
    assert.ok(sequence >= this.sequence, `MEDIA-SEQUENCE ${sequence} after ${this.sequence}`);
    const discontinuity = value('EXT-X-DISCONTINUITY-SEQUENCE');
    assert.ok(
      discontinuity >= this.discontinuity,
      `DISCONTINUITY-SEQUENCE ${discontinuity} after ${this.discontinuity}`,
    );
    this.sequence = sequence;
    this.discontinuity = discontinuity;
    const fresh = names.filter((name) => !this.fetched.has(name));
    for (const name of fresh) {
      const segment = await fetch(`${server.http}/live/cam/${name}`);
      assert.equal(segment.status, 200, name);
      this.fetched.set(name, Buffer.from(await segment.arrayBuffer()).toString('latin1'));
    }
    return fresh;
  }
}

/** A show of 7 segments, as fast as it can be sent. */
async function show(server: Server): Promise<void> {
  const publisher = await publishTo(`${server.rtmp}/live/cam`);
  new Show(publisher).go(200);
  await waitFor('the playlist', async () => (await fetch(`${server.http}/live/cam/media.m3u8`)).ok);
}

const AFTER: readonly (readonly [what: string, clockMs: number])[] = [
  ['with the same clock', 0],
  ['with a clock that was set back by a year', -YEAR_MS],
  ['with a clock that starts in 1970', -1e15],
];

// Each has a computer of its own, and waits more than it works.
describe('restart', { concurrency: 3 }, () => {
  for (const [what, clockMs] of AFTER) {
    test(`kill -9 in the middle of a stream, started again ${what}: numbers go on and no name comes twice`, async (context) => {
      const machine = new Machine(context);
      const player = new Player();
      const first = await machine.start();
      await show(first);
      const before = await waitFor('the segments', async () => {
        await player.poll(first);
        return player.fetched.size >= 7 && [...player.fetched.keys()];
      });
      const { discontinuity } = player;
      await first.process.stop('SIGKILL');

      const second = await machine.start(clockMs);
      assert.doesNotMatch(second.process.output, /"level":"(warn|error)"/, 'nothing to complain about');
      await show(second);
      await waitFor('the segments', async () => {
        await player.poll(second);
        return player.fetched.size >= before.length + 7;
      });
      const all = [...player.fetched.keys()];
      assert.deepEqual(all, [...all].sort(), 'names in order');
      assert.ok(player.discontinuity > discontinuity, 'another time line has another number');
      assert.ok(player.discontinuity < discontinuity + 50, `hls.js walks all ${player.discontinuity}`);
      assert.equal(new Set(player.fetched.values()).size, all.length, 'each name was something new');
    });
  }

  test('killed three times in a row, the numbers go on and stay small', async (context) => {
    const machine = new Machine(context);
    const player = new Player();
    let first = 0;
    for (let life = 0; life < 3; life++) {
      const server = await machine.start(-life * 86_400_000);
      await show(server);
      assert.ok((await player.poll(server)).length > 0, 'something new in each life');
      if (life === 0) first = player.discontinuity;
      await server.process.stop('SIGKILL');
    }
    assert.ok(player.discontinuity - first <= 3 * 16, `${player.discontinuity - first} for three lives`);
  });

  test('a data directory that holds rubbish is said so in one line, and the stream goes on air', async (context) => {
    const machine = new Machine(context);
    const first = await machine.start();
    await first.process.stop('SIGTERM');
    writeFileSync(join(machine.data, 'playlist-numbers.json'), '{"sequence":2');
    const second = await machine.start();
    const warnings = second.process.output.split('\n').filter((line) => line.includes('"level":"warn"'));
    assert.equal(warnings.length, 1, second.process.output);
    assert.match(warnings[0]!, /playlist-numbers\.json.*cannot read the numbers of earlier playlists/);
    await show(second);
  });

  test('a second gateway on a data directory is told so, and the first one goes on', async (context) => {
    const machine = new Machine(context);
    const first = await machine.start();
    const second = machine.run();
    assert.equal(await second.exited, 1, second.output);
    assert.match(
      second.output,
      /^millrace: cannot use the data directory .* another gateway .*\(data\.dir\)\n$/,
    );
    await show(first);
    await first.process.stop('SIGKILL');
    await show(await machine.start());
  });
});
