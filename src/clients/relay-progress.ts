import type { RelayTime } from './time.ts';

/**
 * `idle`: nothing to relay now. `waiting`: for the next attempt. `stopped`: no attempt will be made, because none can
 * succeed.
 */
export type RelayState = 'idle' | 'connecting' | 'running' | 'waiting' | 'stopped';

/** How one relay is doing. */
export interface RelayHealth {
  readonly state: RelayState;
  /** Why it is not running, or what it leaves out, in words. */
  readonly problem: string | undefined;
  /** Connections tried since there was something to relay. */
  readonly attempts: number;
  /** Wall clock, ms. */
  readonly runningSince: number | undefined;
}

/** Told of changes worth a line in the log. */
export type TellRelay = (state: RelayState, text: string) => void;

/** Another problem than the last one is told so often at most: a server that is down may fail in many ways. */
const TELL_MS = 60_000;

/** Keeps one relay's health, and tells of its changes: one line per change, however many attempts there are between. */
export class RelayProgress {
  readonly #time: RelayTime;
  readonly #tell: TellRelay;
  #health: RelayHealth = { state: 'idle', problem: undefined, attempts: 0, runningSince: undefined };
  #told: { readonly state: RelayState; readonly problem: string | undefined; readonly at: number };

  constructor(time: RelayTime, tell: TellRelay) {
    this.#time = time;
    this.#tell = tell;
    this.#told = { state: 'idle', problem: undefined, at: time.now() };
  }

  get health(): RelayHealth {
    return this.#health;
  }

  /** What went wrong before stays until it runs. */
  connecting(): void {
    this.#health = { ...this.#health, state: 'connecting', attempts: this.#health.attempts + 1 };
  }

  /** @param problem what is wrong although it runs */
  running(problem?: string): void {
    const { state, runningSince } = this.#health;
    this.#health = {
      ...this.#health,
      state: 'running',
      problem,
      runningSince: state === 'running' ? runningSince : this.#time.clock(),
    };
    this.#note(problem === undefined ? 'running' : `running; ${problem}`);
  }

  waiting(problem: string): void {
    this.#health = { ...this.#health, state: 'waiting', problem, runningSince: undefined };
    this.#note(problem);
  }

  stopped(problem: string): void {
    this.#health = { ...this.#health, state: 'stopped', problem, runningSince: undefined };
    this.#note(problem);
  }

  idle(why: string): void {
    if (this.#health.state === 'idle') return;
    this.#health = { state: 'idle', problem: undefined, attempts: 0, runningSince: undefined };
    this.#note(why);
  }

  #note(text: string): void {
    const { state, problem } = this.#health;
    const now = this.#time.now();
    const isSame = state === this.#told.state && problem === this.#told.problem;
    const isSoon = state === this.#told.state && now - this.#told.at < TELL_MS;
    if (isSame || isSoon) return;
    this.#told = { state, problem, at: now };
    this.#tell(state, text);
  }
}
