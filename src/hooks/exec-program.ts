import { spawn, type ChildProcess } from 'node:child_process';
import type { Log } from '../observe/log.ts';
import type { After } from '../stream/registry.ts';
import { backOff } from './back-off.ts';
import { ExecOutput } from './exec-output.ts';

export interface ExecProgramOptions {
  /** The program, and its arguments as they are. */
  readonly command: readonly string[];
  /** Added to the gateway's own environment, which is passed on without its settings. */
  readonly environment: Readonly<Record<string, string>>;
  readonly restart: boolean;
  /** Monotonic, ms. */
  readonly now: () => number;
  readonly after: After;
  readonly random: () => number;
  /** It fails again and again: in words, once. */
  readonly alarm: (text: string) => void;
  readonly log: Log;
}

/** A program that has run for this long has started well; what happens to it then is a first failure again. */
const RAN_WELL_MS = 30_000;
/** From SIGTERM to SIGKILL: enough for ffmpeg to close a file. */
const GRACE_MS = 5_000;
/** What a program said last may come after its end; a grandchild that keeps its pipes must not hold up a restart. */
const LAST_WORDS_MS = 500;
/** Failures in a row before operators are told. */
const ALARM_AFTER = 3;

/** One program that runs until it is stopped, started again when it ends by itself. */
export class ExecProgram {
  readonly #options: ExecProgramOptions;
  readonly #name: string;
  #child: ChildProcess | undefined;
  #ended: Promise<void> = Promise.resolve();
  #cancel: (() => void) | undefined;
  #failures = 0;
  #isStopping = false;

  constructor(options: ExecProgramOptions) {
    this.#options = options;
    this.#name = options.command[0] ?? '';
  }

  get isRunning(): boolean {
    return this.#child !== undefined;
  }

  start(): void {
    if (this.#isStopping || this.#child) return;
    const begun = this.#options.now();
    let child: ChildProcess;
    try {
      child = this.#spawn();
    } catch (error) {
      // Some of the reasons are thrown, others told by an event.
      return this.#over(`cannot be started: ${inWords(error as NodeJS.ErrnoException)}`, '', 0);
    }
    this.#child = child;
    this.#ended = this.#untilEnd(child, begun);
    if (child.pid !== undefined) this.#options.log.info({ pid: child.pid }, `${this.#name} started`);
  }

  /** In a group of its own, so that what it starts itself ends with it; nothing goes through a shell. @throws what the system says */
  #spawn(): ChildProcess {
    const [program = '', ...args] = this.#options.command;
    return spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...ownEnvironment(), ...this.#options.environment },
      detached: true,
    });
  }

  /** Passes on what it says; resolves when it is over. */
  #untilEnd(child: ChildProcess, begun: number): Promise<void> {
    const { log, now, after } = this.#options;
    const output = new ExecOutput((line) => log.info(`${this.#name}: ${line}`), now);
    // There are no pipes where too many files were open already.
    for (const pipe of [child.stdout, child.stderr])
      pipe?.setEncoding('utf8').on('data', (text: string) => output.push(text));
    endWithUs(child);
    return new Promise((resolve) => {
      const end = (how: string): void => {
        if (this.#child !== child) return;
        this.#child = undefined;
        running.delete(child);
        output.end();
        this.#over(how, output.last, now() - begun);
        resolve();
      };
      child.once('error', (error: NodeJS.ErrnoException) => end(`cannot be started: ${inWords(error)}`));
      child.once('exit', (code, by) => {
        const how = by === null ? `has ended with code ${code ?? 0}` : `was ended by ${by}`;
        const cancel = after(LAST_WORDS_MS, () => end(how));
        child.once('close', () => {
          cancel();
          end(how);
        });
      });
    });
  }

  /** SIGTERM, and SIGKILL to what is still there after a while. Resolves when it has gone. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    this.#cancel?.();
    this.#cancel = undefined;
    const child = this.#child;
    if (!child) return;
    signal(child, 'SIGTERM');
    const cancel = this.#options.after(GRACE_MS, () => {
      this.#options.log.warn(`${this.#name} does not end; it is killed`);
      signal(child, 'SIGKILL');
    });
    await this.#ended;
    cancel();
  }

  #over(how: string, last: string, ranMs: number): void {
    const { restart, after, random, alarm, log } = this.#options;
    if (this.#isStopping) {
      log.info(`${this.#name} stopped`);
      return;
    }
    const text = `${this.#name} ${how}${last === '' ? '' : `: ${last}`}`;
    if (!restart) {
      log.info(text);
      return;
    }
    this.#failures = ranMs >= RAN_WELL_MS ? 1 : this.#failures + 1;
    if (this.#failures === ALARM_AFTER) alarm(`${text}; ${this.#failures} times in a row`);
    const ms = backOff(this.#failures, random());
    log.warn(`${text}; started again in ${(ms / 1000).toFixed(1)} s`);
    this.#cancel = after(ms, () => this.start());
  }
}

/** The gateway's settings may be in its environment and some of them are secrets, which are no program's business. */
function ownEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('MILLRACE_')));
}

/** Programs of this process: one listener ends them all, however many there are. */
const running = new Set<ChildProcess>();

function endWithUs(child: ChildProcess): void {
  if (running.size === 0) process.removeListener('exit', endRunning).once('exit', endRunning);
  running.add(child);
}

function endRunning(): void {
  for (const child of running) signal(child, 'SIGKILL');
}

/** To the program and all it has started. */
function signal(child: ChildProcess, name: NodeJS.Signals): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, name);
  } catch {
    // It has just ended by itself.
  }
}

function inWords({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'there is no such program';
  if (code === 'EACCES') return 'it may not be executed';
  if (code === 'E2BIG') return 'its arguments are too long';
  if (code === 'EMFILE' || code === 'ENFILE') return 'too many files are open';
  if (code?.startsWith('ERR_')) return message;
  return code ?? message;
}
