import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, makeClip, run } from '../load.ts';
import { atMost } from '../result.ts';
import type { Scenario } from './scenario.ts';

const SIZE = 160_000_000;

/** FLV to MPEG-TS in memory by the gateway's own code, beside ffmpeg, in processor seconds. */
export const remux: Scenario = {
  name: 'remux',
  run(book, { runs }) {
    const file = makeLongClip();
    const program = join(import.meta.dirname, '../remux-file.ts');
    for (let round = 0; round < runs; round++) {
      const said = run(process.execPath, ['--import', 'tsx', program, file]);
      const { cold, warm } = JSON.parse(said) as Record<'cold' | 'warm', { cpuSeconds: number }>;
      const theirs = cpuOf('ffmpeg', [
        '-v',
        'error',
        '-i',
        file,
        '-c',
        'copy',
        '-f',
        'mpegts',
        '-y',
        '/dev/null',
      ]);
      book.add(
        { id: 'remux/cold', title: 'FLV to TS, 160 MB, first call of a process', unit: 'CPU s' },
        cold.cpuSeconds,
      );
      book.add(
        { id: 'remux/warm', title: 'FLV to TS, 160 MB, code that is warm', unit: 'CPU s' },
        warm.cpuSeconds,
      );
      book.add({ id: 'remux/ffmpeg', title: 'the same, ffmpeg -c copy to nowhere', unit: 'CPU s' }, theirs);
      const ratio = {
        id: 'remux/ratio',
        title: 'FLV to TS, warm, against ffmpeg',
        unit: '×',
        goal: atMost(1),
      };
      book.add(ratio, warm.cpuSeconds / theirs);
    }
    return Promise.resolve();
  },
};

export function makeLongClip(): string {
  const long = join(CACHE, 'long.flv');
  if (existsSync(long)) return long;
  const clip = makeClip();
  // The clip is 16 MB.
  const loops = Math.ceil(SIZE / 16_100_000) - 1;
  run('ffmpeg', ['-v', 'error', '-y', '-stream_loop', `${loops}`, '-i', clip, '-c', 'copy', long]);
  return long;
}

/** Processor seconds of a whole program, by the shell's own count. */
function cpuOf(command: string, args: readonly string[]): number {
  const env = { ...process.env, TIMEFORMAT: 'cpu %U %S' };
  const { status, stderr } = spawnSync('bash', ['-c', 'time "$0" "$@"', command, ...args], {
    encoding: 'utf8',
    env,
  });
  if (status !== 0) throw new Error(`${command} failed: ${stderr}`);
  const [, user, system] = /cpu ([\d.]+) ([\d.]+)/.exec(stderr)!;
  return Number(user) + Number(system);
}
