import type { PastSegment } from './archive.ts';
import type { FileNames } from './file-names.ts';
import { segmentLines } from './playlist.ts';

/** What is the same in every playlist that has the same past. */
export interface RenderedPast {
  /** Lines, each with its end. */
  readonly text: string;
  /** Address of the map that is in force behind it. */
  readonly map: string | undefined;
  /** All of it starts where a decoder can start. */
  readonly independent: boolean;
}

/**
 * The lines of a past of hours: each segment's are made once, and put together once for each change of the past, however often
 * the playlist changes at its other end.
 */
export class PastText {
  readonly #names: FileNames;
  readonly #lines = new WeakMap<PastSegment, string>();
  #of: readonly PastSegment[] | undefined;
  #rendered: RenderedPast | undefined;

  constructor(names: FileNames) {
    this.#names = names;
  }

  /** @param past the same list as before if nothing in it has changed */
  render(past: readonly PastSegment[]): RenderedPast {
    if (past === this.#of && this.#rendered) return this.#rendered;
    const parts: string[] = [];
    let init: number | undefined;
    let independent = true;
    for (const segment of past) {
      if (segment.init !== init) parts.push(`#EXT-X-MAP:URI="${this.#names.init(segment.init)}"\n`);
      init = segment.init;
      independent &&= segment.independent;
      parts.push(this.#linesOf(segment));
    }
    this.#of = past;
    const map = init === undefined ? undefined : this.#names.init(init);
    this.#rendered = { text: parts.join(''), map, independent };
    return this.#rendered;
  }

  #linesOf(segment: PastSegment): string {
    const known = this.#lines.get(segment);
    if (known !== undefined) return known;
    const uri = this.#names.segment('fmp4', segment.sequence);
    const lines = segmentLines({ ...segment, uri }).join('\n') + '\n';
    this.#lines.set(segment, lines);
    return lines;
  }
}
