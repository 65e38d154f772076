import type { Animal } from '../animal.ts';
import { writeMultivariant, type Playlist } from '../playlist.ts';

/** Where dates go wrong: a segment that comes in soon after the look began. */
const HERE = 9;

const dated =
  (dateOf: (number: number) => number) =>
  (playlist: Playlist): Playlist => ({
    ...playlist,
    lines: playlist.lines.map((line) => {
      const date = new Date(Date.UTC(2026, 0, 1) + dateOf(line.number) * 1000).toISOString();
      return { ...line, tags: [`#EXT-X-PROGRAM-DATE-TIME:${date}`] };
    }),
  });

/** The segments are good, and what is said of them is wrong. */
export const PROMISES: readonly Animal[] = [
  {
    name: 'dates-back',
    what: 'EXT-X-PROGRAM-DATE-TIME goes back by five seconds',
    expects: [{ code: 'program-date-time', level: 'should', clause: '4.3.2.6' }],
    playlist: dated((number) => number / 2 - (number >= HERE ? 5 : 0)),
  },
  {
    name: 'dates-run-away',
    what: 'EXT-X-PROGRAM-DATE-TIME goes twice as fast as EXTINF',
    expects: [{ code: 'program-date-time', level: 'should', clause: '4.3.2.6' }],
    playlist: dated((number) => number),
  },
  {
    name: 'other-profile',
    what: 'CODECS says High profile, level 4.0; the pictures are Main, level 3.0',
    expects: [{ code: 'codecs-differ', level: 'must', clause: '4.3.4.2' }],
    multivariant: writeMultivariant({ CODECS: '"avc1.640028,mp4a.40.2"' }),
  },
  {
    name: 'audio-unmentioned',
    what: 'CODECS leaves out the audio that is there',
    expects: [{ code: 'codecs-differ', level: 'must', clause: '4.3.4.2' }],
    multivariant: writeMultivariant({ CODECS: '"avc1.4D001E"' }),
  },
  {
    name: 'group-of-nobody',
    what: 'AUDIO names a group of renditions that is not there',
    expects: [{ code: 'bad-attribute', level: 'must', clause: '4.3.4.2' }],
    multivariant: writeMultivariant({ AUDIO: '"stereo"' }),
  },
  {
    name: 'other-size',
    what: 'RESOLUTION is four times that of the pictures',
    expects: [{ code: 'resolution-differs', level: 'should', clause: '4.3.4.2' }],
    multivariant: writeMultivariant({ RESOLUTION: '1280x768' }),
  },
  {
    name: 'other-frame-rate',
    what: 'FRAME-RATE is 60, and there are 24 pictures a second',
    expects: [{ code: 'frame-rate-differs', level: 'should', clause: '4.3.4.2' }],
    multivariant: writeMultivariant({ 'FRAME-RATE': '60.000' }),
  },
  {
    name: 'more-than-promised',
    what: 'segments have half as much again as BANDWIDTH says',
    expects: [{ code: 'bandwidth-exceeded', level: 'must', clause: '4.3.4.2' }],
    multivariant: writeMultivariant({ BANDWIDTH: '42000' }),
  },
];
