import { setTimeout as sleep } from 'node:timers/promises';
import { InspectError } from '../errors.ts';
import { MAX_SEGMENT_BYTES } from '../limits.ts';
import { fetchWhole } from './asking.ts';
import type { CheckedPart, PreloadHint } from './checked-parts.ts';
import type { CheckedMedia } from './checked-playlist.ts';
import type { Breach } from './rules.ts';

/** Requests that are remembered: there is one promise at a time, and a part is read soon after it is listed. */
const MAX_EARLY = 8;
/** Once a part is listed, the answer to who has waited for it is on its way: the network may take so long, ms. */
const LATEST_MS = 1_000;
const SLICES = 10;
/** A server that has failed so often is believed to do so always. */
const ENOUGH_FAILURES = 3;
/** Of every so many parts that came early it is looked whether they are the same when asked for again. */
const COMPARED_EVERY = 2;

type Answer = Buffer | InspectError;

/** Where a part stands, for a sentence. */
interface PartPlace {
  readonly what: string;
  readonly segment: number;
}

/**
 * Asks for the part that a playlist promises as soon as it does, as players do (RFC 8216bis §4.4.5.3), and judges the answer
 * when that part is listed; of a promise that is not kept there is nothing to judge here.
 */
export class HintReader {
  readonly #signal: AbortSignal;
  /** By address. */
  readonly #early = new Map<string, Promise<Answer>>();
  #failures = 0;
  #came = 0;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
  }

  see({ lowLatency, endList, segments }: CheckedMedia): void {
    const hint = lowLatency?.hint;
    // What is encrypted is not looked into, and the rest of a file that is not there as a whole cannot be compared.
    if (!hint || endList || hint.start > 0 || segments.at(-1)?.sealed !== undefined) return;
    if (this.#early.has(hint.url.href) || this.#failures >= ENOUGH_FAILURES) return;
    this.#early.set(hint.url.href, this.#ask(hint));
    for (const oldest of this.#early.keys()) {
      if (this.#early.size <= MAX_EARLY) return;
      this.#early.delete(oldest);
    }
  }

  /** The numbers start over. */
  startOver(): void {
    this.#early.clear();
  }

  /**
   * A part that is listed: its bytes, if they came early, and what is to be said of that. `again` fetches it as everybody can now.
   */
  async take(
    part: CheckedPart,
    place: PartPlace,
    again: () => Promise<Buffer>,
  ): Promise<{ readonly bytes: Buffer; readonly breaches: readonly Breach[] }> {
    const { href } = part.url;
    const early = part.range ? undefined : this.#early.get(href);
    this.#early.delete(href);
    if (!early) return { bytes: await again(), breaches: [] };
    const answer = await inTime(early);
    const isThere = answer !== 'late' && !(answer instanceof InspectError);
    if (isThere && this.#came++ % COMPARED_EVERY > 0) return { bytes: answer, breaches: [] };
    const bytes = await again();
    return { bytes, breaches: this.#signal.aborted ? [] : this.#judge(answer, bytes, place) };
  }

  #judge(answer: Answer | 'late', bytes: Buffer, { what, segment }: PartPlace): Breach[] {
    if (answer === 'late' || answer instanceof InspectError) {
      this.#failures++;
      const how =
        answer === 'late'
          ? `the answer was not there ${LATEST_MS / 1000} s after it was listed`
          : answer.message;
      const message = `${what} was asked for as EXT-X-PRELOAD-HINT promised it: ${how}`;
      return [{ code: 'hint-refused', message, segment }];
    }
    if (answer.equals(bytes)) return [];
    this.#failures++;
    const message = `${what} had ${answer.length} bytes when it was asked for as EXT-X-PRELOAD-HINT promised it, and is now another file of ${bytes.length}`;
    return [{ code: 'hint-differs', message, segment }];
  }

  async #ask({ url }: PreloadHint): Promise<Answer> {
    try {
      return (await fetchWhole(url, 'the part', MAX_SEGMENT_BYTES, { signal: this.#signal })).bytes;
    } catch (error) {
      if (error instanceof InspectError) return error;
      throw error;
    }
  }
}

/** Counted in slices: where this process was held up itself, only one of them is over. */
async function inTime(early: Promise<Answer>): Promise<Answer | 'late'> {
  const enough = new AbortController();
  const { signal } = enough;
  try {
    for (let slice = 0; slice < SLICES; slice++) {
      const over = sleep(LATEST_MS / SLICES, undefined, { signal }).catch(() => undefined);
      const answer = await Promise.race([early, over]);
      if (answer !== undefined) return answer;
    }
    return 'late';
  } finally {
    enough.abort();
  }
}
