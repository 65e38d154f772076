import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { placed, type Placement } from './placement.ts';
import { cpuSeconds, family, rssBytes, ticksOf } from './proc.ts';

/** Nothing that was started outlives the benchmark. */
const alive = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

// By default a signal ends a process without "exit", and what it started would go on.
process.once('SIGINT', () => process.exit(130));
process.once('SIGTERM', () => process.exit(143));

export interface RunningOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly placement?: Placement;
}

/** A program that runs beside the benchmark: its events (JSON lines), processor time and memory. */
export class Running {
  readonly pid: number;
  readonly #child: ChildProcess;
  readonly #events: Record<string, unknown>[] = [];
  readonly #exited: Promise<number | null>;
  #changed: () => void = () => undefined;
  #text = '';
  #stderr = '';
  #isOver = false;

  constructor(command: string, args: readonly string[], { env = {}, placement = {} }: RunningOptions = {}) {
    this.#child = spawn(...placed(command, args, placement), {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    this.pid = this.#child.pid ?? -1;
    this.#child.stdin!.on('error', () => undefined); // it may have ended before it was told
    this.#child.stderr!.on(
      'data',
      (bytes: Buffer) => (this.#stderr = (this.#stderr + bytes.toString()).slice(-4000)),
    );
    createInterface({ input: this.#child.stdout! }).on('line', (line) => this.#take(line));
    alive.add(this.#child);
    this.#exited = new Promise((resolve) => {
      this.#child.once('error', (error) => (this.#stderr += error.message));
      this.#child.once('close', (code) => {
        alive.delete(this.#child);
        this.#isOver = true;
        this.#changed();
        resolve(code);
      });
    });
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** What it has printed that is no event. */
  get text(): string {
    return this.#text;
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

  /** Writes a line to its standard input. */
  tell(line: string): void {
    this.#child.stdin!.write(`${line}\n`);
  }

  /** Processor seconds of the program and of what it has started, all threads. */
  cpuSeconds(): number {
    return family(this.pid).reduce((sum, pid) => sum + cpuSeconds(pid), 0);
  }

  /** Of these, the share that the kernel spent. */
  ticks(): { user: number; system: number } {
    return ticksOf(this.pid);
  }

  rssBytes(): number {
    return family(this.pid).reduce((sum, pid) => sum + rssBytes(pid), 0);
  }

  async stop(): Promise<void> {
    if (this.#isOver) return;
    this.#child.kill('SIGTERM');
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), 5_000);
    await this.#exited;
    clearTimeout(timer);
  }

  /** Resolves when the program has ended by itself. */
  async ended(): Promise<number | null> {
    return this.#exited;
  }

  #take(line: string): void {
    if (line.startsWith('{')) this.#events.push(JSON.parse(line) as Record<string, unknown>);
    else this.#text += `${line}\n`;
    this.#changed();
  }
}
