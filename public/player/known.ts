import { askStream, type Answer } from '../api/client.ts';
import type { Stream } from '../api/types.ts';
import { decodes } from './capabilities.ts';
import type { Engine } from './engines.ts';
import { fit, type Fit, type Plan } from './fit.ts';
import type { Fitting } from './session.ts';

/** What the server says of the stream, and how this browser can play it. */
export class Known {
  readonly #name: { readonly app: string; readonly stream: string };
  readonly #engines: readonly [Engine, ...Engine[]];
  #facts: Stream | undefined;
  #fit: Fit | undefined;
  #isAsking = false;

  constructor(
    name: { readonly app: string; readonly stream: string },
    engines: readonly [Engine, ...Engine[]],
  ) {
    this.#name = name;
    this.#engines = engines;
  }

  /** As last heard. */
  get facts(): Stream | undefined {
    return this.#facts;
  }

  /** The engines that can play it here, or why none can; undefined: it is not known. */
  get fitting(): Fitting | undefined {
    if (this.#fit?.kind !== 'fits') return this.#fit?.sentence;
    const [first, ...rest] = this.#fit.plans;
    return [first.engine, ...rest.map(({ engine }) => engine)];
  }

  planOf(engine: Engine): Plan | undefined {
    return this.#fit?.kind === 'fits' ? this.#fit.plans.find((plan) => plan.engine === engine) : undefined;
  }

  async ask(): Promise<Answer<Stream>> {
    const answer = await askStream(this.#name.app, this.#name.stream);
    if (answer.kind !== 'ok') return answer;
    this.#facts = answer.value;
    this.#fit = await fit(answer.value, this.#engines, decodes);
    return answer;
  }

  /** Asks again, unless an answer is still under way: on a slow line an old one must not come behind a new one. */
  async refresh(): Promise<Stream | undefined> {
    if (this.#isAsking) return undefined;
    this.#isAsking = true;
    const answer = await this.ask();
    this.#isAsking = false;
    return answer.kind === 'ok' ? answer.value : undefined;
  }
}
