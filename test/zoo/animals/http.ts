import type { Animal, Answer, Ask } from '../animal.ts';
import { writeMultivariant } from '../playlist.ts';

const isPlaylist = ({ kind }: Ask): boolean => kind !== 'segment';

const withHeaders = (answer: Answer, headers: Readonly<Record<string, string>>): Answer => ({
  ...answer,
  headers: { ...answer.headers, ...headers },
});

/** What is wrong is in how the files are served. */
export const HTTP: readonly Animal[] = [
  {
    name: 'plain-text-playlist',
    what: 'a playlist whose path has no .m3u8 is said to be plain text',
    expects: [{ code: 'playlist-type', level: 'must', clause: '4' }],
    entry: 'live',
    answer: (answer, ask) =>
      isPlaylist(ask) ? withHeaders(answer, { 'Content-Type': 'text/plain' }) : answer,
  },
  {
    name: 'plain-text-variant',
    what: 'the media playlist below a good multivariant one has neither type nor extension',
    expects: [{ code: 'playlist-type', level: 'must', clause: '4' }],
    multivariant: writeMultivariant({}, 'live?id=7'),
    media: 'live',
    answer: (answer, { kind }) =>
      kind === 'playlist' ? withHeaders(answer, { 'Content-Type': 'application/octet-stream' }) : answer,
  },
  {
    name: 'plain-text-segments',
    what: 'segments are said to be plain text',
    expects: [{ code: 'segment-type', level: 'should' }],
    answer: (answer, ask) =>
      isPlaylist(ask) ? answer : withHeaders(answer, { 'Content-Type': 'text/plain' }),
  },
  {
    name: 'cached-for-a-minute',
    what: 'caches may keep the live playlist for a minute',
    expects: [{ code: 'playlist-cached', level: 'must' }],
    answer: (answer, ask) =>
      isPlaylist(ask) ? withHeaders(answer, { 'Cache-Control': 'public, max-age=60' }) : answer,
  },
  {
    name: 'expires-in-an-hour',
    what: 'the live playlist expires in an hour',
    expects: [{ code: 'playlist-cached', level: 'must' }],
    answer: (answer, ask) => {
      if (!isPlaylist(ask)) return answer;
      const Expires = new Date(Date.now() + 3_600_000).toUTCString();
      return { ...answer, headers: { 'Content-Type': answer.headers['Content-Type']!, Expires } };
    },
  },
  {
    name: 'segments-not-stored',
    what: 'no cache may keep a segment',
    expects: [{ code: 'segment-not-cacheable', level: 'should' }],
    answer: (answer, ask) =>
      isPlaylist(ask) ? answer : withHeaders(answer, { 'Cache-Control': 'no-store' }),
  },
  {
    name: 'no-length-no-ranges',
    what: 'segments come without their length, in one piece only, and not to HEAD',
    expects: [{ code: 'no-content-length-range', level: 'should' }],
    answer: (answer, ask) => (isPlaylist(ask) ? answer : { ...answer, bare: true }),
  },
];
