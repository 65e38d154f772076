import { writePmt } from '../../../src/containers/mpegts/psi.ts';
import type { Animal } from '../animal.ts';
import {
  dropPcr,
  hasPcr,
  hideUnits,
  isTable,
  moveTimes,
  PACKET,
  pidOf,
  count,
  startsUnit,
} from '../packets.ts';
import { pictureTrack, silenceTrack } from '../pictures.ts';
import { writeMultivariant, type Playlist } from '../playlist.ts';
import type { Take } from '../show.ts';

const VIDEO = 0x100;
const AUDIO = 0x101;
/** Where the faulty segment is: it comes in soon after the look began. */
const HERE = 9;
const SEGMENT_TICKS = 45_000;

const from = (first: number, take: Take) => (number: number) => (number >= first ? take : {});
const at = (only: number, take: Take) => (number: number) => (number === only ? take : {});
const always = (take: Take) => () => take;

const SMALL = pictureTrack(160, 96);
const MONO = silenceTrack(44_100, 1);

const independent = (playlist: Playlist): Playlist => ({
  ...playlist,
  tags: ['#EXT-X-INDEPENDENT-SEGMENTS'],
});
const everyOther = (number: number): Take => ({ startsWithKey: number % 2 === 0 });

const retimed =
  (seconds: number) =>
  (playlist: Playlist): Playlist => ({
    ...playlist,
    lines: playlist.lines.map((line) => (line.number === HERE ? { ...line, seconds } : line)),
  });

const unitStarts = (packets: readonly Buffer[], pid: number): Buffer[] =>
  packets.filter((packet) => pidOf(packet) === pid && startsUnit(packet));

function scramble(packets: Buffer[]): Buffer[] {
  for (const packet of packets) if (pidOf(packet) === VIDEO) packet[3]! |= 0x80;
  return packets;
}

/** Moves one unit of a track in time. */
const moveOne =
  (pid: number, index: number, by: number) =>
  (packets: Buffer[]): Buffer[] => {
    moveTimes(unitStarts(packets, pid)[index]!, by);
    return packets;
  };

/** Keeps the clock reference of every `keep`-th packet that has one; 0 keeps none. */
const thinClock =
  (keep: number) =>
  (packets: Buffer[]): Buffer[] => {
    packets.filter(hasPcr).forEach((packet, index) => {
      if (keep === 0 || index % keep > 0) dropPcr(packet);
    });
    return packets;
  };

/** As a network loses it: of the sound, which nothing else depends on. */
function losePacket(packets: Buffer[]): Buffer[] {
  const lost = packets.findLastIndex((packet) => pidOf(packet) === AUDIO && !startsUnit(packet));
  return packets.toSpliced(lost, 1);
}

function declareAudio(packets: Buffer[]): Buffer[] {
  const streams = [
    { pid: VIDEO, streamType: 0x1b },
    { pid: AUDIO, streamType: 0x0f },
  ];
  const table = packets.findIndex((packet) => pidOf(packet) === 0x1000);
  writePmt(packets[table]!, 0, 0, 0, VIDEO, streams);
  return packets;
}

/** What comes of a segment that is not readable any more. */
const UNREADABLE = [
  'ts-continuity',
  'extinf-off',
  'no-pat-pmt',
  'track-without-frames',
  'discontinuity-missing',
  'no-key-frame-start',
  'pcr-interval',
];

/** What is wrong is inside the segments, or from one to the next. */
export const MEDIA: readonly Animal[] = [
  {
    name: 'scrambled',
    what: 'from one segment on, the video is scrambled as broadcasters do it',
    expects: [{ code: 'not-ts-packets', level: 'must', clause: '3.2' }],
    also: ['track-without-frames', 'no-key-frame-start'],
    take: from(HERE, { edit: scramble }),
  },
  {
    name: 'small-errors-add-up',
    what: 'each EXTINF is 40 ms too long, which by itself is forgiven',
    expects: [{ code: 'extinf-off', level: 'should', clause: '4.3.2.1' }],
    playlist: (playlist) => ({
      ...playlist,
      lines: playlist.lines.map((line) => ({ ...line, seconds: line.seconds + 0.04 })),
    }),
  },
  {
    name: 'tables-missing',
    what: 'a segment has neither PAT nor PMT',
    expects: [{ code: 'no-pat-pmt', level: 'must', clause: '3.2' }],
    also: [
      'track-without-frames',
      'extinf-off',
      'no-key-frame-start',
      'discontinuity-missing',
      'pcr-interval',
    ],
    take: at(HERE, { edit: (packets) => packets.filter((packet) => !isTable(packet)) }),
  },
  {
    name: 'pmt-missing',
    what: 'segments have a PAT, and the PMT is in the first of them only',
    expects: [{ code: 'no-pat-pmt', level: 'must', clause: '3.2' }],
    also: [
      'track-without-frames',
      'extinf-off',
      'no-key-frame-start',
      'discontinuity-missing',
      'pcr-interval',
    ],
    take: from(1, { edit: (packets) => packets.filter((packet) => pidOf(packet) !== 0x1000) }),
  },
  {
    name: 'tables-late',
    what: 'PAT and PMT come after a picture; the RFC says that they should be first',
    expects: [{ code: 'no-pat-pmt', level: 'should', clause: '3.2' }],
    also: ['track-without-frames', 'extinf-off', 'no-key-frame-start'],
    take: at(HERE, {
      edit: (packets) => {
        const [pat, pmt, ...rest] = packets;
        return [...rest.slice(0, 4), pat!, pmt!, ...rest.slice(4)];
      },
    }),
  },
  {
    name: 'independent-in-name-only',
    what: 'EXT-X-INDEPENDENT-SEGMENTS, and every other segment starts within a group of pictures',
    expects: [{ code: 'no-key-frame-start', level: 'must', clause: '4.3.5.1' }],
    take: everyOther,
    playlist: independent,
  },
  {
    name: 'key-frame-without-sets',
    what: 'EXT-X-INDEPENDENT-SEGMENTS, and the parameter sets are in the first segment only',
    expects: [{ code: 'no-key-frame-start', level: 'must', clause: '4.3.5.1' }],
    take: from(1, {
      edit: (packets) => {
        hideUnits(packets, [7, 8]);
        return packets;
      },
    }),
    playlist: independent,
  },
  {
    name: 'group-over-two-segments',
    what: 'every other segment starts within a group of pictures, and nothing says that it does not',
    expects: [{ code: 'no-key-frame-start', level: 'should', clause: '3' }],
    take: everyOther,
  },
  {
    name: 'extinf-too-long',
    what: 'EXTINF is 100 ms more than the segment has',
    expects: [{ code: 'extinf-off', level: 'must', clause: '4.3.2.1' }],
    playlist: retimed(0.6),
  },
  {
    name: 'extinf-too-short',
    what: 'EXTINF is 100 ms less than the segment has',
    expects: [{ code: 'extinf-off', level: 'must', clause: '4.3.2.1' }],
    playlist: retimed(0.4),
  },
  {
    name: 'jump-ahead',
    what: 'timestamps jump ten seconds ahead without a discontinuity',
    expects: [{ code: 'discontinuity-missing', level: 'must', clause: '4.3.2.3' }],
    also: ['pcr-interval', 'extinf-off'],
    take: at(HERE, { from: HERE * SEGMENT_TICKS + 900_000 }),
  },
  {
    name: 'jump-back',
    what: 'timestamps begin anew without a discontinuity',
    expects: [{ code: 'discontinuity-missing', level: 'must', clause: '4.3.2.3' }],
    also: ['timestamps-back', 'pcr-interval', 'extinf-off'],
    take: at(HERE, { from: 0 }),
  },
  {
    name: 'size-changes',
    what: 'the picture gets another size without a discontinuity',
    expects: [{ code: 'discontinuity-missing', level: 'must', clause: '4.3.2.3' }],
    take: from(HERE, { video: SMALL }),
  },
  {
    name: 'audio-leaves',
    what: 'the audio track leaves without a discontinuity',
    expects: [{ code: 'discontinuity-missing', level: 'must', clause: '4.3.2.3' }],
    take: from(HERE, { audio: undefined }),
  },
  {
    name: 'audio-changes',
    what: 'audio goes from stereo at 48 kHz to mono at 44.1 kHz without a discontinuity',
    expects: [{ code: 'discontinuity-missing', level: 'must', clause: '4.3.2.3' }],
    take: from(HERE, { audio: MONO }),
  },
  {
    name: 'back-in-the-middle',
    what: 'inside a segment a picture has an earlier decode time than the one before it',
    expects: [{ code: 'timestamps-back', level: 'must' }],
    also: ['discontinuity-missing'],
    take: at(HERE, { edit: moveOne(VIDEO, 5, 3 * 3750) }),
  },
  {
    name: 'sound-back-in-the-middle',
    what: 'inside a segment the time of audio goes back by 0.3 s',
    expects: [{ code: 'timestamps-back', level: 'must' }],
    also: ['discontinuity-missing'],
    take: at(HERE, { edit: moveOne(AUDIO, 3, -27_000) }),
  },
  {
    name: 'overlap',
    what: 'a segment begins a quarter of a second before the last one ended',
    expects: [{ code: 'timestamps-back', level: 'must' }],
    also: ['discontinuity-missing', 'pcr-interval', 'extinf-off'],
    take: at(HERE, { from: HERE * SEGMENT_TICKS - SEGMENT_TICKS / 2 }),
  },
  {
    name: 'packet-lost',
    what: 'a packet is missing inside a segment',
    expects: [{ code: 'ts-continuity', level: 'must', clause: '2.4.3.3' }],
    take: at(HERE, { damage: losePacket }),
  },
  {
    name: 'counters-restart',
    what: 'every segment counts its packets from 0, without a discontinuity',
    expects: [{ code: 'ts-continuity', level: 'must' }],
    take: always({
      damage: (packets) => {
        count(packets, new Map());
        return packets;
      },
    }),
  },
  {
    name: 'clock-at-key-frames-only',
    what: 'clock references are half a second apart',
    expects: [{ code: 'pcr-interval', level: 'must', clause: '2.7.2' }],
    take: always({ edit: thinClock(Infinity) }),
  },
  {
    name: 'clock-every-125-ms',
    what: 'clock references are 125 ms apart',
    expects: [{ code: 'pcr-interval', level: 'must', clause: '2.7.2' }],
    take: always({ edit: thinClock(3) }),
  },
  {
    name: 'no-clock',
    what: 'there is no clock reference at all',
    expects: [{ code: 'pcr-interval', level: 'must', clause: '2.7.2' }],
    take: always({ edit: thinClock(0) }),
  },
  {
    name: 'cut-off',
    what: 'a segment ends in the middle of a packet',
    expects: [{ code: 'not-ts-packets', level: 'must', clause: '3.2' }],
    also: UNREADABLE,
    take: at(HERE, { spoil: (bytes) => bytes.subarray(0, -60) }),
  },
  {
    name: 'no-sync',
    what: 'in the middle of a segment there are 188 bytes that are no packet',
    expects: [{ code: 'not-ts-packets', level: 'must', clause: '3.2' }],
    also: UNREADABLE,
    take: at(HERE, {
      spoil: (bytes) =>
        Buffer.concat([bytes.subarray(0, 8 * PACKET), Buffer.alloc(PACKET), bytes.subarray(8 * PACKET)]),
    }),
  },
  {
    name: 'web-page-for-a-segment',
    what: 'the server answers 200 with a web page where a segment should be',
    expects: [{ code: 'not-ts-packets', level: 'must', clause: '3.2' }],
    also: UNREADABLE,
    take: at(HERE, { spoil: () => Buffer.from('<!doctype html><title>Sign in</title>') }),
  },
  {
    name: 'audio-declared-only',
    what: 'the PMT declares audio, of which nothing ever comes',
    expects: [{ code: 'track-without-frames', level: 'must' }],
    take: always({ audio: undefined, edit: declareAudio }),
  },
  {
    name: 'audio-promised-only',
    what: 'CODECS promises audio, of which nothing ever comes',
    expects: [{ code: 'track-without-frames', level: 'must' }],
    also: ['codecs-differ'],
    take: always({ audio: undefined }),
    multivariant: writeMultivariant(),
  },
  {
    name: 'sound-behind-picture',
    what: 'audio begins 0.8 s after video in each segment',
    expects: [{ code: 'audio-video-apart', level: 'should' }],
    also: ['extinf-off'],
    take: always({
      edit: (packets) => {
        for (const packet of unitStarts(packets, AUDIO)) moveTimes(packet, 72_000);
        return packets;
      },
    }),
  },
];
