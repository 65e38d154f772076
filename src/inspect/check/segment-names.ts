import { createHash } from 'node:crypto';
import { MAX_SEGMENTS } from '../limits.ts';
import type { CheckedSegment } from './checked-playlist.ts';
import type { Breach } from './rules.ts';

/** Fingerprints of segments that are remembered, to notice a name that comes back with other bytes. */
const MAX_NAMES = 4 * MAX_SEGMENTS;

export const nameOf = ({ url, range }: CheckedSegment): string => `${url.href} ${range?.offset ?? ''}`;

/** A name that was another segment's: RFC 8216 §6.2.1 lets nothing change that is listed, and caches hold to it. */
export class SegmentNames {
  readonly #bodies = new Map<string, { readonly sequence: number; readonly hash: string }>();

  has(segment: CheckedSegment): boolean {
    return this.#bodies.has(nameOf(segment));
  }

  forget(): void {
    this.#bodies.clear();
  }

  see(segment: CheckedSegment, bytes: Buffer): Breach[] {
    const { uri, sequence } = segment;
    const name = nameOf(segment);
    const hash = createHash('sha1').update(bytes).digest('base64');
    const known = this.#bodies.get(name);
    if (this.#bodies.size < MAX_NAMES) this.#bodies.set(name, { sequence, hash });
    // The same bytes again (a slate between programmes) do no harm.
    if (!known || known.sequence === sequence || known.hash === hash) return [];
    const message = `${uri} was segment ${known.sequence}, and now names segment ${sequence} with other bytes`;
    return [{ code: 'uri-reused', message, segment: sequence }];
  }
}
