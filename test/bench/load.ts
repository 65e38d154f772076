import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Placement } from './placement.ts';
import { Running } from './running.ts';

const HERE = import.meta.dirname;
/** Compiled generators and the clip; git-ignored. */
export const CACHE = join(HERE, '.cache');

/** The generators are C: in JavaScript they, and not the servers, would be what is measured. */
export function compileLoad(): void {
  mkdirSync(CACHE, { recursive: true });
  for (const name of ['floor', 'viewers', 'publishers']) {
    const source = join(HERE, 'load', `${name}.c`);
    const changed = Math.max(...[source, join(HERE, 'load/rtmp.h')].map((file) => statSync(file).mtimeMs));
    const program = join(CACHE, name);
    if (existsSync(program) && statSync(program).mtimeMs > changed) continue;
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
  /** 0: until it is stopped. */
  readonly seconds: number;
  /** How many join in a second. */
  readonly perSecond?: number;
  /** Between two rounds of reading. */
  readonly restMs?: number;
  readonly placement?: Placement;
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

/** What it says each second: sums since its start. */
export interface ViewersSecond {
  /** Seconds of its own clock. */
  readonly at: number;
  readonly viewers: number;
  readonly bytes: number;
  /** Watching, and nothing came for a second. */
  readonly starved: number;
  readonly closed: number;
  readonly ownCpuSeconds: number;
}

export function startViewers(job: ViewersJob): Running {
  const { mode, port, path, count, seconds, perSecond = 400, restMs = 0, placement = {} } = job;
  const args = [mode, '127.0.0.1', port, path, count, seconds, perSecond, restMs].map(String);
  return new Running(join(CACHE, 'viewers'), args, { placement });
}

export interface PublishersJob {
  readonly port: number;
  readonly count: number;
  readonly seconds: number;
  /** `cam` by default: publishes `live/cam0`, `live/cam1`, … */
  readonly prefix?: string;
  /** Measures latency by HTTP-FLV, for the first of them. */
  readonly probe?: { readonly port: number; readonly path: string };
  readonly placement?: Placement;
}

/** In ms; without frames there are no figures. */
export interface Latency {
  readonly frames: number;
  readonly p50?: number;
  readonly p95?: number;
  readonly p99?: number;
  readonly max?: number;
}

export interface PublishersSecond {
  readonly second: number;
  readonly latencyMs: Latency;
}

/** What the publishers program says at its end. */
export interface PublishersDone {
  readonly seconds: number;
  /** How far it fell behind its own clock. */
  readonly latestMs: number;
  readonly ownCpuSeconds: number;
  readonly firstPictureMs?: number;
  readonly latencyMs?: Latency;
  /** Percent and ms. */
  readonly curve?: readonly (readonly [percent: number, ms: number])[];
}

export function startPublishers(job: PublishersJob): Running {
  const { port, count, seconds, prefix = 'cam', probe, placement = {} } = job;
  const args = ['127.0.0.1', port, 'live', prefix, makeClip(), count, seconds];
  const all = [...args, ...(probe ? [probe.port, probe.path] : [])].map(String);
  return new Running(join(CACHE, 'publishers'), all, { placement });
}

/** Publishes one stream for as long as it takes; resolves when it is on the air. */
export async function publishOne(port: number, placement: Placement = {}): Promise<Running> {
  const publisher = startPublishers({ port, count: 1, seconds: 86_400, placement });
  await publisher.event('publishing');
  return publisher;
}

export const done = async <T>(running: Running): Promise<T> => (await running.event('done')) as unknown as T;

export const seconds = <T>(running: Running): T[] => running.events('second') as unknown as T[];

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
