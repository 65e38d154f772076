import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Violation } from '../../src/inspect/check/violations.ts';
import { inspect } from '../../src/inspect/inspect.ts';
import type { Animal, Expected } from './animal.ts';

/** Looks begin so far apart, and farther where timers come late: a look that is starved does not see what a player sees. */
const STAGGER_MS = 30;
const LATE_MS = 15;
const MAX_WAITS = 20;
/** Where the process, which plays all the animals too, was held up for so long, what came late may have been its own doing. */
const HELD_UP_MS = 50;
/** Looks at one time, when the machine had no time for all together. */
const SMALL_CROWD = 12;
const TIMES_AGAIN = 2;

/** What of an animal the checker is judged by. */
export type Beast = Pick<Animal, 'name' | 'expects' | 'also'>;

/** Where animals of a kind are played. */
interface Zoo<Kind> {
  urlOf(animal: Kind): string;
  /** Its show begins anew with the next that asks. */
  rewind(animal: Kind): void;
}

const meets = (found: Violation, { code, level, clause = '' }: Expected): boolean =>
  found.code === code && found.level === level && found.clause.includes(clause);

const tell = (found: readonly Violation[]): string =>
  found.map(({ level, code, clause, message }) => `\n  ${level} ${code} (${clause}): ${message}`).join('');

/** Where the checker and an animal disagree, in words; undefined if they do not. */
export function disagreement(animal: Beast, found: readonly Violation[]): string | undefined {
  const missing = animal.expects.filter((expected) => !found.some((one) => meets(one, expected)));
  const allowed = new Set([...animal.expects.map(({ code }) => code), ...(animal.also ?? [])]);
  const others = found.filter(({ code }) => !allowed.has(code));
  const wanted = missing.map(({ level, code, clause = 'any' }) => `${level} ${code} (§${clause})`);
  if (wanted.length > 0) return `not found was ${wanted.join(', ')}, but:${tell(found) || ' nothing'}`;
  return others.length > 0 ? `found was what is not there:${tell(others)}` : undefined;
}

/** What the checker said in one look. */
export interface Looked {
  readonly violations: readonly Violation[];
  /** The playlist was read as often as its target duration of 1 s asks for, and nothing was late. */
  readonly keptUp: boolean;
}

/** Runs the checker over many animals at the same time. */
export class Crowd<Kind extends Beast> {
  readonly #zoo: Zoo<Kind>;
  readonly #secondsFor: (animal: Kind) => number;
  readonly looked = new Map<string, Looked>();
  /** Looks that the checker gave up. */
  readonly failures = new Map<string, unknown>();

  constructor(zoo: Zoo<Kind>, secondsFor: (animal: Kind) => number) {
    this.#zoo = zoo;
    this.#secondsFor = secondsFor;
  }

  /** Looks at all of them; in small groups again at those where it disagrees and the machine did not keep up. */
  async lookAt(animals: readonly Kind[]): Promise<void> {
    let wasHeldUp = await this.#lookAtOnce(animals);
    for (let time = 0, again = animals; time < TIMES_AGAIN; time++) {
      again = again.filter((animal) => this.#isForUs(animal, wasHeldUp));
      wasHeldUp = false;
      for (let at = 0; at < again.length; at += SMALL_CROWD)
        if (await this.#lookAtOnce(again.slice(at, at + SMALL_CROWD))) wasHeldUp = true;
    }
  }

  /** The checker disagrees with it, and it may be this machine's doing. */
  #isForUs(animal: Kind, wasHeldUp: boolean): boolean {
    const looked = this.looked.get(animal.name);
    if (!looked || (looked.keptUp && !wasHeldUp)) return false;
    return disagreement(animal, looked.violations) !== undefined;
  }

  /** @returns whether the process was held up meanwhile */
  async #lookAtOnce(animals: readonly Kind[]): Promise<boolean> {
    const loop = monitorEventLoopDelay({ resolution: 20 });
    loop.enable();
    const looks: Promise<void>[] = [];
    for (const animal of animals) {
      looks.push(this.#look(animal).catch((why: unknown) => void this.failures.set(animal.name, why)));
      for (let waits = 0; waits < MAX_WAITS; waits++) {
        const before = performance.now();
        await sleep(STAGGER_MS);
        if (performance.now() - before < STAGGER_MS + LATE_MS) break;
      }
    }
    await Promise.all(looks);
    loop.disable();
    return loop.max / 1e6 > HELD_UP_MS;
  }

  async #look(animal: Kind): Promise<void> {
    this.#zoo.rewind(animal);
    const seconds = this.#secondsFor(animal);
    const report = await inspect(this.#zoo.urlOf(animal), { seconds, check: true });
    const check = report.kind === 'hls' ? report.check : undefined;
    const ended = report.kind === 'hls' && !report.live;
    const loads = check?.loads ?? 0;
    const keptUp = report.lookedSeconds < seconds + 0.5 && (ended || loads >= seconds);
    this.looked.set(animal.name, { violations: check?.violations ?? [], keptUp });
  }
}
