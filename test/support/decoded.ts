import { spawnSync } from 'node:child_process';

/** MD5 of every decoded frame, all together and by track (pictures first), and what ffmpeg had to say. Bytes go in by its standard input. */
export function decoded(
  source: Buffer | string,
  format: readonly string[] = [],
): { readonly md5: string[]; readonly byTrack: readonly string[][]; readonly said: string } {
  // What a file's own edit list or trimming leaves out at its ends is decoded as well: a live stream has no ends.
  const whole = [
    '-flags2',
    '+skip_manual',
    ...(typeof source === 'string' && source.endsWith('.mp4') ? ['-ignore_editlist', '1'] : []),
  ];
  const input = typeof source === 'string' ? source : 'pipe:0';
  const run = spawnSync(
    'ffmpeg',
    [
      '-v',
      'warning',
      '-threads',
      '1',
      ...whole,
      ...format,
      '-i',
      input,
      '-map',
      '0:v?',
      '-map',
      '0:a?',
      '-fps_mode',
      'passthrough',
      '-f',
      'framemd5',
      '-',
    ],
    { ...(typeof source !== 'string' && { input: source }), encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  const lines = run.stdout.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  const byTrack: string[][] = [];
  const md5 = lines.map((line) => {
    const cells = line.split(',').map((cell) => cell.trim());
    (byTrack[Number(cells[0])] ??= []).push(cells.at(-1)!);
    return cells.at(-1)!;
  });
  return { md5, byTrack, said: run.stderr };
}
