import { TruncatedError } from '../bytes/byte-reader.ts';
import { Mp4Error } from '../containers/fmp4/reader.ts';
import type { CodecLook } from './codec-look.ts';
import { InspectError } from './errors.ts';
import { readInit, type InitLook } from './fmp4-init.ts';
import { MAX_SEGMENT_BYTES } from './limits.ts';
import type { MapReference } from './playlist.ts';
import type { MapReport } from './report-fragments.ts';
import type { OpenOptions } from './source.ts';

/** An initialization section that segments can be read with. */
export interface MapInForce {
  readonly reference: MapReference;
  readonly bytes: Buffer;
  readonly init: InitLook;
  /** What is known of its tracks' codecs, by track_ID. */
  readonly codecs: Map<number, CodecLook>;
}

/** One that cannot be used, and why. */
export interface MapMissing {
  readonly reference: MapReference;
  /** It came, and is no movie. */
  readonly came: boolean;
  readonly why: string;
}

export type MapLooked = MapInForce | MapMissing;

/** Initialization sections that are remembered; a change a minute for a day are more than that, and told as such. */
const MAX_MAPS = 500;

type Fetch = (
  url: URL,
  what: string,
  maxBytes: number,
  options: OpenOptions,
) => Promise<{ readonly bytes: Buffer }>;

/** The initialization sections of a playlist, each fetched once. */
export class Maps {
  readonly #fetch: Fetch;
  readonly #known = new Map<string, MapLooked>();

  constructor(fetch: Fetch) {
    this.#fetch = fetch;
  }

  /** True if it has been looked at. */
  knows(reference: MapReference): boolean {
    return this.#known.has(nameOf(reference));
  }

  /** Throws {@link InspectError} only if `signal` has stopped it. */
  async get(reference: MapReference, signal: AbortSignal | undefined): Promise<MapLooked> {
    const name = nameOf(reference);
    const known = this.#known.get(name);
    if (known) return known;
    const looked = await this.#look(reference, signal);
    if (this.#known.size >= MAX_MAPS) this.#known.delete(this.#known.keys().next().value!);
    this.#known.set(name, looked);
    return looked;
  }

  report(): MapReport[] {
    return [...this.#known.values()].flatMap((map): MapReport[] => {
      if (!('init' in map)) return [];
      const { brands, tracks } = map.init;
      const facts = tracks.map(({ trackId, handler, entry, timescale }) => ({
        trackId,
        handler,
        entry,
        timescale,
      }));
      return [{ uri: map.reference.uri, bytes: map.bytes.length, brands, tracks: facts }];
    });
  }

  async #look(reference: MapReference, signal: AbortSignal | undefined): Promise<MapLooked> {
    try {
      const { range } = reference;
      const what = 'the initialization section';
      const { bytes } = await this.#fetch(reference.url, what, MAX_SEGMENT_BYTES, { signal, range });
      return looked(reference, bytes);
    } catch (error) {
      if (!(error instanceof InspectError) || signal?.aborted) throw error;
      return { reference, came: false, why: error.message };
    }
  }
}

function looked(reference: MapReference, bytes: Buffer): MapLooked {
  try {
    return { reference, bytes, init: readInit(bytes), codecs: new Map() };
  } catch (error) {
    if (error instanceof Mp4Error || error instanceof TruncatedError)
      return { reference, came: true, why: error.message };
    throw error;
  }
}

const nameOf = ({ url, range }: MapReference): string => `${url.href} ${range?.offset ?? ''}`;
