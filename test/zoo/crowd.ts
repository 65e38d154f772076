import assert from 'node:assert/strict';
import type { Violation } from '../../src/inspect/check/violations.ts';
import { inspect } from '../../src/inspect/inspect.ts';
import { inSimulatedTime } from '../support/simulated-time.ts';
import type { Animal, Expected } from './animal.ts';
import { visiting, type Zoo } from './wire.ts';

/** What of an animal the checker is judged by. */
type Beast = Pick<Animal, 'name' | 'expects' | 'also'>;

const meets = (found: Violation, { code, level, clause = '' }: Expected): boolean =>
  found.code === code && found.level === level && found.clause.includes(clause);

const tell = (found: readonly Violation[]): string =>
  found.map(({ level, code, clause, message }) => `\n  ${level} ${code} (${clause}): ${message}`).join('');

/** Where the checker and an animal disagree, in words; undefined if they do not. */
function disagreement(animal: Beast, found: readonly Violation[]): string | undefined {
  const missing = animal.expects.filter((expected) => !found.some((one) => meets(one, expected)));
  const allowed = new Set([...animal.expects.map(({ code }) => code), ...(animal.also ?? [])]);
  const others = found.filter(({ code }) => !allowed.has(code));
  const wanted = missing.map(({ level, code, clause = 'any' }) => `${level} ${code} (§${clause})`);
  if (wanted.length > 0) return `not found was ${wanted.join(', ')}, but:${tell(found) || ' nothing'}`;
  return others.length > 0 ? `found was what is not there:${tell(others)}` : undefined;
}

/** What the checker says of many animals, looked at all at once. */
export class Crowd<Kind extends Beast> {
  readonly #zoo: Zoo<Kind>;
  readonly #secondsFor: (animal: Kind) => number;
  readonly #found = new Map<string, readonly Violation[]>();
  /** Looks that the checker gave up. */
  readonly #failures = new Map<string, unknown>();

  constructor(zoo: Zoo<Kind>, secondsFor: (animal: Kind) => number) {
    this.#zoo = zoo;
    this.#secondsFor = secondsFor;
  }

  /** By a clock that waits for the checker: no machine is too slow. */
  async lookInSimulatedTime(animals: readonly Kind[]): Promise<void> {
    await inSimulatedTime(() => visiting(this.#zoo, () => this.look(animals)));
  }

  /** By the clock and over the connections that are there. */
  async look(animals: readonly Kind[]): Promise<void> {
    await Promise.all(animals.map((animal) => this.#look(animal)));
  }

  /** Throws where the checker was not of one mind with the animal. */
  judge(animal: Kind): void {
    const found = this.#found.get(animal.name);
    assert.ok(found, `the checker gave up: ${String(this.#failures.get(animal.name))}`);
    const why = disagreement(animal, found);
    assert.equal(why, undefined, why);
  }

  async #look(animal: Kind): Promise<void> {
    const seconds = this.#secondsFor(animal);
    try {
      const report = await inspect(this.#zoo.urlOf(animal), { seconds, check: true });
      assert.ok(report.kind === 'hls' && report.check, 'nothing was checked');
      const { loads, violations } = report.check;
      assert.ok(loads > 1, `the playlist was loaded ${loads} times`);
      this.#found.set(animal.name, violations);
    } catch (why) {
      this.#failures.set(animal.name, why);
    }
  }
}
