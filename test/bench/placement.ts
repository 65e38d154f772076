import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';

/** Where a program runs. */
export interface Placement {
  /** This core only. */
  readonly core?: number | undefined;
  /** Before all others: a probe that must not wait for other generators on its core. */
  readonly isUrgent?: boolean | undefined;
}

/** The measured server has the first core to itself; what loads it has the second. */
export const SERVER = { core: 0 } as const;
export const LOAD = { core: 1 } as const;
export const PROBE = { core: 1, isUrgent: true } as const;

/** Why nothing can be pinned here; undefined if it can. */
export function pinningMissing(): string | undefined {
  if (cpus().length < 2) return 'there is one core: the server and its load cannot have one each';
  return works('taskset', ['-c', '0', 'true']) ? undefined : 'taskset (util-linux) does not work here';
}

/** The command line that runs a program there. Where real-time priority is not allowed, an urgent one runs as any other. */
export function placed(
  command: string,
  args: readonly string[],
  { core, isUrgent }: Placement,
): [string, string[]] {
  const before: string[] = [];
  if (core !== undefined) before.push('taskset', '-c', `${core}`);
  if (isUrgent && mayBeUrgent()) before.push('chrt', '-f', '1');
  const [first = command, ...rest] = [...before, command, ...args];
  return [first, rest];
}

/** Puts the benchmark itself there, out of the way of what is measured; without a core, back to all. */
export function moveSelf(core?: number): void {
  const cores = core === undefined ? `0-${cpus().length - 1}` : `${core}`;
  spawnSync('taskset', ['-a', '-c', '-p', cores, `${process.pid}`]);
}

let isUrgentAllowed: boolean | undefined;

function mayBeUrgent(): boolean {
  isUrgentAllowed ??= works('chrt', ['-f', '1', 'true']);
  return isUrgentAllowed;
}

const works = (command: string, args: readonly string[]): boolean => spawnSync(command, args).status === 0;
