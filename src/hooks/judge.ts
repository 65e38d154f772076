import type { StreamName } from '../media/stream-name.ts';
import type { Log } from '../observe/log.ts';
import { readDecision, type AnswerContext } from './answer.ts';
import { clientId } from './client-id.ts';
import type { AskedCaller, AskedVisit, Decision } from './decision.ts';
import { PostError, type Post } from './http-post.ts';
import { NowAndThen } from './now-and-then.ts';
import {
  jsonConnectQuestion,
  jsonVisitQuestion,
  nginxConnectQuestion,
  nginxVisitQuestion,
  type Question,
} from './question.ts';
import { headersFor } from './request.ts';
import type { HookTarget } from './target.ts';

export interface HookJudgeOptions {
  /** In the order of the settings; asked anew each time, since they can be reloaded. */
  readonly targets: () => readonly HookTarget[];
  readonly post: Post;
  /** Wall clock, ms. */
  readonly clock: () => number;
  /** What tells this run of the program from all others, for ids. */
  readonly run: string;
  readonly ownPort: () => number;
  readonly log: Log;
}

/** How decisions went, since the start. */
export interface JudgeCounts {
  allowed: number;
  denied: number;
  /** There was no answer, or none that says anything; `onFailure` decided. */
  failed: number;
}

const GONE: Decision = { allowed: false, reason: 'the visitor has gone' };

/**
 * Asks the targets that decide, one after the other, before anything begins. All must allow; the first that does not has
 * the last word. One that gives a name renames for those after it too.
 */
export class HookJudge {
  readonly counts = new Map<string, JudgeCounts>();
  readonly #options: HookJudgeOptions;
  readonly #trouble = new Map<string, NowAndThen>();
  #questions = 0;

  constructor(options: HookJudgeOptions) {
    this.#options = options;
  }

  /** False: nobody has to be asked, and {@link decide} would allow at once. */
  isAsked(action: 'publish' | 'play', name: StreamName): boolean {
    return this.#options.targets().some((target) => target.decides(action) && target.wants(action, name));
  }

  isAskedToConnect(app: string): boolean {
    return this.#options
      .targets()
      .some((target) => target.decides('connect') && target.wantsApp('connect', app));
  }

  /** Never rejects. @param signal the visitor has gone: the question is taken back and the answer means nothing */
  async decide(visit: AskedVisit, signal?: AbortSignal): Promise<Decision> {
    const { targets, clock } = this.#options;
    let name = visit.name;
    for (const target of targets()) {
      if (!target.decides(visit.action) || !target.wants(visit.action, name)) continue;
      const asked = { ...visit, name };
      const id = this.#nextId();
      const question =
        target.settings.format === 'json'
          ? jsonVisitQuestion(asked, { id, at: clock() })
          : nginxVisitQuestion(asked, clientId(visit.connection, visit.id), id);
      const isRtmp = visit.protocol === 'rtmp' || visit.protocol === 'relay';
      const decision = await this.#ask(target, question, { name, isRtmp, signal });
      if (!decision.allowed) return decision;
      name = decision.name ?? name;
    }
    return name === visit.name ? { allowed: true } : { allowed: true, name };
  }

  /** The same for RTMP's `connect`. A redirect, too, is a refusal. */
  async connect(caller: AskedCaller, signal?: AbortSignal): Promise<Decision> {
    const { targets, clock } = this.#options;
    for (const target of targets()) {
      if (!target.decides('connect') || !target.wantsApp('connect', caller.app)) continue;
      const when = { id: this.#nextId(), at: clock() };
      const question =
        target.settings.format === 'json'
          ? jsonConnectQuestion(caller, when)
          : nginxConnectQuestion(caller, when);
      const decision = await this.#ask(target, question, { name: undefined, isRtmp: true, signal });
      if (!decision.allowed) return decision;
    }
    return { allowed: true };
  }

  #nextId(): string {
    return `${this.#options.run}-q${++this.#questions}`;
  }

  async #ask(target: HookTarget, question: Question, asked: Asked): Promise<Decision> {
    const { post, clock, ownPort } = this.#options;
    const { format, secret, timeoutMs } = target.settings;
    if (asked.signal?.aborted) return GONE;
    const url = target.urlFor(question.call);
    const headers = headersFor({ ...question, secret, clock });
    const counts = this.#countsOf(target);
    let failed: string;
    try {
      const answer = await post({ url, headers, body: question.body, timeoutMs, signal: asked.signal });
      const context: AnswerContext = { ...asked, format, ownPort: ownPort() };
      const decision = readDecision(answer, context);
      if (!('failed' in decision)) {
        counts[decision.allowed ? 'allowed' : 'denied']++;
        return decision;
      }
      failed = decision.failed;
    } catch (error) {
      if (asked.signal?.aborted) return GONE;
      if (!(error instanceof PostError)) throw error;
      failed = error.message;
    }
    counts.failed++;
    return this.#withoutAnswer(target, question, failed);
  }

  #withoutAnswer(target: HookTarget, { call }: Question, failed: string): Decision {
    const { onFailure } = target.settings;
    const done = onFailure === 'allow' ? 'allowed' : 'denied';
    this.#troubleOf(target).say((held) => {
      const more = held === 0 ? '' : `; ${held} more like this`;
      const text = `${target.label} ${failed}: ${call} is ${done} (onFailure: ${onFailure})${more}`;
      this.#options.log.warn({ hook: target.label }, text);
    });
    return onFailure === 'allow'
      ? { allowed: true }
      : { allowed: false, reason: `the server that decides ${failed}; try again later` };
  }

  #countsOf({ label }: HookTarget): JudgeCounts {
    const known = this.counts.get(label);
    if (known) return known;
    const counts = { allowed: 0, denied: 0, failed: 0 };
    this.counts.set(label, counts);
    return counts;
  }

  #troubleOf({ label }: HookTarget): NowAndThen {
    const known = this.#trouble.get(label);
    if (known) return known;
    const trouble = new NowAndThen(this.#options.clock);
    this.#trouble.set(label, trouble);
    return trouble;
  }
}

interface Asked {
  readonly name: StreamName | undefined;
  readonly isRtmp: boolean;
  readonly signal: AbortSignal | undefined;
}
