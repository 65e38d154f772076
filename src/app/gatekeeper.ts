import type { StreamName } from '../media/stream-name.ts';
import type { EventFeed } from '../observe/events.ts';
import { maskQuery, type Log } from '../observe/log.ts';
import type { Caller, Gate, Refusal, Verdict, Visit } from '../servers/gate.ts';
import type { AccessJudge, AccessVerdict, HookJudge } from '../servers/judges.ts';
import type { Visits } from './visits.ts';

export interface GatekeeperOptions {
  readonly access: AccessJudge;
  /** Absent: no hook decides. */
  readonly hooks?: HookJudge | undefined;
  readonly visits: Visits;
  readonly events: EventFeed;
  /** Counts who is not let in. */
  readonly refused?: ((action: Visit['action'], reason: string) => void) | undefined;
  readonly log: Log;
}

type Allowed = Extract<AccessVerdict, { allowed: true }>;

const NOTHING_TO_GIVE_UP = (): void => undefined;
/** Something of ours has failed: nobody is let in by that. */
const FAILED: Refusal = { reason: 'the gateway failed to decide; try again later' };

/**
 * Asks whoever has a say: first the rules of access, which know keys and where they lead, then the hooks, then the guest book.
 * Where nobody has to be waited for, the answer comes at once.
 */
export class Gatekeeper implements Gate {
  readonly #options: GatekeeperOptions;
  #shut: string | undefined;

  constructor(options: GatekeeperOptions) {
    this.#options = options;
  }

  /** From now on nobody is let in any more; who is in may stay. */
  shut(reason: string): void {
    this.#shut = reason;
  }

  isOpen(name: StreamName): boolean {
    const { access, hooks } = this.#options;
    return access.playIsOpen && hooks?.isAsked('play', name) !== true;
  }

  ask(visit: Visit, answer: (verdict: Verdict) => void): () => void {
    if (this.#shut !== undefined) {
      answer(this.#refuse(visit, { reason: this.#shut, isForNow: true }));
      return NOTHING_TO_GIVE_UP;
    }
    const access = this.#options.access.judge(visit);
    if (!(access instanceof Promise) && !this.#needsHooks(visit, access)) {
      answer(this.#admit(visit, access));
      return NOTHING_TO_GIVE_UP;
    }
    return this.#later(
      (signal) => this.#consult(visit, access, signal),
      (admit) => answer(admit()),
      () => answer({ granted: false, ...FAILED }),
    );
  }

  connect(caller: Caller, answer: (refusal: Refusal | undefined) => void): () => void {
    if (this.#shut !== undefined) {
      answer({ reason: this.#shut });
      return NOTHING_TO_GIVE_UP;
    }
    const { hooks } = this.#options;
    if (hooks?.isAskedToConnect(caller.app) !== true) {
      this.#connected(caller);
      answer(undefined);
      return NOTHING_TO_GIVE_UP;
    }
    return this.#later(
      (signal) => hooks.connect(caller, signal),
      (verdict) => {
        if (verdict.allowed) this.#connected(caller);
        answer(verdict.allowed ? undefined : refusalOf(verdict));
      },
      () => answer(FAILED),
    );
  }

  #needsHooks(visit: Visit, access: AccessVerdict): access is Allowed {
    return access.allowed && this.#options.hooks?.isAsked(visit.action, access.name) === true;
  }

  /** What is to be done when everybody has been asked: nothing happens before it is known that the visitor is still there. */
  async #consult(
    visit: Visit,
    asked: AccessVerdict | Promise<AccessVerdict>,
    signal: AbortSignal,
  ): Promise<() => Verdict> {
    const access = await asked;
    if (signal.aborted || !this.#needsHooks(visit, access)) return () => this.#admit(visit, access);
    const id = this.#options.visits.newId();
    const verdict = await this.#options.hooks!.decide({ ...visit, name: access.name, id }, signal);
    if (!verdict.allowed) return () => this.#refuse(visit, refusalOf(verdict), 'a hook has refused');
    const name = verdict.name ?? access.name;
    return () => {
      // Hooks take their time: a key may have been revoked meanwhile.
      const again = access.key === undefined ? access : this.#options.access.judge(visit);
      if (!(again instanceof Promise) && !again.allowed) return this.#admit(visit, again);
      return this.#admit(visit, { ...access, name }, id);
    };
  }

  #later<Result>(
    work: (signal: AbortSignal) => Promise<Result>,
    done: (result: Result) => void,
    failed: () => void,
  ): () => void {
    const leaving = new AbortController();
    const unlessGone = (then: () => void): void => {
      if (!leaving.signal.aborted) then();
    };
    work(leaving.signal)
      .then((result) => unlessGone(() => done(result)))
      .catch((error: unknown) => {
        unlessGone(() => {
          this.#options.log.error({ err: error }, 'deciding on a visitor failed');
          failed();
        });
      });
    return () => leaving.abort();
  }

  #admit(visit: Visit, access: AccessVerdict, id?: string): Verdict {
    if (this.#shut !== undefined) return this.#refuse(visit, { reason: this.#shut, isForNow: true });
    if (!access.allowed) return this.#refuse(visit, { reason: access.reason, missing: access.missing });
    const { visits } = this.#options;
    const { name, key } = access;
    const led = { name, key: key?.id };
    const barred = visits.barred(visit, led);
    if (barred !== undefined) return this.#refuse(visit, { reason: barred }, 'kicked a moment ago');
    const most = visit.action === 'play' ? key?.maxViewers : undefined;
    const isFull = key && most !== undefined && visits.viewersOf(key.id) >= most;
    const rivals = isFull ? visits.rivalsOf(key.id, visit) : undefined;
    if (isFull && !rivals) {
      const reason = `this key is for ${most} ${most === 1 ? 'viewer' : 'viewers'} at a time, and so many watch with it`;
      return this.#refuse(visit, { reason });
    }
    return { granted: true, ...led, pass: visits.admit(id ?? visits.newId(), visit, { ...led, rivals }) };
  }

  /** Without the name: of a publisher it may be a key. `counted`: instead of what others have written. */
  #refuse({ action, protocol, address }: Visit, refusal: Refusal, counted = refusal.reason): Verdict {
    this.#options.log.debug({ action, protocol, address, reason: refusal.reason }, 'refused');
    this.#options.refused?.(action, counted);
    return { granted: false, ...refusal };
  }

  disconnected(caller: Caller): void {
    this.#tellOf('disconnect', caller);
  }

  #connected(caller: Caller): void {
    this.#tellOf('connect', caller);
  }

  #tellOf(type: 'connect' | 'disconnect', caller: Caller): void {
    const { address, app, program } = caller;
    this.#options.events.tell({ type, address, app: maskQuery(app), program }, caller);
  }
}

/** A redirect that cannot stand in a header is none. */
function refusalOf({ reason, redirect }: { readonly reason: string; readonly redirect?: string }): Refusal {
  const isPlain = redirect !== undefined && /^[\x21-\x7e]{1,2048}$/.test(redirect);
  return isPlain ? { reason, redirect } : { reason };
}
