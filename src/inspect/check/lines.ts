/** One line of a playlist that says something: RFC 8216 §4.1. Comments and blank lines are left out. */
export type PlaylistLine =
  | { readonly kind: 'tag'; readonly at: number; readonly name: string; readonly value: string }
  | { readonly kind: 'uri'; readonly at: number; readonly uri: string };

/** `at` counts lines from 1. */
export function playlistLines(text: string): PlaylistLine[] {
  const lines: PlaylistLine[] = [];
  text.split('\n').forEach((raw, index) => {
    const line = raw.replace(/\r$/, '').replace(/^\uFEFF/, '');
    const at = index + 1;
    if (line.trim() === '') return;
    if (!line.startsWith('#')) lines.push({ kind: 'uri', at, uri: line });
    else if (line.startsWith('#EXT')) {
      const colon = line.indexOf(':');
      const name = line.slice(1, colon < 0 ? undefined : colon);
      lines.push({ kind: 'tag', at, name, value: colon < 0 ? '' : line.slice(colon + 1) });
    }
  });
  return lines;
}

/** Tags of media playlists and their segments: RFC 8216 §4.3.2 and §4.3.3, and the later draft's. */
const MEDIA_TAGS = new Set([
  'EXTINF',
  'EXT-X-BYTERANGE',
  'EXT-X-DISCONTINUITY',
  'EXT-X-KEY',
  'EXT-X-MAP',
  'EXT-X-PROGRAM-DATE-TIME',
  'EXT-X-DATERANGE',
  'EXT-X-GAP',
  'EXT-X-TARGETDURATION',
  'EXT-X-MEDIA-SEQUENCE',
  'EXT-X-DISCONTINUITY-SEQUENCE',
  'EXT-X-ENDLIST',
  'EXT-X-PLAYLIST-TYPE',
  'EXT-X-I-FRAMES-ONLY',
  'EXT-X-PART',
  'EXT-X-PART-INF',
  'EXT-X-SERVER-CONTROL',
  'EXT-X-SKIP',
  'EXT-X-PRELOAD-HINT',
  'EXT-X-RENDITION-REPORT',
]);
/** RFC 8216 §4.3.4. */
const MULTIVARIANT_TAGS = new Set([
  'EXT-X-MEDIA',
  'EXT-X-STREAM-INF',
  'EXT-X-I-FRAME-STREAM-INF',
  'EXT-X-SESSION-DATA',
  'EXT-X-SESSION-KEY',
]);

/** The first media tag and the first multivariant tag; a playlist may have only one of them. */
export function tellingTags(lines: readonly PlaylistLine[]): {
  readonly media: string | undefined;
  readonly multivariant: string | undefined;
} {
  const names = lines.map((line) => (line.kind === 'tag' ? line.name : ''));
  return {
    media: names.find((name) => MEDIA_TAGS.has(name)),
    multivariant: names.find((name) => MULTIVARIANT_TAGS.has(name)),
  };
}

/** What to take it for; where both kinds of tags are mixed, EXTINF decides. */
export function isMultivariant(lines: readonly PlaylistLine[]): boolean {
  const { media, multivariant } = tellingTags(lines);
  const hasExtinf = lines.some((line) => line.kind === 'tag' && line.name === 'EXTINF');
  return multivariant !== undefined && !(media !== undefined && hasExtinf);
}
