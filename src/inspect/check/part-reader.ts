import { InspectError } from '../errors.ts';
import { FragmentedLook } from '../fmp4-look.ts';
import { MAX_SEGMENT_BYTES } from '../limits.ts';
import type { Maps } from '../maps.ts';
import type { MapReference } from '../playlist.ts';
import { fetchWhole } from './asking.ts';
import type { CheckedPart } from './checked-parts.ts';
import type { CheckedMedia } from './checked-playlist.ts';
import { HintReader } from './hint-reader.ts';
import { partBreaches, unlikeBreaches } from './part-rules.ts';
import type { Breach } from './rules.ts';
import { SYNC_BYTE } from './segment-answer.ts';

export interface PartReaderOptions {
  readonly maps: Maps;
  readonly tell: (breaches: readonly Breach[]) => void;
  readonly note: (text: string) => void;
  readonly signal: AbortSignal;
}

/** Segments whose parts are kept until they can be compared: those that are listed with parts, and a few more. */
const MAX_SEGMENTS_KEPT = 12;
/** Bytes of parts that are kept; with more, nothing is compared. */
const MAX_BYTES_KEPT = 64 * 1024 * 1024;
/** Parts that wait to be fetched; with more, this machine is too slow, and the oldest are left out. */
const MAX_WAITING = 60;

interface Waiting {
  readonly sequence: number;
  readonly index: number;
  readonly part: CheckedPart;
  readonly map: MapReference | undefined;
}

interface Kept {
  readonly bytes: Map<number, Buffer>;
  /** How many parts it has; undefined: that is not known yet. */
  count: number | undefined;
  /** The whole segment, when it has come. */
  whole: Buffer | undefined;
  readonly map: MapReference | undefined;
  /** How many parts are known. */
  listed: number;
}

/** Fetches each part once, looks into it, and compares all of a segment with the segment: RFC 8216bis §4.4.4.9. */
export class PartReader {
  readonly #options: PartReaderOptions;
  readonly #hints: HintReader;
  readonly #kept = new Map<number, Kept>();
  #queue: Waiting[] = [];
  #working: Promise<void> = Promise.resolve();
  #isWorking = false;
  #bytesKept = 0;

  constructor(options: PartReaderOptions) {
    this.#options = options;
    this.#hints = new HintReader(options.signal);
  }

  see(media: CheckedMedia): void {
    this.#hints.see(media);
    const { segments, running } = media;
    for (const segment of segments) {
      if (segment.parts.length === 0 || segment.sealed !== undefined) continue;
      this.#list(segment, segment.parts.length);
    }
    if (running) this.#list(running, undefined);
    if (this.#queue.length > MAX_WAITING) {
      this.#queue = this.#queue.slice(-MAX_WAITING);
      this.#options.note('parts came faster than they could be read, and some were left out');
    }
    if (this.#isWorking || this.#queue.length === 0) return;
    this.#isWorking = true;
    this.#working = this.#work();
  }

  /** A whole segment has been fetched. */
  async segmentCame(sequence: number, bytes: Buffer): Promise<void> {
    const kept = this.#kept.get(sequence);
    if (!kept) return;
    kept.whole = bytes;
    await this.#compare(sequence, kept);
  }

  startOver(): void {
    this.#hints.startOver();
    this.#queue = [];
    this.#kept.clear();
    this.#bytesKept = 0;
  }

  whenIdle(): Promise<void> {
    return this.#working;
  }

  #list(
    {
      sequence,
      parts,
      map,
    }: { sequence: number; parts: readonly CheckedPart[]; map?: MapReference | undefined },
    count: number | undefined,
  ): void {
    const kept = this.#kept.get(sequence) ?? { bytes: new Map(), count, whole: undefined, map, listed: 0 };
    kept.count = count;
    this.#kept.set(sequence, kept);
    for (let index = kept.listed; index < parts.length; index++) {
      const part = parts[index]!;
      if (!part.gap) this.#queue.push({ sequence, index, part, map });
    }
    kept.listed = Math.max(kept.listed, parts.length);
    while (this.#kept.size > MAX_SEGMENTS_KEPT) this.#forget(Math.min(...this.#kept.keys()));
  }

  #forget(sequence: number): void {
    for (const bytes of this.#kept.get(sequence)?.bytes.values() ?? []) this.#bytesKept -= bytes.length;
    this.#kept.delete(sequence);
  }

  async #work(): Promise<void> {
    try {
      for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
        if (this.#options.signal.aborted) return;
        await this.#read(next);
      }
    } finally {
      this.#isWorking = false;
    }
  }

  async #read({ sequence, index, part, map }: Waiting): Promise<void> {
    const { tell, signal } = this.#options;
    const what = `part ${index} of segment ${sequence}`;
    let bytes: Buffer;
    try {
      const again = async (): Promise<Buffer> =>
        (await fetchWhole(part.url, 'the part', MAX_SEGMENT_BYTES, { signal, range: part.range })).bytes;
      const taken = await this.#hints.take(part, { what, segment: sequence }, again);
      bytes = taken.bytes;
      tell(taken.breaches);
    } catch (error) {
      if (!(error instanceof InspectError)) throw error;
      if (!signal.aborted)
        tell([
          {
            code: 'segment-unreachable',
            message: `${what} (${part.uri}): ${error.message}`,
            segment: sequence,
          },
        ]);
      return;
    }
    const look = await this.#look(bytes, map);
    if (typeof look === 'string')
      tell([{ code: 'bad-fragment', message: `${what}: ${look}`, segment: sequence }]);
    else if (look) tell(partBreaches(part, look, { what, segment: sequence }));
    const kept = this.#kept.get(sequence);
    if (!kept || this.#bytesKept + bytes.length > MAX_BYTES_KEPT) return;
    kept.bytes.set(index, bytes);
    this.#bytesKept += bytes.length;
    await this.#compare(sequence, kept);
  }

  /** Undefined: it cannot be looked into; a text: why it is broken. */
  async #look(bytes: Buffer, map: MapReference | undefined): Promise<FragmentedLook | string | undefined> {
    if (!map || bytes[0] === SYNC_BYTE) return undefined;
    try {
      const looked = await this.#options.maps.get(map, this.#options.signal);
      // Its own codecs: a part comes in another order than segments do.
      return 'init' in looked
        ? new FragmentedLook(bytes, { init: looked.init, codecs: new Map() })
        : undefined;
    } catch (error) {
      if (error instanceof InspectError) return this.#options.signal.aborted ? undefined : error.message;
      throw error;
    }
  }

  /** When all of it is there. */
  async #compare(sequence: number, kept: Kept): Promise<void> {
    const { whole, count, bytes } = kept;
    if (!whole || count === undefined || bytes.size < count) return;
    this.#forget(sequence);
    const parts = [...bytes].sort(([one], [other]) => one - other).map(([, part]) => part);
    const together = Buffer.concat(parts);
    if (together.equals(whole)) return;
    const [own, ofParts] = [await this.#look(whole, kept.map), await this.#look(together, kept.map)];
    this.#options.tell(unlikeBreaches(own, ofParts, sequence, [whole, together]));
  }
}
