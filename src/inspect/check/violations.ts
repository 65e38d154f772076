import { RULES, type Breach, type Level, type RuleCode } from './rules.ts';

/** Where and when a rule was seen broken. */
export interface BreachPlace {
  /** As the multivariant playlist names it. */
  readonly playlist: string;
  /** Media sequence number. */
  readonly segment?: number | undefined;
  /** Since the check began. */
  readonly atSeconds: number;
}

/** All breaches of one rule together: repeats are counted. */
export interface Violation {
  readonly code: RuleCode;
  readonly level: Level;
  readonly clause: string;
  readonly count: number;
  /** Of the first. */
  readonly message: string;
  /** What it means for players. */
  readonly effect: string;
  readonly first: BreachPlace;
  readonly last: BreachPlace;
}

/** Collects breaches, one entry for each rule and level. */
export class Violations {
  readonly #found = new Map<string, Violation>();

  add(breach: Breach, place: Omit<BreachPlace, 'segment'>): void {
    const rule = RULES[breach.code];
    const level = breach.level ?? rule.level;
    const last: BreachPlace = {
      playlist: place.playlist,
      ...(breach.segment !== undefined && { segment: breach.segment }),
      atSeconds: place.atSeconds,
    };
    const key = `${level} ${breach.code}`;
    const known = this.#found.get(key);
    this.#found.set(
      key,
      known
        ? { ...known, count: known.count + 1, last }
        : {
            code: breach.code,
            level,
            clause: breach.clause ?? rule.clause,
            count: 1,
            message: breach.message,
            effect: rule.effect,
            first: last,
            last,
          },
    );
  }

  /** What breaks the standard comes before advice; apart from that, as found. */
  list(): Violation[] {
    const all = [...this.#found.values()];
    return [...all.filter(({ level }) => level === 'must'), ...all.filter(({ level }) => level === 'should')];
  }
}
