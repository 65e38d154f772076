import type { AmfObject } from '../../amf/value.ts';
import type { Frame } from '../../media/frame.ts';
import type { FrameSink } from '../../stream/frame-sink.ts';
import type { Declared } from './examination.ts';
import { Examination } from './examination.ts';
import { RULES } from './rules.ts';
import type { StandingVerdict, Verdict, VerdictCode } from './verdict.ts';

export interface DoctorOptions {
  /** ms, monotonic. */
  readonly now: () => number;
  /** ms since 1970. */
  readonly clock: () => number;
  /** The stream's present publisher: its metadata, and why its tracks cannot be used. Undefined while there is none. */
  readonly publisher: () =>
    { readonly metadata: AmfObject | undefined; readonly problems: readonly string[] } | undefined;
  /** The verdicts are others than before: for the log, the hooks and the feed of events. */
  readonly changed: (news: HealthNews) => void;
}

/** What stands now, and what of it is new. */
export interface HealthNews {
  readonly verdicts: readonly StandingVerdict[];
  /** They did not stand before, or are graver than they were ever told. */
  readonly come: readonly StandingVerdict[];
  /** Their symptoms are over; empty where it is the publisher that has gone. */
  readonly healed: readonly Verdict[];
}

/** Looks in a row that a symptom must show, so that one hiccup is no illness. */
const LOOKS_TO_STAND = 3;
/** And must be away, so that a verdict does not flicker. */
const LOOKS_TO_FALL = 8;

interface Symptom {
  verdict: Verdict;
  seen: number;
  away: number;
  since: number | undefined;
  /** The worst that was told. */
  told: Verdict['severity'];
}

/** Says in plain words what is wrong with a stream and what to do about it; silent on a good one. */
export class Doctor implements FrameSink {
  readonly #options: DoctorOptions;
  readonly #symptoms = new Map<VerdictCode, Symptom>();
  #examination = new Examination();

  constructor(options: DoctorOptions) {
    this.#options = options;
  }

  /** What stands now, the gravest first. */
  get verdicts(): readonly StandingVerdict[] {
    const standing: StandingVerdict[] = [];
    for (const symptom of this.#symptoms.values())
      if (stands(symptom)) standing.push({ ...symptom.verdict, since: symptom.since });
    return standing.sort((a, b) => GRAVITY[b.severity] - GRAVITY[a.severity]);
  }

  /** How late the latest frame of the last second was beside the punctual ones, ms. */
  get lateMs(): number | undefined {
    return this.#examination.lateMs;
  }

  write(frame: Frame): void {
    if (frame.kind !== 'data') this.#examination.take(frame, this.#options.now());
  }

  flush(): void {
    // nothing is held back
  }

  /** The next publisher is examined anew. */
  interrupt(): void {
    this.#examination = new Examination();
    this.#fall();
  }

  end(): void {
    this.#fall();
  }

  /** Call about once a second. `heldUpMs`: how long we ourselves did not read in that time, which no publisher is to blame for. */
  look(heldUpMs = 0): void {
    const publisher = this.#options.publisher();
    if (!publisher) return;
    this.#examination.turn(heldUpMs);
    const findings = this.#examination.findings(this.#options.now(), declaredBy(publisher));
    const found = new Map<VerdictCode, Verdict>();
    for (const rule of RULES) {
      const verdict = rule(findings);
      if (verdict) found.set(verdict.code, verdict);
    }
    const come = this.#findNew(found);
    const healed = this.#findHealed(found);
    if (come.length + healed.length > 0) this.#options.changed({ verdicts: this.verdicts, come, healed });
  }

  /** Takes down what was found. */
  #findNew(found: ReadonlyMap<VerdictCode, Verdict>): StandingVerdict[] {
    const come: StandingVerdict[] = [];
    for (const [code, verdict] of found) {
      const { severity } = verdict;
      const known = this.#symptoms.get(code);
      const symptom = known ?? { verdict, seen: 0, away: 0, since: undefined, told: severity };
      this.#symptoms.set(code, symptom);
      symptom.verdict = verdict;
      symptom.seen++;
      symptom.away = 0;
      const isWorse = GRAVITY[severity] > GRAVITY[symptom.told];
      if (stands(symptom) ? !isWorse : symptom.seen < LOOKS_TO_STAND) continue;
      symptom.since ??= this.#options.clock();
      symptom.told = severity;
      come.push({ ...verdict, since: symptom.since });
    }
    return come;
  }

  /** Lets go of what was not found for long enough. */
  #findHealed(found: ReadonlyMap<VerdictCode, Verdict>): Verdict[] {
    const healed: Verdict[] = [];
    for (const [code, symptom] of this.#symptoms) {
      if (found.has(code)) continue;
      symptom.seen = 0;
      if (stands(symptom) && ++symptom.away < LOOKS_TO_FALL) continue;
      if (stands(symptom)) healed.push(symptom.verdict);
      this.#symptoms.delete(code);
    }
    return healed;
  }

  #fall(): void {
    const stood = this.verdicts.length > 0;
    this.#symptoms.clear();
    if (stood) this.#options.changed({ verdicts: [], come: [], healed: [] });
  }
}

function stands(symptom: Symptom): symptom is Symptom & { since: number } {
  return symptom.since !== undefined;
}

const GRAVITY = { advice: 0, warning: 1, error: 2 } as const;

function declaredBy({
  metadata,
  problems,
}: {
  readonly metadata: AmfObject | undefined;
  readonly problems: readonly string[];
}): Declared {
  const rate = metadata?.get('framerate') ?? metadata?.get('videoframerate');
  const isRate = typeof rate === 'number' && rate > 0 && rate < 1000;
  return { framesPerSecond: isRate ? rate : undefined, problems };
}
