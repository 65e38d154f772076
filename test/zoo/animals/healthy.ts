import { gzipSync } from 'node:zlib';
import { writePmt } from '../../../src/containers/mpegts/psi.ts';
import { LEAD } from '../../../src/containers/mpegts/ts-muxer.ts';
import type { Animal } from '../animal.ts';
import { hasPayload, nullPacket, pidOf, TIME_MODULUS } from '../packets.ts';
import { pictureTrack, silenceTrack } from '../pictures.ts';
import { writeMultivariant, type Playlist } from '../playlist.ts';
import type { Take } from '../show.ts';

const SEGMENT_TICKS = 45_000;
const SMALL = pictureTrack(160, 96);
const LARGE = pictureTrack(640, 384);
const MONO = silenceTrack(44_100, 1);

const healthy = (name: string, what: string, change: Partial<Animal>): Animal => ({
  name,
  what,
  expects: [],
  ...change,
});

/** Two jumps, pictures that come in, another sound, another size: each with its mark. Some leave the playlist within a look. */
function manyChanges(number: number): Take {
  const tracks = {
    video: number < 5 ? undefined : number < 11 ? SMALL : LARGE,
    ...(number >= 9 && { audio: MONO }),
  };
  if (number === 2) return { ...tracks, discontinuity: true, from: 90_000_000 };
  if (number === 4) return { ...tracks, discontinuity: true, from: 0 };
  return { ...tracks, discontinuity: [5, 9, 11].includes(number) };
}

/** Null packets, and the tables once more in the middle, which count on. */
function stuff(packets: Buffer[]): Buffer[] {
  const tables = packets.slice(0, 2).map((packet) => Buffer.from(packet));
  const [before, behind] = [packets.slice(0, 8), packets.slice(8)];
  return [...before, nullPacket(), ...tables, ...behind.flatMap((packet) => [packet, nullPacket()])];
}

/** Every packet with payload may be sent twice (ISO/IEC 13818-1 §2.4.3.3). */
function repeat(packets: Buffer[]): Buffer[] {
  return packets.flatMap((packet, index) => {
    const twice = pidOf(packet) === 0x101 && hasPayload(packet) && index % 3 === 0;
    return twice ? [packet, packet] : [packet];
  });
}

const dated = (playlist: Playlist): Playlist => ({
  ...playlist,
  lines: playlist.lines.map((line) => {
    const date = new Date(Date.UTC(2026, 0, 1) + line.number * 500).toISOString();
    return { ...line, tags: line.number % 3 === 0 ? [`#EXT-X-PROGRAM-DATE-TIME:${date}`] : [] };
  }),
});

/** Another version of a table that says the same. */
function renumberTable(packets: Buffer[]): Buffer[] {
  const streams = [
    { pid: 0x100, streamType: 0x1b },
    { pid: 0x101, streamType: 0x0f },
  ];
  writePmt(
    packets.find((packet) => pidOf(packet) === 0x1000)!,
    0,
    0,
    5,
    0x100,
    streams,
  );
  return packets;
}

/** Looks wrong, and is right: nothing may be found here. */
export const HEALTHY: readonly Animal[] = [
  healthy('plain', 'the show that all others are made of', {}),
  healthy('promised', 'a multivariant playlist that says what is there', {
    multivariant: writeMultivariant({ 'AVERAGE-BANDWIDTH': '90000' }),
    playlist: (playlist) => ({ ...playlist, tags: ['#EXT-X-INDEPENDENT-SEGMENTS'] }),
  }),
  healthy('many-changes', 'five discontinuities, each marked, and counted as they leave', {
    take: manyChanges,
  }),
  healthy('mark-without-need', 'a discontinuity in front of a segment that simply goes on', {
    take: (number) => ({ discontinuity: number === 2 || number === 9 }),
  }),
  healthy('times-wrap', 'timestamps pass 2^33', {
    take: (number) => (number === 0 ? { from: TIME_MODULUS - LEAD - 10 * SEGMENT_TICKS } : {}),
  }),
  healthy('clock-wraps', 'the clock passes 2^33 while timestamps already have', {
    take: (number) => ({
      bFrames: true,
      ...(number === 0 && { from: TIME_MODULUS - 10 * SEGMENT_TICKS - 7 }),
    }),
  }),
  healthy(
    'b-frames',
    'pictures are shown in another order than decoded, the first decode time is below zero',
    {
      take: () => ({ bFrames: true }),
    },
  ),
  healthy('audio-only', 'no picture, segments as long as whole AAC frames are', {
    take: () => ({ video: undefined }),
  }),
  healthy('video-only', 'no sound', { take: () => ({ audio: undefined }) }),
  healthy('uneven', 'segments of 0.21 to 0.88 s', {
    take: (number) => ({ pictures: 5 + ((number * 7) % 17) }),
  }),
  healthy('rounds-down', 'segments of 1.458 s under a target duration of 1, which is what they round to', {
    take: (number) => ({ pictures: number % 2 === 0 ? 35 : 12 }),
  }),
  healthy('rounded-to-ms', '29.97 pictures a second, durations rounded to 3 decimals', {
    take: () => ({ pictures: 17, pictureTicks: 3003 }),
  }),
  healthy('whole-seconds', 'no version, whole seconds without decimals', {
    take: () => ({ pictures: 24 }),
    playlist: (playlist) => ({ ...playlist, version: undefined }),
    text: (text) => text.replaceAll('1.000,', '1,'),
  }),
  healthy('ends', 'the show ends, with a last segment of one picture', {
    take: (number) => (number === 13 ? { pictures: 1 } : {}),
    pace: (seconds) => Math.min(seconds, 2.5 + 1 / 24),
    playlist: (playlist, { last }) => ({ ...playlist, ended: last === 13 }),
  }),
  healthy('just-begun', 'a show of one segment so far, which grows', { opening: 1 }),
  healthy('event', 'an event: nothing is ever removed', {
    window: 1000,
    playlist: (playlist) => ({ ...playlist, tags: ['#EXT-X-PLAYLIST-TYPE:EVENT'] }),
  }),
  healthy('in-bursts', 'two segments at a time, once a second', { pace: (seconds) => Math.floor(seconds) }),
  healthy('crlf', 'lines end in CR LF', { text: (text) => text.replaceAll('\n', '\r\n') }),
  healthy('no-last-newline', 'the last line has no end', { text: (text) => text.trimEnd() }),
  healthy('chatty', 'comments, empty lines, tags nobody knows, titles in many scripts', {
    text: (text) =>
      text
        .replaceAll('#EXTINF', '\n#EXT-X-NOBODY-KNOWS:1,"a=b,c",2\n# EXTINF:9,\n#EXTINF')
        .replaceAll(/(#EXTINF.*,)/g, '$1Küche, 台所 – #1'),
  }),
  healthy('absolute', 'segments by absolute URL', { uri: (number, base) => `${base}/far/seg${number}.ts` }),
  healthy('tokens', 'segments with a query string', {
    uri: (number) => `seg.ts?n=${number}&token=a%20b=&exp=1767225600`,
  }),
  healthy('byte-ranges', 'four segments in a file, each a range of it', { packed: 4 }),
  healthy('moved', 'the playlist and each segment are elsewhere, as redirects say', {
    needsHttp: true,
    answer: (answer, { path, kind }) => {
      const folder = kind === 'segment' ? '/there/' : '/here/';
      if (path.includes(folder)) return answer;
      const Location = path.replace(/\/(?=[^/]*$)/, folder);
      return { ...answer, status: 302, headers: { ...answer.headers, Location } };
    },
  }),
  healthy('gzip', 'the playlist is compressed on its way', {
    needsHttp: true,
    answer: (answer, { kind }) =>
      kind === 'segment'
        ? answer
        : {
            ...answer,
            headers: { ...answer.headers, 'Content-Encoding': 'gzip' },
            body: gzipSync(answer.body),
          },
  }),
  healthy('typed-by-name', 'a playlist said to be plain text, whose path ends in .m3u8', {
    answer: (answer, { kind }) =>
      kind === 'segment'
        ? answer
        : { ...answer, headers: { ...answer.headers, 'Content-Type': 'text/plain' } },
  }),
  healthy('typed-by-header', 'a playlist with the older of the two types and no extension', {
    entry: 'live',
    answer: (answer, { kind }) =>
      kind === 'segment'
        ? answer
        : { ...answer, headers: { ...answer.headers, 'Content-Type': 'audio/mpegurl; charset=utf-8' } },
  }),
  healthy('no-cache-headers', 'nothing is said about caching', {
    answer: (answer) => ({ ...answer, headers: { 'Content-Type': answer.headers['Content-Type']! } }),
  }),
  healthy('stuffed', 'null packets, and tables in the middle too', { take: () => ({ edit: stuff }) }),
  healthy('sent-twice', 'packets of audio that are there twice, which is allowed once each', {
    take: () => ({ damage: repeat }),
  }),
  healthy('dated', 'dates on some of the segments', { playlist: dated }),
  healthy('few-pictures', 'six pictures a second; sound keeps the clock going between them', {
    take: () => ({ pictures: 3, pictureTicks: 15_000 }),
  }),
  healthy('table-renumbered', 'the PMT gets another version number, and says the same', {
    take: (number) => (number >= 9 ? { edit: renumberTable } : {}),
  }),
  healthy('other-tags', 'tags that say nothing of the segments: a key that is none, a start, a date range', {
    playlist: (playlist) => ({
      ...dated(playlist),
      tags: [
        '#EXT-X-ALLOW-CACHE:NO',
        '#EXT-X-START:TIME-OFFSET=-1.5,PRECISE=NO',
        '#EXT-X-KEY:METHOD=NONE',
        '#EXT-X-DATERANGE:ID="a, b",START-DATE="2026-01-01T00:00:00.000Z",X-COM-NOTE="c=d,e"',
      ],
    }),
  }),
  healthy('rendition', 'audio as a rendition that is in the variant itself, and attributes nobody knows', {
    multivariant: writeMultivariant({ AUDIO: '"main"', 'X-NOBODY-KNOWS': '"a,b=c"' }).replace(
      '#EXT-X-STREAM-INF',
      '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="main",NAME="Ton, laut",LANGUAGE="de",DEFAULT=YES,AUTOSELECT=YES\n#EXT-X-STREAM-INF',
    ),
  }),
];
