import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Running } from './running.ts';

const HERE = import.meta.dirname;
/** Compiled generators and the clip; git-ignored. */
export const CACHE = join(HERE, '.cache');

/** The generators are C: in JavaScript they, and not the servers, would be what is measured. */
export function compileLoad(): void {
  mkdirSync(CACHE, { recursive: true });
  for (const name of ['floor', 'viewers', 'publishers']) {
    const source = join(HERE, 'load', `${name}.c`);
    const program = join(CACHE, name);
    if (existsSync(program) && statSync(program).mtimeMs > statSync(source).mtimeMs) continue;
    run('cc', ['-O2', '-w', '-o', program, source]);
  }
}

/** A minute of 720p30 at 2.1 Mb/s with B-frames and AAC. */
export function makeClip(): string {
  const clip = join(CACHE, 'clip.flv');
  if (existsSync(clip)) return clip;
  const video = '-c:v libx264 -preset veryfast -bf 2 -g 60 -b:v 2M -maxrate 2M -bufsize 2M -pix_fmt yuv420p';
  run('ffmpeg', [
    ...'-v error -f lavfi -i mandelbrot=s=1280x720:r=30 -f lavfi -i sine=f=440:r=48000 -t 60'.split(' '),
    ...video.split(' '),
    ...'-c:a aac -b:a 128k -y'.split(' '),
    clip,
  ]);
  return clip;
}

export type WatchMode = 'flv' | 'ws' | 'rtmp';

export interface ViewersJob {
  readonly mode: WatchMode;
  readonly port: number;
  /** `/live/cam0.flv`, or `live/cam0` for RTMP. */
  readonly path: string;
  readonly count: number;
  readonly seconds: number;
  /** How many join in a second. */
  readonly perSecond?: number;
}

/** What the viewers program says at its end. */
export interface ViewersDone {
  readonly viewers: number;
  readonly fed: number;
  readonly closed: number;
  readonly seconds: number;
  readonly bytes: number;
  readonly least: number;
  readonly most: number;
  readonly firstMs: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly ownCpuSeconds: number;
}

export function startViewers({ mode, port, path, count, seconds, perSecond = 200 }: ViewersJob): Running {
  return new Running(
    join(CACHE, 'viewers'),
    [mode, '127.0.0.1', port, path, count, seconds, perSecond].map(String),
  );
}

export interface PublishersJob {
  readonly port: number;
  readonly count: number;
  readonly seconds: number;
  /** Measures latency by HTTP-FLV. */
  readonly probe?: { readonly port: number; readonly path: string };
}

/** In ms; without frames there are no figures. */
export interface Latency {
  readonly frames: number;
  readonly p50?: number;
  readonly p95?: number;
  readonly p99?: number;
  readonly max?: number;
}

/** What the publishers program says at its end; `latestMs`: how far it fell behind its own clock. */
export interface PublishersDone {
  readonly latestMs: number;
  readonly ownCpuSeconds: number;
  readonly firstPictureMs?: number;
  readonly latencyMs?: Latency;
}

/** Publishes `live/cam0`, `live/cam1`, … */
export function startPublishers({ port, count, seconds, probe }: PublishersJob): Running {
  const args = ['127.0.0.1', port, 'live', 'cam', makeClip(), count, seconds];
  return new Running(
    join(CACHE, 'publishers'),
    [...args, ...(probe ? [probe.port, probe.path] : [])].map(String),
  );
}

export const done = async <T>(running: Running): Promise<T> => (await running.event('done')) as unknown as T;

/** @throws {Error} with what the program said. */
export function run(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (error) throw new Error(`${command} cannot be started: ${error.message}`);
  if (status !== 0) throw new Error(`${command} failed: ${stderr.trim().slice(-2000)}`);
  return stdout;
}
