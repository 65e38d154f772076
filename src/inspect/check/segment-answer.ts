import { MAX_SEGMENTS } from '../limits.ts';
import { ask } from './asking.ts';
import type { CheckedSegment } from './checked-playlist.ts';
import type { Breach } from './rules.ts';

export const SYNC_BYTE = 0x47;
/** How other media that HLS allows begins: ID3 or ADTS (packed audio), WebVTT. RFC 8216 §3. */
const OTHER_MEDIA = /^(ID3|\xff[\xf0-\xff]|(\xef\xbb\xbf)?WEBVTT)/s;

/** What the bytes are, if they are neither MPEG-TS nor MP4 and need not be. */
export function otherMedia(bytes: Buffer): string | undefined {
  const isOther = OTHER_MEDIA.test(bytes.toString('latin1', 0, 16)) && bytes[0] !== SYNC_BYTE;
  return isOther ? 'not MPEG-TS nor MP4 (packed audio or WebVTT)' : undefined;
}

/** Boxes of MP4, as far as the first one tells. */
export function isMp4(bytes: Buffer): boolean {
  return /^.{4}(ftyp|styp|moof|moov|sidx|prft|emsg|mdat|free)/s.test(bytes.toString('latin1', 0, 16));
}

/** Asks for the segment again in the ways of players that size up or resume a download. `headers`: of the first answer. */
export async function abilityBreaches(segment: CheckedSegment, headers: Headers): Promise<Breach[]> {
  const [head, ranged] = await Promise.all([
    ask(segment.url, { method: 'HEAD' }),
    ask(segment.url, { method: 'GET', range: 'bytes=0-0' }),
  ]);
  const lacks: string[] = [];
  if (headers.get('content-length') === null) lacks.push('it comes without Content-Length');
  if (head && head.status >= 300) lacks.push(`HEAD gets ${head.status}`);
  else if (head && head.headers.get('content-length') === null) lacks.push('HEAD gets no Content-Length');
  if (ranged && ranged.status !== 206) lacks.push(`a byte range gets ${ranged.status} and not 206`);
  if (lacks.length === 0) return [];
  return [{ code: 'no-content-length-range', message: lacks.join('; '), segment: segment.sequence }];
}

/** Keys that are remembered: a new key for each segment is allowed. */
const MAX_NEEDS = MAX_SEGMENTS;

/** Asks for each key once. */
export class Needs {
  readonly #asked = new Set<string>();

  async see({ needs, sequence }: CheckedSegment): Promise<Breach[]> {
    const breaches: Breach[] = [];
    for (const { href } of needs) {
      if (this.#asked.has(href) || this.#asked.size >= MAX_NEEDS) continue;
      this.#asked.add(href);
      const answer = await ask(new URL(href), { method: 'GET' });
      // Who may have a key is the server's affair.
      if (!answer || answer.status < 400 || answer.status === 401 || answer.status === 403) continue;
      const message = `the server answered ${answer.status} for ${href}, without which the segment cannot be used`;
      breaches.push({ code: 'segment-unreachable', message, segment: sequence });
    }
    return breaches;
  }
}
