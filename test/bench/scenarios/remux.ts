import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, makeClip, run } from '../load.ts';
import type { Scenario } from './scenario.ts';

const SIZE = 160_000_000;

/** FLV to MPEG-TS in memory by the gateway's own code, beside ffmpeg, in processor seconds. */
export const remux: Scenario = {
  name: 'remux',
  run(book, { runs }) {
    const file = makeLongClip();
    for (let round = 0; round < runs; round++) {
      const ours = childCpu(process.execPath, [
        '--import',
        'tsx',
        join(import.meta.dirname, '../remux-file.ts'),
        file,
      ]);
      const theirs = childCpu('ffmpeg', [
        '-v',
        'error',
        '-y',
        '-i',
        file,
        '-c',
        'copy',
        '-f',
        'mpegts',
        '/dev/null',
      ]);
      book.add({ id: 'remux/millrace', title: 'FLV to TS, 160 MB', unit: 'CPU s' }, ours);
      book.add({ id: 'remux/ffmpeg', title: 'the same, ffmpeg -c copy', unit: 'CPU s' }, theirs);
      const goal = { kind: 'at most', value: 1 } as const;
      book.add({ id: 'remux/ratio', title: 'FLV to TS, against ffmpeg', unit: '×', goal }, ours / theirs);
    }
    return Promise.resolve();
  },
};

function makeLongClip(): string {
  const long = join(CACHE, 'long.flv');
  if (existsSync(long)) return long;
  const clip = makeClip();
  // The clip is 16 MB.
  const loops = Math.ceil(SIZE / 16_100_000) - 1;
  run('ffmpeg', ['-v', 'error', '-y', '-stream_loop', `${loops}`, '-i', clip, '-c', 'copy', long]);
  return long;
}

/** Processor seconds by the shell's own count; a program that says what its work alone took is believed. */
function childCpu(command: string, args: readonly string[]): number {
  const env = { ...process.env, TIMEFORMAT: 'cpu %U %S' };
  const shell = ['-c', 'time "$0" "$@"', command, ...args];
  const { status, stdout, stderr } = spawnSync('bash', shell, { encoding: 'utf8', env });
  if (status !== 0) throw new Error(`${command} failed: ${stderr}`);
  const said = /"cpuSeconds":([\d.]+)/.exec(stdout)?.[1];
  if (said !== undefined) return Number(said);
  const [, user, system] = /cpu ([\d.]+) ([\d.]+)/.exec(stderr)!;
  return Number(user) + Number(system);
}
