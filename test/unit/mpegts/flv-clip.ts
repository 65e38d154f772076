import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { MediaFrame } from '../../../src/media/frame.ts';
import { ticks } from '../../../src/media/time.ts';
import type { AudioTrack, VideoTrack } from '../../../src/media/track.ts';
import { audioTrack, videoTrack } from './frames.ts';

/** The reason to skip, or false: the programs that make and judge clips are not everywhere. */
export const noFfmpeg = ((): string | false => {
  try {
    for (const program of ['ffmpeg', 'ffprobe']) execFileSync(program, ['-version'], { stdio: 'ignore' });
    return false;
  } catch {
    return 'ffmpeg and ffprobe are not installed: real clips cannot be made';
  }
})();

/** Runs work in a directory of its own, gone afterwards. */
export function inScratch<Result>(work: (directory: string) => Result): Result {
  const directory = mkdtempSync(join(tmpdir(), 'millrace-clip-'));
  try {
    return work(directory);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** A clip made by ffmpeg with these output options, as frames in the order of the file. */
export function makeClip(options: readonly string[], source: readonly string[]): MediaFrame[] {
  return inScratch((directory) => {
    const file = join(directory, 'clip.flv');
    execFileSync('ffmpeg', ['-v', 'error', '-nostdin', ...source, ...options, '-f', 'flv', file]);
    return readFlv(readFileSync(file));
  });
}

function readFlv(flv: Buffer): MediaFrame[] {
  const frames: MediaFrame[] = [];
  let v: VideoTrack | undefined;
  let a: AudioTrack | undefined;
  for (let at = flv.readUInt32BE(5) + 4; at + 11 <= flv.length;) {
    const size = flv.readUIntBE(at + 1, 3);
    const time = flv.readUIntBE(at + 4, 3) + flv[at + 7]! * 2 ** 24;
    const body = flv.subarray(at + 11, at + 11 + size);
    if (flv[at] === 9 && body[1] === 0) v = { ...videoTrack(), config: body.subarray(5) };
    if (flv[at] === 8 && body[1] === 0) a = { ...audioTrack(), config: body.subarray(2) };
    const common = { dts: ticks(time * 90), epoch: 0 };
    if (flv[at] === 9 && body[1] === 1 && v) {
      const pts = ticks((time + body.readIntBE(2, 3)) * 90);
      frames.push({
        ...common,
        kind: 'video',
        track: v,
        pts,
        startsGop: body[0] === 0x17,
        payload: body.subarray(5),
      });
    }
    if (flv[at] === 8 && body[1] === 1 && size > 2 && a) {
      frames.push({
        ...common,
        kind: 'audio',
        track: a,
        pts: common.dts,
        startsGop: false,
        payload: body.subarray(2),
      });
    }
    at += 11 + size + 4;
  }
  return frames;
}

/** What a program says on its error output about a file; empty if it is content. */
export function complaints(program: 'ffmpeg' | 'ffprobe', bytes: Buffer): string {
  return inScratch((directory) => {
    const file = join(directory, 'out.ts');
    const log = join(directory, 'log');
    const args = program === 'ffmpeg' ? ['-nostdin', '-i', file, '-f', 'null', '-'] : ['-show_packets', file];
    execFileSync(
      'sh',
      [
        '-c',
        'cat > "$1"; shift; log=$1; shift; "$@" > /dev/null 2> "$log"',
        'sh',
        file,
        log,
        program,
        '-v',
        'warning',
        ...args,
      ],
      { input: bytes },
    );
    return readFileSync(log, 'utf8');
  });
}
