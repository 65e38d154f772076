/** One segment as a playlist names it. */
export interface Line {
  readonly number: number;
  readonly uri: string;
  readonly seconds: number;
  readonly discontinuity: boolean;
  /** More tags in front of EXTINF. */
  readonly tags: readonly string[];
}

/** A media playlist before it is written. */
export interface Playlist {
  readonly version: number | undefined;
  readonly target: number;
  readonly sequence: number;
  readonly discontinuitySequence: number | undefined;
  /** More tags in front of the first segment. */
  readonly tags: readonly string[];
  readonly lines: readonly Line[];
  readonly ended: boolean;
}

/** As RFC 8216 has it. */
export function writePlaylist(playlist: Playlist): string {
  const { version, target, sequence, discontinuitySequence, lines } = playlist;
  return [
    '#EXTM3U',
    ...(version === undefined ? [] : [`#EXT-X-VERSION:${version}`]),
    `#EXT-X-TARGETDURATION:${target}`,
    `#EXT-X-MEDIA-SEQUENCE:${sequence}`,
    ...(discontinuitySequence === undefined
      ? []
      : [`#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuitySequence}`]),
    ...playlist.tags,
    ...lines.flatMap((line) => [
      ...(line.discontinuity ? ['#EXT-X-DISCONTINUITY'] : []),
      ...line.tags,
      `#EXTINF:${line.seconds.toFixed(3)},`,
      line.uri,
    ]),
    ...(playlist.ended ? ['#EXT-X-ENDLIST'] : []),
    '',
  ].join('\n');
}

/** A multivariant playlist of one variant, which is what the healthy show is. */
export function writeMultivariant(
  attributes: Readonly<Record<string, string>> = {},
  uri = 'media.m3u8',
): string {
  const all = {
    BANDWIDTH: '200000',
    CODECS: '"avc1.4D001E,mp4a.40.2"',
    RESOLUTION: '320x192',
    'FRAME-RATE': '24.000',
    ...attributes,
  };
  const list = Object.entries(all).filter(([, value]) => value !== '');
  return [
    '#EXTM3U',
    '#EXT-X-VERSION:3',
    `#EXT-X-STREAM-INF:${list.map(([name, value]) => `${name}=${value}`).join(',')}`,
    uri,
    '',
  ].join('\n');
}
