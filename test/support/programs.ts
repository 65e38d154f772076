import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { atExit } from './at-exit.ts';

/** True if a program can be started by its name. */
export function hasProgram(name: string): boolean {
  return (process.env['PATH'] ?? '')
    .split(':')
    .some((folder) => folder !== '' && existsSync(join(folder, name)));
}

/** For a test's `skip` option: a sentence if one of the programs is missing, else false. */
export function unlessThere(...names: string[]): string | false {
  const missing = names.filter((name) => !hasProgram(name));
  return missing.length === 0 ? false : `not installed: ${missing.join(', ')}`;
}

export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export function runProgram(command: string, args: readonly string[], timeoutMs = 60_000): Promise<Finished> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (bytes: Buffer) => stdout.push(bytes));
    child.stderr.on('data', (bytes: Buffer) => stderr.push(bytes));
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    child.once('error', reject);
    child.once('close', (code) => {
      clearTimeout(timer);
      resolve({ code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() });
    });
  });
}

/** A program that runs beside the test; killed at the latest when the test's process ends. */
export class Background {
  readonly child: ChildProcess;
  readonly exited: Promise<number | null>;
  output = '';

  constructor(command: string, args: readonly string[], env: NodeJS.ProcessEnv = process.env) {
    // A group of its own, so that what the program itself starts ends with it.
    this.child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env, detached: true });
    this.child.stdout?.on('data', (bytes: Buffer) => (this.output += bytes.toString()));
    this.child.stderr?.on('data', (bytes: Buffer) => (this.output += bytes.toString()));
    this.exited = new Promise((resolve) => this.child.once('close', (code) => resolve(code)));
    this.child.once(
      'close',
      atExit(() => this.#signal('SIGKILL')),
    );
  }

  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> {
    this.#signal(signal);
    return this.exited;
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.child.pid === undefined || this.child.exitCode !== null || this.child.signalCode !== null)
      return;
    try {
      process.kill(-this.child.pid, signal);
    } catch {
      // It has just ended by itself.
    }
  }
}

/** Makes a file with ffmpeg; throws what ffmpeg says if it cannot. */
export function makeWithFfmpeg(args: readonly string[]): void {
  const { status, stderr } = spawnSync('ffmpeg', ['-y', '-loglevel', 'error', ...args], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`ffmpeg: ${stderr}`);
}
