import { pictureTrack } from '../pictures.ts';
import type { LowAnimal } from './low-animal.ts';
import type { MovieTake } from './movie-show.ts';

/** The faulty segment: it comes in soon after the look began. */
const HERE = 10;
const at = (take: MovieTake) => (number: number) => (number === HERE ? take : {});
const from = (take: MovieTake) => (number: number) => (number >= HERE ? take : {});
/** A player that waits for every part sees both sides of it. */
const CHANGE_AT = 2.5;
const SMALL = pictureTrack(160, 96);

/** Writes another type over that of a box, wherever its letters stand first. */
function renamed(bytes: Buffer, type: string, other: string): Buffer {
  const copy = Buffer.from(bytes);
  copy.write(other, copy.indexOf(type, 0, 'latin1'), 'latin1');
  return copy;
}

/** Adds to the 32 bits so many bytes behind the type of the first box of that type. */
function added(bytes: Buffer, type: string, behind: number, by: number): Buffer {
  const copy = Buffer.from(bytes);
  const place = copy.indexOf(type, 0, 'latin1') + 4 + behind;
  copy.writeUInt32BE(copy.readUInt32BE(place) + by, place);
  return copy;
}

const init =
  (change: (bytes: Buffer) => Buffer) =>
  (name: string, bytes: Buffer): Buffer =>
    name.includes('init-') ? change(bytes) : bytes;

/** The last byte of what a part holds is another one. */
function flipped(bytes: Buffer): Buffer {
  const copy = Buffer.from(bytes);
  copy[copy.length - 1]! ^= 0x01;
  return copy;
}

/** What is in the files. */
const FRAGMENTS: readonly LowAnimal[] = [
  {
    name: 'no-map',
    what: 'nothing says where the initialization section is',
    expects: [{ code: 'no-map', level: 'must', clause: '3.3' }],
    low: false,
    text: (text) => text.replaceAll(/#EXT-X-MAP.*\n/g, ''),
  },
  {
    name: 'map-404',
    what: 'the initialization section cannot be fetched',
    expects: [{ code: 'segment-unreachable', level: 'must', clause: '6.2.1' }],
    low: false,
    file: (name, bytes) => (name.includes('init-') ? undefined : bytes),
  },
  {
    name: 'map-without-mvex',
    what: 'the initialization section does not say that there are fragments',
    expects: [{ code: 'bad-map', level: 'must', clause: '3.3' }],
    low: false,
    file: init((bytes) => renamed(bytes, 'mvex', 'free')),
  },
  {
    name: 'map-with-samples',
    what: 'the initialization section tells of samples of its own',
    expects: [{ code: 'bad-map', level: 'must', clause: '3.3' }],
    low: false,
    file: init((bytes) => added(bytes, 'stsz', 8, 3)),
  },
  {
    name: 'map-without-ftyp',
    what: 'the initialization section has no ftyp box',
    expects: [{ code: 'bad-map', level: 'must', clause: '3.3' }],
    low: false,
    file: init((bytes) => renamed(bytes, 'ftyp', 'free')),
  },
  {
    name: 'old-brands',
    what: 'the brands are those of movies without fragments',
    expects: [{ code: 'bad-map', level: 'should', clause: '3.3' }],
    low: false,
    file: init((bytes) =>
      Buffer.from(bytes.toString('latin1').replaceAll('iso6', 'mp42').replaceAll('iso5', 'isom'), 'latin1'),
    ),
  },
  {
    name: 'false-brand',
    what: 'the brand is that of CMAF, and there are two tracks in a file',
    expects: [{ code: 'cmaf-brand', level: 'should', clause: '7.2' }],
    low: false,
    file: init((bytes) => renamed(bytes, 'mp41', 'cmfc')),
  },
  {
    name: 'data-elsewhere',
    what: 'a run of samples points behind the media data',
    expects: [{ code: 'bad-fragment', level: 'must', clause: '3.3' }],
    also: ['extinf-off', 'no-key-frame-start', 'track-without-frames', 'decode-time-apart'],
    low: false,
    take: at({ spoil: (bytes) => added(bytes, 'trun', 8, 1_000_000) }),
  },
  {
    name: 'fragment-cut-off',
    what: 'a segment ends in the middle of its media data',
    expects: [{ code: 'bad-fragment', level: 'must', clause: '3.3' }],
    also: ['extinf-off', 'decode-time-apart'],
    low: false,
    take: at({ spoil: (bytes) => bytes.subarray(0, bytes.length - 40) }),
  },
  {
    name: 'stranger',
    what: 'fragments of a track that is not in the initialization section',
    expects: [{ code: 'bad-fragment', level: 'must', clause: '3.3' }],
    also: [
      'track-without-frames',
      'extinf-off',
      'audio-video-apart',
      'no-key-frame-start',
      'decode-time-apart',
    ],
    low: false,
    take: from({ spoil: (bytes) => added(bytes, 'tfhd', 4, 7) }),
  },
  {
    name: 'hole',
    what: 'a tenth of a second is missing between two segments',
    expects: [{ code: 'decode-time-apart', level: 'should', clause: '8.8.12' }],
    also: ['extinf-off'],
    low: false,
    take: at({ shift: 9000 }),
  },
  {
    name: 'fragments-overlap',
    what: 'a segment begins a tenth of a second before the one before it ends',
    expects: [{ code: 'decode-time-apart', level: 'must', clause: '8.8.12' }],
    also: ['extinf-off', 'timestamps-back'],
    low: false,
    take: at({ shift: -9000 }),
  },
  {
    name: 'same-number',
    what: 'every fragment has the number 1',
    expects: [{ code: 'fragment-sequence', level: 'should', clause: '8.8.5' }],
    low: false,
    take: () => ({ sequence: () => 1 }),
  },
  {
    name: 'false-key',
    what: 'P pictures that are marked as sync samples',
    expects: [
      { code: 'false-sync-sample', level: 'must', clause: '8.8.3.1' },
      { code: 'no-key-frame-start', level: 'must', clause: '4.3.5.1' },
    ],
    low: false,
    take: from({ falseKey: true }),
  },
  {
    name: 'map-changes-unmarked',
    what: 'the picture gets another size and another map, and no discontinuity says so',
    expects: [{ code: 'discontinuity-missing', level: 'must', clause: '4.3.2.3' }],
    low: false,
    take: from({ video: SMALL }),
  },
  {
    name: 'mp4-as-text',
    what: 'segments are said to be plain text',
    expects: [{ code: 'segment-type', level: 'should' }],
    low: false,
    type: 'text/plain',
  },
];

/** What the playlist says of its parts. */
const TEXT: readonly LowAnimal[] = [
  {
    name: 'no-part-inf',
    what: 'there are parts, and nothing says how long they are at most',
    expects: [{ code: 'no-part-inf', level: 'must', clause: '4.4.3.7' }],
    text: (text) => text.replace(/#EXT-X-PART-INF.*\n/, ''),
  },
  {
    name: 'hold-back-once',
    what: 'PART-HOLD-BACK is less than twice PART-TARGET',
    expects: [{ code: 'hold-back', level: 'must', clause: '4.4.3.8' }],
    text: (text) => text.replace('PART-HOLD-BACK=0.75', 'PART-HOLD-BACK=0.4'),
  },
  {
    name: 'hold-back-twice',
    what: 'PART-HOLD-BACK is two and a half times PART-TARGET',
    expects: [{ code: 'hold-back', level: 'should', clause: '4.4.3.8' }],
    text: (text) => text.replace('PART-HOLD-BACK=0.75', 'PART-HOLD-BACK=0.625'),
  },
  {
    name: 'no-hold-back',
    what: 'there are parts, and no PART-HOLD-BACK',
    expects: [{ code: 'hold-back', level: 'must', clause: '4.4.3.8' }],
    text: (text) => text.replace(',PART-HOLD-BACK=0.75', ''),
  },
  {
    name: 'hold-back-of-segments',
    what: 'HOLD-BACK is two target durations',
    expects: [{ code: 'hold-back', level: 'must', clause: '4.4.3.8' }],
    text: (text) => text.replace('HOLD-BACK=3.0', 'HOLD-BACK=2.0'),
  },
  {
    name: 'skip-until-near',
    what: 'CAN-SKIP-UNTIL is five target durations',
    expects: [{ code: 'skip-until', level: 'must', clause: '4.4.3.8' }],
    text: (text) => text.replace('CAN-SKIP-UNTIL=6.0', 'CAN-SKIP-UNTIL=5.0'),
  },
  {
    name: 'parts-over-target',
    what: 'parts last 0.25 s, PART-TARGET is 0.24',
    expects: [{ code: 'part-over-target', level: 'must', clause: '4.4.4.9' }],
    text: (text) => text.replace('PART-TARGET=0.25', 'PART-TARGET=0.24'),
  },
  {
    name: 'short-part',
    what: 'a part in the middle of each segment is far too short',
    expects: [{ code: 'part-too-short', level: 'must', clause: '4.4.4.9' }],
    take: () => ({ parts: [6, 2, 6, 6, 4] }),
  },
  {
    name: 'parts-add-up-to-less',
    what: 'the parts of a segment last 0.96 s together, EXTINF says 1',
    expects: [{ code: 'parts-sum', level: 'must', clause: '4.4.4.9' }],
    text: (text) => text.replaceAll('DURATION=0.25000', 'DURATION=0.24000'),
  },
  {
    name: 'parts-kept-listed',
    what: 'a part is listed of a segment six seconds from the end',
    expects: [{ code: 'old-parts', level: 'should', clause: '6.2.2' }],
    text: (text, { first }) => {
      const parts = [0, 1, 2, 3].map(
        (index) =>
          `#EXT-X-PART:DURATION=0.25000,URI="${first + 1}.${index}.m4s"${index === 0 ? ',INDEPENDENT=YES' : ''}\n`,
      );
      return text.replace(`#EXTINF:1.00000,\n${first + 1}.m4s`, `${parts.join('')}$&`);
    },
    also: ['part-changed'],
    skips: () => ({ skipped: 0, said: 0 }),
  },
  {
    name: 'parts-behind-their-segment',
    what: 'EXT-X-PART stands between EXTINF and the URI',
    expects: [{ code: 'misplaced-tag', level: 'must', clause: '4.4.4.9' }],
    text: (text) => text.replaceAll(/(#EXT-X-PART:.*\n)(#EXTINF.*\n)/g, '$2$1'),
  },
  {
    name: 'version-of-before',
    what: 'delta updates with version 6',
    expects: [{ code: 'version-too-low', level: 'must', clause: '7' }],
    text: (text) => text.replace('EXT-X-VERSION:9', 'EXT-X-VERSION:6'),
  },
  {
    name: 'part-without-duration',
    what: 'EXT-X-PART has no DURATION',
    expects: [{ code: 'bad-attribute', level: 'must' }],
    also: ['part-too-short', 'parts-sum', 'part-off', 'low-latency-changed'],
    text: (text) => text.replaceAll(/DURATION=0[.]25000,/g, ''),
  },
];

/** What changes from load to load, and how the server answers. */
const OVER_TIME: readonly LowAnimal[] = [
  {
    name: 'part-target-grows',
    what: 'PART-TARGET changes in the middle of the show',
    expects: [{ code: 'low-latency-changed', level: 'must', clause: '4.4.3.8' }],
    text: (text, { seconds }) =>
      seconds < CHANGE_AT ? text : text.replace('PART-TARGET=0.25', 'PART-TARGET=0.251'),
    also: ['hold-back'],
  },
  {
    name: 'part-renamed',
    what: 'a part that was listed has another name later',
    expects: [{ code: 'part-changed', level: 'must', clause: '6.2.1' }],
    // Late enough that a busy checker has seen its first name.
    text: (text, { seconds }) => (seconds < CHANGE_AT + 1 ? text : text.replace('"9.1.m4s"', '"9.0.m4s"')),
    also: ['parts-differ', 'part-independent'],
  },
  {
    name: 'hint-of-nothing',
    what: 'the part that is promised never comes',
    expects: [{ code: 'preload-hint', level: 'should', clause: '6.2.6' }],
    text: (text) => text.replace(/(PRELOAD-HINT:.*)URI=".*"/, '$1URI="never.m4s"'),
  },
  {
    name: 'promise-refused',
    what: 'the part that is promised cannot be asked for before it is there',
    expects: [{ code: 'hint-refused', level: 'should', clause: '6.2.6' }],
    early: () => undefined,
  },
  {
    name: 'promise-half-kept',
    what: 'who comes early gets the beginning of the part that is promised, and no more',
    expects: [{ code: 'hint-differs', level: 'must', clause: '6.2.1' }],
    also: ['bad-fragment', 'part-off', 'parts-differ'],
    early: (bytes) => bytes.subarray(0, bytes.length / 2),
  },
  {
    name: 'does-not-wait',
    what: 'the server says that it can block, and answers at once with what it has',
    expects: [{ code: 'blocking-reload', level: 'must', clause: '6.2.5.2' }],
    also: ['blocking-far-future'],
    reload: () => ({ atOnce: true }),
  },
  {
    name: 'refuses-what-is-next',
    what: 'a request for the next part is answered 400',
    expects: [{ code: 'blocking-reload', level: 'must', clause: '6.2.5.2' }],
    reload: ({ msn }) => (msn === undefined ? undefined : { status: 400 }),
  },
  {
    name: 'holds-for-ever',
    what: 'a request is held for four seconds, though what it asks for is there',
    expects: [{ code: 'blocking-held', level: 'must', clause: '6.2.5.2' }],
    also: ['playlist-stale', 'segment-unreachable'],
    reload: ({ msn }, { last }) => (msn === undefined || msn > last + 5 ? undefined : { delay: 4 }),
    seconds: 9,
  },
  {
    name: 'waits-for-the-far-future',
    what: 'a request for a segment fifty numbers ahead is held',
    expects: [{ code: 'blocking-far-future', level: 'should', clause: '6.2.5.2' }],
    reload: ({ msn }, { last }) => (msn !== undefined && msn > last + 5 ? { delay: 1 } : undefined),
  },
  {
    name: 'skips-too-many',
    what: 'SKIPPED-SEGMENTS is one more than are left out',
    expects: [{ code: 'delta-update', level: 'must', clause: '6.2.5.1' }],
    skips: (right) => ({ skipped: right, said: right + 1 }),
  },
  {
    name: 'skips-too-near',
    what: 'a delta update leaves out segments that are nearer than the skip boundary',
    expects: [{ code: 'delta-update', level: 'must', clause: '6.2.5.1' }],
    skips: (right) => ({ skipped: right + 2, said: right + 2 }),
  },
  {
    name: 'reports-of-yesterday',
    what: 'rendition reports are three segments behind',
    expects: [{ code: 'rendition-report', level: 'must', clause: '4.4.5.4' }],
    other: {},
    reports: (msn) => msn - 3,
  },
  {
    name: 'reports-of-tomorrow',
    what: 'rendition reports are two segments ahead',
    expects: [{ code: 'rendition-report', level: 'must', clause: '4.4.5.4' }],
    other: {},
    reports: (msn) => msn + 2,
  },
  {
    name: 'no-reports',
    what: 'two variants of low latency do not tell of each other',
    expects: [{ code: 'rendition-report', level: 'should' }],
    other: {},
    reports: false,
  },
];

/** What is in the parts. */
const PARTS: readonly LowAnimal[] = [
  {
    name: 'part-404',
    what: 'a part that is listed cannot be fetched',
    expects: [{ code: 'segment-unreachable', level: 'must', clause: '6.2.1' }],
    file: (name, bytes) => (/^\d+\.2\.m4s$/.test(name) ? undefined : bytes),
  },
  {
    name: 'part-of-another-segment',
    what: 'a part has other media than its segment has there',
    expects: [{ code: 'parts-differ', level: 'must', clause: '4.4.4.9' }],
    take: at({ spoilPart: (bytes, index) => (index === 2 ? flipped(bytes) : bytes) }),
  },
  {
    name: 'all-independent',
    what: 'every part is marked as one to begin with',
    expects: [{ code: 'part-independent', level: 'must', clause: '4.4.4.9' }],
    text: (text) => text.replaceAll(/(#EXT-X-PART:.*\.m4s")$/gm, '$1,INDEPENDENT=YES'),
  },
  {
    name: 'none-independent',
    what: 'no part is marked as one to begin with',
    expects: [{ code: 'part-independent', level: 'should', clause: '4.4.4.9' }],
    text: (text) => text.replaceAll(',INDEPENDENT=YES', ''),
  },
  {
    name: 'part-lasts-longer',
    what: 'parts are said to last a quarter of a second each, and are of 0.375, 0.125 …',
    expects: [{ code: 'part-off', level: 'must', clause: '4.4.4.9' }],
    take: () => ({ parts: [9, 3, 6, 6] }),
    text: (text) => text.replaceAll(/DURATION=0[.](375|125)00/g, 'DURATION=0.25000'),
  },
];

/** Two playlists that do not go together. */
const VARIANTS: readonly LowAnimal[] = [
  {
    name: 'other-target',
    what: 'the second variant has twice the target duration',
    expects: [{ code: 'target-durations-differ', level: 'must', clause: '6.2.4' }],
    low: false,
    other: { text: (text) => text.replace('TARGETDURATION:1', 'TARGETDURATION:2') },
  },
  {
    name: 'other-hold-back',
    what: 'the second variant says another distance from the end than the first',
    expects: [{ code: 'server-control-differs', level: 'must', clause: '6.2.4' }],
    other: { text: (text) => text.replace('PART-HOLD-BACK=0.75', 'PART-HOLD-BACK=1') },
  },
  {
    name: 'other-is-of-old',
    what: 'the second variant has no EXT-X-SERVER-CONTROL, though the first has',
    expects: [{ code: 'server-control-differs', level: 'must', clause: '6.2.4' }],
    low: false,
    text: (text) => text.replace('#EXT-X-TARGETDURATION', '#EXT-X-SERVER-CONTROL:HOLD-BACK=3\n$&'),
    other: {},
  },
  {
    name: 'other-clock',
    what: 'timestamps of the second variant are twenty seconds ahead',
    expects: [{ code: 'variants-apart', level: 'must', clause: '6.2.4' }],
    low: false,
    other: { take: (number) => (number === 0 ? { shift: 20 * 90_000 } : {}) },
  },
  {
    name: 'other-discontinuity',
    what: 'the second variant has a discontinuity that the first has not',
    expects: [{ code: 'variants-apart', level: 'must', clause: '6.2.4' }],
    low: false,
    other: { take: (number) => ({ discontinuity: number === HERE }) },
  },
  {
    name: 'other-cuts',
    what: 'segments of the second variant begin half a second later',
    expects: [{ code: 'variants-apart', level: 'should', clause: '6.2.4' }],
    low: false,
    other: { take: (number) => (number === 0 ? { parts: [6, 6] } : {}) },
  },
  {
    name: 'two-defaults',
    what: 'a group has two sounds with DEFAULT=YES',
    expects: [{ code: 'bad-attribute', level: 'must', clause: '4.3.4.1' }],
    low: false,
    other: {},
    multivariant: (text) =>
      text.replace(
        '#EXT-X-STREAM-INF:',
        ['en', 'de']
          .map((name) => `#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="${name}",DEFAULT=YES,AUTOSELECT=YES\n`)
          .join('') + '#EXT-X-STREAM-INF:AUDIO="a",',
      ),
  },
];

export const LOW_BROKEN: readonly LowAnimal[] = [...FRAGMENTS, ...TEXT, ...OVER_TIME, ...PARTS, ...VARIANTS];
