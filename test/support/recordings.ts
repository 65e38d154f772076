import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { runProgram } from './programs.ts';

/** Recordings below a directory, oldest first by their names. */
export function recordingsIn(folder: string, ending: 'flv' | 'mp4'): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(`.${ending}`))
    .sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
    .map((name) => join(folder, name));
}

/** What ffmpeg has to say against a file; nothing, if all is well. */
export async function complaints(file: string): Promise<string> {
  const { stderr, code } = await runProgram('ffmpeg', [
    '-v',
    'warning',
    '-xerror',
    '-i',
    file,
    '-f',
    'null',
    '-',
  ]);
  return code === 0 ? stderr : `${stderr} exit code ${code}`;
}

/** Seconds as ffprobe says. */
export async function durationOf(file: string): Promise<number> {
  const { stdout } = await runProgram('ffprobe', [
    '-v',
    'error',
    '-show_entries',
    'format=duration',
    '-of',
    'csv=p=0',
    file,
  ]);
  return Number(stdout);
}
