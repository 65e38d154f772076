import type { Animal } from '../animal.ts';
import type { Line, Playlist } from '../playlist.ts';

const editLine = (playlist: Playlist, number: number, change: Partial<Line>): Playlist => ({
  ...playlist,
  lines: playlist.lines.map((line) => (line.number === number ? { ...line, ...change } : line)),
});

/** A player that asks once a second sees each of the two sides of it. */
const CHANGE_AT = 2.5;
/** Of a fault that comes and goes: longer than a player waits between two loads. */
const during = (seconds: number): boolean => seconds >= 2.2 && seconds < 3.8;

/** The show stands still between the two, and has then made up for it. */
const pause =
  (from: number, to: number) =>
  (seconds: number): number =>
    seconds < from || seconds >= to ? seconds : from;

/** Two marks that are soon out of the playlist. */
const twoMarks = (number: number): { discontinuity?: boolean; from?: number } =>
  number === 2 || number === 5 ? { discontinuity: true, from: number * 9_000_000 } : {};

/** What is wrong is seen by whoever compares a load with those before it. */
export const OVER_TIME: readonly Animal[] = [
  {
    name: 'film-that-grows',
    what: 'EXT-X-PLAYLIST-TYPE is VOD, and segments are added',
    expects: [{ code: 'segment-changed', level: 'must', clause: '4.3.3.5' }],
    window: 1_000,
    playlist: (playlist) => ({ ...playlist, tags: ['#EXT-X-PLAYLIST-TYPE:VOD'] }),
  },
  {
    name: 'key-404',
    what: 'the segments are encrypted, and their key cannot be fetched',
    expects: [{ code: 'segment-unreachable', level: 'must', clause: '6.2.1' }],
    playlist: (playlist) => ({ ...playlist, tags: ['#EXT-X-KEY:METHOD=AES-128,URI="key.bin"'] }),
  },
  {
    name: 'numbers-restart',
    what: 'the media sequence begins anew in the middle of the show, as after a restart of the server',
    expects: [{ code: 'sequence-back', level: 'must', clause: '6.2.2' }],
    also: ['segment-changed', 'uri-reused', 'segment-vanished'],
    playlist: (playlist, { seconds }) =>
      seconds < CHANGE_AT ? { ...playlist, sequence: playlist.sequence + 100 } : playlist,
  },
  {
    name: 'old-copy',
    what: 'for a while an older version of the playlist is given out, as by a cache that lags behind',
    expects: [{ code: 'sequence-back', level: 'must', clause: '6.2.2' }],
    also: ['segment-vanished', 'segment-unreachable', 'playlist-stale'],
    pace: (seconds) => (during(seconds) ? seconds - 1.6 : seconds),
  },
  {
    name: 'segment-renamed',
    what: 'a segment that was listed gets another URI',
    expects: [{ code: 'segment-changed', level: 'must', clause: '6.2' }],
    playlist: (playlist, { seconds }) =>
      seconds < CHANGE_AT ? playlist : editLine(playlist, 9, { uri: 'seg9.ts?again' }),
  },
  {
    name: 'segment-retimed',
    what: 'a segment that was listed gets another duration',
    expects: [{ code: 'segment-changed', level: 'must', clause: '6.2' }],
    also: ['extinf-off'],
    playlist: (playlist, { seconds }) =>
      seconds < CHANGE_AT ? playlist : editLine(playlist, 9, { seconds: 0.4 }),
  },
  {
    name: 'discontinuity-afterwards',
    what: 'a discontinuity appears in front of a segment that was listed without it',
    expects: [{ code: 'segment-changed', level: 'must', clause: '6.2' }],
    // It is not counted when it leaves.
    also: ['discontinuity-sequence'],
    playlist: (playlist, { seconds }) =>
      seconds < CHANGE_AT ? playlist : editLine(playlist, 9, { discontinuity: true }),
  },
  {
    name: 'removed-uncounted',
    what: 'segments leave at the front, and the media sequence stays at 0',
    expects: [{ code: 'segment-vanished', level: 'must', clause: '6.2' }],
    also: ['segment-changed', 'uri-reused'],
    playlist: (playlist) => ({ ...playlist, sequence: 0 }),
  },
  {
    name: 'counted-too-far',
    what: 'the media sequence goes up by one more than segments have left',
    expects: [{ code: 'segment-changed', level: 'must', clause: '6.2' }],
    also: ['segment-vanished', 'uri-reused'],
    playlist: (playlist, { seconds }) =>
      seconds < CHANGE_AT ? playlist : { ...playlist, sequence: playlist.sequence + 1 },
  },
  {
    name: 'removed-from-the-middle',
    what: 'a segment is taken out of the middle of the playlist',
    expects: [{ code: 'segment-vanished', level: 'must', clause: '6.2' }],
    also: ['segment-changed', 'uri-reused'],
    playlist: (playlist, { seconds }) =>
      seconds < CHANGE_AT
        ? playlist
        : { ...playlist, lines: playlist.lines.filter((line) => line.number !== 9) },
  },
  {
    name: 'taken-back',
    what: 'segments at the end of the playlist are taken back for a while',
    expects: [{ code: 'segment-vanished', level: 'must', clause: '6.2' }],
    also: ['playlist-stale'],
    window: 12,
    opening: 12,
    playlist: (playlist, { seconds }) =>
      during(seconds) ? { ...playlist, lines: playlist.lines.slice(0, -5) } : playlist,
  },
  {
    name: 'name-used-again',
    what: 'eleven file names are used in turn, each for another segment every time',
    expects: [{ code: 'uri-reused', level: 'must' }],
    // Whoever comes late for the old one is given the new one.
    also: ['ts-continuity', 'discontinuity-missing', 'timestamps-back', 'pcr-interval', 'extinf-off'],
    uri: (number) => `ring${number % 11}.ts`,
  },
  {
    name: 'discontinuity-uncounted',
    what: 'discontinuities leave the playlist, and EXT-X-DISCONTINUITY-SEQUENCE stays at 0',
    expects: [{ code: 'discontinuity-sequence', level: 'must', clause: '6.2.2' }],
    take: twoMarks,
    playlist: (playlist) => ({ ...playlist, discontinuitySequence: 0 }),
  },
  {
    name: 'discontinuity-counted-twice',
    what: 'EXT-X-DISCONTINUITY-SEQUENCE goes up by two for each discontinuity that leaves',
    expects: [{ code: 'discontinuity-sequence', level: 'must', clause: '6.2.2' }],
    take: twoMarks,
    playlist: (playlist) => ({
      ...playlist,
      discontinuitySequence: 2 * (playlist.discontinuitySequence ?? 0),
    }),
  },
  {
    name: 'discontinuity-sequence-missing',
    what: 'discontinuities leave a playlist that has no EXT-X-DISCONTINUITY-SEQUENCE',
    expects: [{ code: 'discontinuity-sequence', level: 'must', clause: '6.2.2' }],
    take: twoMarks,
    playlist: (playlist) => ({ ...playlist, discontinuitySequence: undefined }),
  },
  {
    name: 'discontinuity-sequence-back',
    what: 'EXT-X-DISCONTINUITY-SEQUENCE goes back to 0 in the middle of the show',
    expects: [{ code: 'discontinuity-sequence', level: 'must', clause: '6.2.2' }],
    take: twoMarks,
    playlist: (playlist, { seconds }) => (seconds < 4 ? playlist : { ...playlist, discontinuitySequence: 0 }),
  },
  {
    name: 'target-duration-grows',
    what: 'the target duration changes in the middle of the show',
    expects: [{ code: 'target-duration-changed', level: 'must', clause: '6.2.1' }],
    window: 14,
    opening: 14,
    playlist: (playlist, { seconds }) => (seconds < CHANGE_AT ? playlist : { ...playlist, target: 2 }),
  },
  {
    name: 'stale-for-good',
    what: 'nothing new comes any more, and the playlist does not end',
    expects: [{ code: 'playlist-stale', level: 'must', clause: '6.2.1' }],
    pace: (seconds) => Math.min(seconds, 1.5),
  },
  {
    name: 'stale-for-a-while',
    what: 'nothing new comes for three target durations; then the show goes on',
    expects: [{ code: 'playlist-stale', level: 'must', clause: '6.2.1' }],
    pace: pause(1, 4),
  },
  {
    name: 'goes-on-after-the-end',
    what: 'a segment is added to a playlist that had its EXT-X-ENDLIST',
    expects: [{ code: 'changed-after-endlist', level: 'must', clause: '4.3.3.4' }],
    pace: pause(1.5, 2.6),
    playlist: (playlist, { seconds }) => ({ ...playlist, ended: seconds >= 1.5 }),
  },
  {
    name: 'end-taken-back',
    what: 'EXT-X-ENDLIST is there, and then it is not',
    expects: [{ code: 'changed-after-endlist', level: 'must', clause: '4.3.3.4' }],
    pace: pause(1.5, 2.6),
    playlist: (playlist, { seconds }) => ({ ...playlist, ended: seconds >= 1.5 && seconds < 2.6 }),
  },
  {
    name: 'short-window',
    what: 'the playlist keeps two target durations only',
    expects: [{ code: 'playlist-too-short', level: 'must', clause: '6.2.2' }],
    window: 4,
    opening: 4,
  },
  {
    name: 'gone-with-the-line',
    what: 'a segment is deleted at the moment it leaves the playlist',
    expects: [{ code: 'segment-gone-too-soon', level: 'must', clause: '6.2.2' }],
    answer: (answer, { kind, number, first }) =>
      kind === 'segment' && number < first ? { ...answer, status: 404 } : answer,
  },
  {
    name: 'playlist-404',
    what: 'the playlist is no longer found, and it never ended',
    expects: [{ code: 'playlist-gone', level: 'must' }],
    also: ['playlist-stale'],
    answer: (answer, { kind, seconds }) =>
      kind === 'playlist' && seconds >= CHANGE_AT ? { ...answer, status: 404 } : answer,
  },
  {
    name: 'playlist-503',
    what: 'the server has only errors left for the playlist',
    expects: [{ code: 'playlist-gone', level: 'must' }],
    also: ['playlist-stale'],
    answer: (answer, { kind, seconds }) =>
      kind === 'playlist' && seconds >= CHANGE_AT ? { ...answer, status: 503 } : answer,
  },
  {
    name: 'segment-404',
    what: 'a listed segment is not there',
    expects: [{ code: 'segment-unreachable', level: 'must', clause: '6.2.1' }],
    answer: (answer, { kind, number }) =>
      kind === 'segment' && number === 10 ? { ...answer, status: 404 } : answer,
  },
  {
    name: 'listed-too-early',
    what: 'segments are listed one and a half seconds before they can be had',
    expects: [{ code: 'segment-unreachable', level: 'must', clause: '6.2.1' }],
    answer: (answer, { kind, number, seconds }) =>
      kind === 'segment' && number > 7 && seconds < (number - 7) / 2 + 1.5
        ? { ...answer, status: 404 }
        : answer,
  },
];
