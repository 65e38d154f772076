import type { Breach } from './rules.ts';

/** RFC 8216 §4. */
const PLAYLIST_TYPES = ['application/vnd.apple.mpegurl', 'audio/mpegurl'];

const typeOf = (headers: Headers): string | undefined =>
  headers.get('content-type')?.split(';', 1)[0]?.trim().toLowerCase();

/** What the headers of a playlist break. `live`: it has no end yet; only then may it not be cached. */
export function playlistHeaderBreaches(
  headers: Headers,
  url: URL,
  options: { readonly live: boolean; readonly targetSeconds: number | undefined },
): Breach[] {
  const breaches: Breach[] = [];
  const type = typeOf(headers);
  if (!PLAYLIST_TYPES.includes(type ?? '') && !/\.m3u8?$/.test(url.pathname)) {
    const message = `Content-Type is ${type ?? 'missing'} and the path does not end in .m3u8`;
    breaches.push({ code: 'playlist-type', message });
  }
  const keptFor = cachedSeconds(headers);
  const { live, targetSeconds } = options;
  if (live && targetSeconds !== undefined && keptFor !== undefined && keptFor > targetSeconds / 2) {
    const message = `a cache may keep the playlist for ${keptFor} s, more than half a target duration of ${targetSeconds} s`;
    breaches.push({ code: 'playlist-cached', message });
  }
  return breaches;
}

/** For how long a shared cache may give it out unasked: RFC 9111 §4.2.1; undefined if the headers do not say. */
export function cachedSeconds(headers: Headers): number | undefined {
  const directives = (headers.get('cache-control') ?? '').toLowerCase().split(',');
  const names = directives.map((one) => one.trim().split('=', 1)[0]);
  if (names.includes('no-store') || names.includes('no-cache')) return 0;
  for (const name of ['s-maxage', 'max-age']) {
    const match = directives
      .map((one) => new RegExp(`^\\s*${name}\\s*=\\s*"?(\\d+)"?\\s*$`).exec(one))
      .find(Boolean);
    if (match) return Number(match[1]);
  }
  const expires = Date.parse(headers.get('expires') ?? '');
  const date = Date.parse(headers.get('date') ?? '');
  if (headers.get('expires') === null || Number.isNaN(date)) return undefined;
  return Number.isNaN(expires) ? 0 : Math.max(0, (expires - date) / 1000);
}

const SEGMENT_TYPES = {
  'MPEG-TS': ['video/mp2t'],
  MP4: ['video/mp4', 'audio/mp4', 'application/mp4', 'video/iso.segment', 'audio/iso.segment'],
} as const;

/** What the headers of a segment break. */
export function segmentHeaderBreaches(
  headers: Headers,
  segment: number,
  container: keyof typeof SEGMENT_TYPES,
): Breach[] {
  const breaches: Breach[] = [];
  const type = typeOf(headers);
  const types: readonly string[] = SEGMENT_TYPES[container];
  if (!types.includes(type ?? '')) {
    const message = `Content-Type of the segment is ${type ?? 'missing'}, not ${types[0]!}`;
    breaches.push({ code: 'segment-type', message, segment });
  }
  if (/(^|[\s,])no-store($|[\s,])/i.test(headers.get('cache-control') ?? '')) {
    const message = 'Cache-Control of the segment is no-store, though its bytes never change';
    breaches.push({ code: 'segment-not-cacheable', message, segment });
  }
  return breaches;
}

/** Milliseconds that a cache has held an answer. */
export function ageMs(headers: Headers | undefined): number {
  const age = headers?.get('age') ?? '';
  return /^\d{1,9}$/.test(age) ? Number(age) * 1000 : 0;
}
