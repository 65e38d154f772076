import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

/** Ticks of /proc/PID/stat in a second (USER_HZ, the same on every Linux). */
const CLOCK_TICKS = 100;

/** Nothing that was started outlives the benchmark. */
const alive = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** A program that runs beside the benchmark: its events (JSON lines), processor time and memory. */
export class Running {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #events: Record<string, unknown>[] = [];
  readonly #exited: Promise<number | null>;
  #changed: () => void = () => undefined;
  #stderr = '';
  #isOver = false;

  constructor(command: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#child = spawn(command, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    this.pid = this.#child.pid ?? -1;
    this.#child.stderr!.on(
      'data',
      (bytes: Buffer) => (this.#stderr = (this.#stderr + bytes.toString()).slice(-4000)),
    );
    createInterface({ input: this.#child.stdout! }).on('line', (line) => {
      if (line.startsWith('{')) this.#events.push(JSON.parse(line) as Record<string, unknown>);
      this.#changed();
    });
    alive.add(this.#child);
    this.#exited = new Promise((resolve) =>
      this.#child.once('close', (code) => {
        alive.delete(this.#child);
        this.#isOver = true;
        this.#changed();
        resolve(code);
      }),
    );
  }

  /** Waits for an event of that name. @throws {Error} with the program's own words if it ends without. */
  async event(name: string): Promise<Record<string, unknown>> {
    for (;;) {
      const found = this.#events.find((one) => one['event'] === name);
      if (found) return found;
      if (this.#isOver)
        throw new Error(`${this.#child.spawnfile} ended without "${name}": ${this.#stderr.trim()}`);
      await new Promise<void>((resolve) => (this.#changed = resolve));
    }
  }

  /** All events of that name so far. */
  events(name: string): Record<string, unknown>[] {
    return this.#events.filter((one) => one['event'] === name);
  }

  /** Processor seconds of the program and of what it has started, all threads. */
  cpuSeconds(): number {
    return family(this.pid).reduce((sum, pid) => sum + cpuOf(pid), 0);
  }

  rssBytes(): number {
    return family(this.pid).reduce((sum, pid) => sum + rssOf(pid), 0);
  }

  async stop(): Promise<void> {
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5_000);
    await this.#exited;
    clearTimeout(timer);
  }

  /** Resolves when the program has ended by itself. */
  async ended(): Promise<number | null> {
    return this.#exited;
  }
}

function family(pid: number): number[] {
  const children = read(`/proc/${pid}/task/${pid}/children`)
    .split(' ')
    .filter((text) => text !== '');
  return [pid, ...children.flatMap((child) => family(Number(child)))];
}

function cpuOf(pid: number): number {
  const afterName = read(`/proc/${pid}/stat`).split(') ')[1]?.split(' ') ?? [];
  return (Number(afterName[11] ?? 0) + Number(afterName[12] ?? 0)) / CLOCK_TICKS;
}

function rssOf(pid: number): number {
  const kilobytes = /^VmRSS:\s+(\d+) kB/m.exec(read(`/proc/${pid}/status`))?.[1];
  return Number(kilobytes ?? 0) * 1024;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
