import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Running } from '../running.ts';

export interface NativeTime {
  /** `kernel`, `Node and its libraries`, `compiled JavaScript`: share of all samples, 0 to 1. */
  readonly parts: readonly (readonly [name: string, share: number])[];
  readonly top: readonly (readonly [name: string, share: number])[];
}

/** Samples a process with perf, kernel included; undefined where perf is not there or not allowed. */
export async function nativeTime(pid: number, seconds: number): Promise<NativeTime | undefined> {
  if (spawnSync('perf', ['--version']).status !== 0) return undefined;
  const file = join(tmpdir(), `millrace-bench-${pid}.perf`);
  const args = ['record', '-q', '-F', '999', '-o', file, '-p', `${pid}`, '--', 'sleep', `${seconds}`];
  const code = await new Running('perf', args).ended();
  const parts = code === 0 ? report(file, 'dso') : [];
  const top = code === 0 ? report(file, 'symbol') : [];
  rmSync(file, { force: true });
  return parts.length > 0 ? { parts: inParts(parts), top: top.slice(0, 12) } : undefined;
}

function report(file: string, sort: 'dso' | 'symbol'): [string, number][] {
  const args = ['report', '-i', file, '--stdio', '--sort', sort, '--percent-limit', '0'];
  const { stdout } = spawnSync('perf', args, { encoding: 'utf8', maxBuffer: 2 ** 27 });
  return [...stdout.matchAll(/^\s+([\d.]+)%\s+(\S.*?)\s*$/gm)].map(([, percent, name]) => [
    name!.replace(/\s+-\s+-$/, '').replace(/^\[[.k]\] /, (kind) => (kind === '[k] ' ? 'kernel: ' : '')),
    Number(percent) / 100,
  ]);
}

/** By what kind of code it is. */
function inParts(libraries: readonly (readonly [string, number])[]): [string, number][] {
  const sums = new Map<string, number>();
  for (const [name, share] of libraries) {
    const isKernel = name.startsWith('[kernel') || name.startsWith('[guest');
    const isCompiled = /perf-\d+\.map|\[?anon|\[JIT\]|memfd/.test(name);
    const part = isKernel ? 'kernel' : isCompiled ? 'compiled JavaScript' : 'Node and its libraries';
    sums.set(part, (sums.get(part) ?? 0) + share);
  }
  return [...sums].sort(([, a], [, b]) => b - a);
}
