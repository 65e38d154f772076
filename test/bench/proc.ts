import { readdirSync, readFileSync } from 'node:fs';

/** Ticks of /proc/PID/stat in a second (USER_HZ, the same on every Linux). */
const CLOCK_TICKS = 100;

/** A process and all that it has started. */
export function family(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`)
    .split(' ')
    .filter((text) => text !== '');
  return [pid, ...children.flatMap((child) => family(Number(child)))];
}

/** Processor seconds of all threads; to the nanosecond where the kernel keeps that, else to 10 ms. */
export function cpuSeconds(pid: number): number {
  let nanoseconds = 0;
  for (const thread of threads(pid)) {
    const [running] = read(`/proc/${pid}/task/${thread}/schedstat`).split(' ');
    if (running === undefined || running === '') return ticksOf(pid).user + ticksOf(pid).system;
    nanoseconds += Number(running);
  }
  return nanoseconds / 1e9;
}

/** Processor seconds in the program's own code and in the kernel, to 10 ms. */
export function ticksOf(pid: number): { user: number; system: number } {
  const afterName = read(`/proc/${pid}/stat`).split(') ')[1]?.split(' ') ?? [];
  return { user: Number(afterName[11] ?? 0) / CLOCK_TICKS, system: Number(afterName[12] ?? 0) / CLOCK_TICKS };
}

export function rssBytes(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

/** Files that a program started here may open: it may raise the soft limit to the hard one, and all that are measured do. */
export function openFilesLimit(): number {
  const hard = /^Max open files +\S+ +(\d+)/m.exec(read('/proc/self/limits'))?.[1];
  return hard === undefined ? Infinity : Number(hard);
}

/** What a core has done since the start of the machine, in ticks. */
export interface CoreTimes {
  readonly total: number;
  readonly idle: number;
  /** Taken by other guests of the same machine. */
  readonly stolen: number;
  /** Interrupts: network work of the kernel that is counted for no process. */
  readonly interrupts: number;
}

export function coreTimes(core: number): CoreTimes {
  const line = new RegExp(`^cpu${core} (.*)$`, 'm').exec(read('/proc/stat'))?.[1] ?? '';
  const [user = 0, nice = 0, system = 0, idle = 0, waiting = 0, hard = 0, soft = 0, stolen = 0] = line
    .trim()
    .split(' ')
    .map(Number);
  const interrupts = hard + soft;
  const total = user + nice + system + idle + waiting + interrupts + stolen;
  return { total, idle: idle + waiting, stolen, interrupts };
}

function threads(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch {
    return []; // it has ended
  }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
