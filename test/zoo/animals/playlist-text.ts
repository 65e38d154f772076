import type { Animal } from '../animal.ts';
import { writeMultivariant } from '../playlist.ts';

/** A line moved behind the playlist's first segment. */
function moved(text: string, tag: string): string {
  const line = new RegExp(`^${tag}.*\\n`, 'm').exec(text)?.[0] ?? '';
  return text.replace(line, '').replace(/^(seg.*\n)/m, `$1${line}`);
}

/** What is wrong can be seen in each load of the playlist by itself. */
export const PLAYLIST_TEXT: readonly Animal[] = [
  {
    name: 'extm3u-missing',
    what: 'the playlist begins with EXT-X-VERSION; there is no EXTM3U',
    expects: [{ code: 'no-extm3u', level: 'must', clause: '4.3.1.1' }],
    text: (text) => text.replace('#EXTM3U\n', ''),
  },
  {
    name: 'extm3u-second',
    what: 'a comment stands in front of EXTM3U',
    expects: [{ code: 'no-extm3u', level: 'must', clause: '4.3.1.1' }],
    text: (text) => `# made by hand\n${text}`,
  },
  {
    name: 'byte-order-mark',
    what: 'the playlist begins with a byte order mark',
    expects: [{ code: 'not-utf8', level: 'must', clause: '4.1' }],
    also: ['no-extm3u'],
    text: (text) => `\uFEFF${text}`,
  },
  {
    name: 'control-character',
    what: 'a title has a tab in it',
    expects: [{ code: 'not-utf8', level: 'must', clause: '4.1' }],
    text: (text) => text.replaceAll(/(#EXTINF:.*,)/g, '$1a\ttitle'),
  },
  {
    name: 'latin1',
    what: 'a title is written in Latin-1',
    expects: [{ code: 'not-utf8', level: 'must', clause: '4.1' }],
    text: (text) => text.replaceAll(/(#EXTINF:.*,)/g, '$1caf\u00e9'),
    answer: (answer, ask) =>
      ask.kind === 'playlist' ? { ...answer, body: Buffer.from(answer.body.toString(), 'latin1') } : answer,
  },
  {
    name: 'target-duration-missing',
    what: 'there is no EXT-X-TARGETDURATION',
    expects: [{ code: 'no-target-duration', level: 'must', clause: '4.3.3.1' }],
    text: (text) => text.replace(/#EXT-X-TARGETDURATION.*\n/, ''),
  },
  {
    name: 'extinf-missing',
    what: 'one segment has no EXTINF',
    expects: [{ code: 'no-extinf', level: 'must', clause: '4.3.2.1' }],
    also: ['extinf-off', 'segment-changed'],
    text: (text) => text.replace(/#EXTINF.*\n(seg9\.ts)/, '$1'),
  },
  {
    name: 'extinf-words',
    what: 'the duration of a segment is a word',
    expects: [{ code: 'bad-extinf', level: 'must', clause: '4.3.2.1' }],
    also: ['extinf-off', 'no-extinf'],
    text: (text) => text.replace(/#EXTINF.*\n(seg9\.ts)/, '#EXTINF:half,\n$1'),
  },
  {
    name: 'extinf-negative',
    what: 'the duration of a segment is below zero',
    expects: [{ code: 'bad-extinf', level: 'must', clause: '4.3.2.1' }],
    also: ['extinf-off', 'no-extinf'],
    text: (text) => text.replace(/#EXTINF.*\n(seg9\.ts)/, '#EXTINF:-0.5,\n$1'),
  },
  {
    name: 'segment-over-target',
    what: 'a segment of 1.625 s under a target duration of 1',
    expects: [{ code: 'extinf-over-target', level: 'must', clause: '4.3.3.1' }],
    // While it was made, nothing else came.
    also: ['playlist-stale'],
    take: (number) => (number === 9 ? { pictures: 39 } : {}),
  },
  {
    name: 'segment-at-target-and-a-half',
    what: 'a segment of 1.5 s, which is 2 when rounded, under a target duration of 1',
    expects: [{ code: 'extinf-over-target', level: 'must', clause: '4.3.3.1' }],
    also: ['playlist-stale'],
    take: (number) => (number === 9 ? { pictures: 36 } : {}),
  },
  {
    name: 'version-2-decimal',
    what: 'durations with decimals in a playlist of version 2',
    expects: [{ code: 'version-too-low', level: 'must', clause: '7' }],
    playlist: (playlist) => ({ ...playlist, version: 2 }),
  },
  {
    name: 'version-missing-decimal',
    what: 'durations with decimals in a playlist that tells no version, which is version 1',
    expects: [{ code: 'version-too-low', level: 'must', clause: '7' }],
    playlist: (playlist) => ({ ...playlist, version: undefined }),
  },
  {
    name: 'version-3-byterange',
    what: 'byte ranges in a playlist of version 3',
    expects: [{ code: 'version-too-low', level: 'must', clause: '7' }],
    packed: 4,
    playlist: (playlist) => ({ ...playlist, version: 3 }),
  },
  {
    name: 'target-duration-twice',
    what: 'EXT-X-TARGETDURATION stands there twice',
    expects: [{ code: 'duplicate-tag', level: 'must', clause: '4.3.3' }],
    text: (text) => text.replace(/(#EXT-X-TARGETDURATION.*\n)/, '$1$1'),
  },
  {
    name: 'version-twice',
    what: 'EXT-X-VERSION stands there twice',
    expects: [{ code: 'duplicate-tag', level: 'must', clause: '4.3.1.2' }],
    text: (text) => text.replace(/(#EXT-X-VERSION.*\n)/, '$1$1'),
  },
  {
    name: 'media-sequence-twice',
    what: 'EXT-X-MEDIA-SEQUENCE stands there twice',
    expects: [{ code: 'duplicate-tag', level: 'must', clause: '4.3.3' }],
    text: (text) => text.replace(/(#EXT-X-MEDIA-SEQUENCE.*\n)/, '$1$1'),
  },
  {
    name: 'media-sequence-late',
    what: 'EXT-X-MEDIA-SEQUENCE comes after the first segment',
    expects: [{ code: 'misplaced-tag', level: 'must', clause: '4.3.3.2' }],
    text: (text) => moved(text, '#EXT-X-MEDIA-SEQUENCE'),
  },
  {
    name: 'discontinuity-sequence-late',
    what: 'EXT-X-DISCONTINUITY-SEQUENCE comes after the first segment',
    expects: [{ code: 'misplaced-tag', level: 'must', clause: '4.3.3.3' }],
    take: (number) => (number === 9 ? { discontinuity: true } : {}),
    playlist: (playlist) => ({ ...playlist, discontinuitySequence: playlist.discontinuitySequence ?? 0 }),
    text: (text) => moved(text, '#EXT-X-DISCONTINUITY-SEQUENCE'),
  },
  {
    name: 'media-with-stream-inf',
    what: 'a media playlist names a variant too',
    expects: [{ code: 'mixed-playlist', level: 'must', clause: '4' }],
    text: (text) => `${text}#EXT-X-STREAM-INF:BANDWIDTH=200000\nindex.m3u8\n`,
  },
  {
    name: 'multivariant-with-target-duration',
    what: 'a multivariant playlist has a target duration',
    expects: [{ code: 'mixed-playlist', level: 'must', clause: '4' }],
    multivariant: writeMultivariant().replace('#EXT-X-VERSION', '#EXT-X-TARGETDURATION:1\n#EXT-X-VERSION'),
  },
  {
    name: 'codecs-unquoted',
    what: 'CODECS without its quotation marks',
    expects: [{ code: 'bad-attribute', level: 'must', clause: '4' }],
    also: ['codecs-differ'],
    multivariant: writeMultivariant({ CODECS: 'avc1.4D001E,mp4a.40.2' }),
  },
  {
    name: 'bandwidth-twice',
    what: 'an attribute stands in one list twice',
    expects: [{ code: 'bad-attribute', level: 'must', clause: '4.2' }],
    multivariant: writeMultivariant({ 'FRAME-RATE': '24.000,BANDWIDTH=200000' }),
  },
  {
    name: 'resolution-quoted',
    what: 'RESOLUTION in quotation marks',
    expects: [{ code: 'bad-attribute', level: 'must', clause: '4' }],
    multivariant: writeMultivariant({ RESOLUTION: '"320x192"' }),
  },
  {
    name: 'bandwidth-with-decimals',
    what: 'BANDWIDTH is no whole number',
    expects: [{ code: 'bad-attribute', level: 'must', clause: '4' }],
    also: ['no-bandwidth'],
    multivariant: writeMultivariant({ BANDWIDTH: '200e3' }),
  },
  {
    name: 'codecs-missing',
    what: 'a variant without CODECS',
    expects: [{ code: 'no-codecs', level: 'should', clause: '4.3.4.2' }],
    multivariant: writeMultivariant({ CODECS: '' }),
  },
  {
    name: 'target-duration-in-words',
    what: 'the target duration is a word',
    expects: [{ code: 'bad-value', level: 'must' }],
    also: ['no-target-duration'],
    text: (text) => text.replace('TARGETDURATION:1', 'TARGETDURATION:one'),
  },
  {
    name: 'media-sequence-with-decimals',
    what: 'the media sequence number is no whole number',
    expects: [{ code: 'bad-value', level: 'must' }],
    text: (text) => text.replace(/(MEDIA-SEQUENCE:\d+)/, '$1.5'),
  },
  {
    name: 'half-written',
    what: 'the playlist is given out while it is written: behind the last EXTINF there is no URI',
    expects: [{ code: 'incomplete-playlist', level: 'must' }],
    also: ['segment-vanished'],
    text: (text) => text.replace(/\n[^\n]*\n$/, '\n'),
  },
  {
    name: 'bandwidth-missing',
    what: 'a variant without BANDWIDTH',
    expects: [{ code: 'no-bandwidth', level: 'must', clause: '4.3.4.2' }],
    multivariant: writeMultivariant({ BANDWIDTH: '' }),
  },
  {
    name: 'bandwidth-zero',
    what: 'a variant with a BANDWIDTH of 0',
    expects: [{ code: 'no-bandwidth', level: 'must', clause: '4.3.4.2' }],
    also: ['bandwidth-exceeded'],
    multivariant: writeMultivariant({ BANDWIDTH: '0' }),
  },
  {
    name: 'never-a-segment',
    what: 'a live playlist without any segment, for good',
    expects: [{ code: 'empty-playlist', level: 'must' }],
    also: ['playlist-stale'],
    playlist: (playlist) => ({ ...playlist, sequence: 0, lines: [] }),
  },
  {
    name: 'emptied',
    what: 'all segments leave the playlist and none comes, in the middle of the show',
    expects: [{ code: 'empty-playlist', level: 'must' }],
    also: ['playlist-stale', 'playlist-too-short'],
    playlist: (playlist, { seconds, last }) =>
      seconds < 2.5 ? playlist : { ...playlist, sequence: last + 1, lines: [] },
  },
];
