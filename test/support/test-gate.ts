import type { StreamName } from '../../src/media/stream-name.ts';
import type { Caller, Gate, Pass, Refusal, Traffic, Verdict, Visit } from '../../src/servers/gate.ts';

/** A visit that was let in, and what became of it. */
export interface TestPass extends Pass {
  readonly visit: Visit;
  kick: ((reason: string) => void) | undefined;
  traffic: (() => Traffic) | undefined;
  /** Why it is over. */
  ended: string | undefined;
}

/** A gate that does what the test says. By itself it lets everybody in at once. */
export class TestGate implements Gate {
  readonly visits: Visit[] = [];
  readonly callers: Caller[] = [];
  readonly passes: TestPass[] = [];
  /** Visits whose answer was given up. */
  readonly givenUp: Visit[] = [];
  /** HLS may be served without asking. */
  open = true;
  /** Undefined: yes, where it wants. A promise: later. */
  verdict: (visit: Visit) => Refusal | StreamName | undefined | Promise<Refusal | StreamName | undefined> =
    () => undefined;
  connectVerdict: (caller: Caller) => Refusal | undefined | Promise<Refusal | undefined> = () => undefined;

  isOpen(): boolean {
    return this.open;
  }

  ask(visit: Visit, answer: (verdict: Verdict) => void): () => void {
    this.visits.push(visit);
    return this.#say(
      this.verdict(visit),
      (said) => answer(this.#verdictOf(visit, said)),
      () => this.givenUp.push(visit),
    );
  }

  connect(caller: Caller, answer: (refusal: Refusal | undefined) => void): () => void {
    this.callers.push(caller);
    return this.#say(this.connectVerdict(caller), answer, () => undefined);
  }

  #say<T>(said: T | Promise<T>, answer: (said: T) => void, givenUp: () => void): () => void {
    if (!(said instanceof Promise)) {
      answer(said);
      return () => undefined;
    }
    let isOver = false;
    void said.then((value) => {
      if (isOver) return;
      isOver = true;
      answer(value);
    });
    return () => {
      if (isOver) return;
      isOver = true;
      givenUp();
    };
  }

  #verdictOf(visit: Visit, said: Refusal | StreamName | undefined): Verdict {
    if (said && 'reason' in said) return { granted: false, ...said };
    const pass: TestPass = {
      id: `v-${this.passes.length + 1}`,
      visit,
      kick: undefined,
      traffic: undefined,
      ended: undefined,
      began: (kick, traffic) => {
        pass.kick = kick;
        pass.traffic = traffic;
      },
      over: (reason) => {
        pass.ended ??= reason;
      },
    };
    this.passes.push(pass);
    return { granted: true, name: said ?? visit.name, pass };
  }
}
