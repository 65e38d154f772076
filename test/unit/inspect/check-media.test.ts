import assert from 'node:assert/strict';
import test from 'node:test';
import { readMedia } from '../../../src/inspect/check/checked-playlist.ts';
import { readMultivariant } from '../../../src/inspect/check/checked-multivariant.ts';
import { DeclaredTracks } from '../../../src/inspect/check/declared-tracks.ts';
import { scanPackets } from '../../../src/inspect/check/packet-scan.ts';
import { readText } from '../../../src/inspect/check/playlist-text.ts';
import { promiseBreaches, withRenditions, type Found } from '../../../src/inspect/check/promises.ts';
import type { Breach } from '../../../src/inspect/check/rules.ts';
import { dateBreaches, extinfBreaches, seamBreaches } from '../../../src/inspect/check/seams.ts';
import { segmentBreaches, type SegmentFacts } from '../../../src/inspect/check/segment-rules.ts';
import { Findings } from '../../../src/inspect/findings.ts';
import { SegmentsLook } from '../../../src/inspect/segments-look.ts';
import { AUDIO_PID, TransportMaker, VIDEO_PID } from './hand-made.ts';

const FRAME = 3_600;
const S = 90_000;
const AVC = [0x1b, VIDEO_PID] as const;
const AAC = [0x0f, AUDIO_PID] as const;
const BOTH = [AVC, AAC];

interface Shape {
  readonly tables?: readonly (readonly [number, number])[] | 'none' | 'late';
  readonly key?: boolean;
  /** Ticks by which PTS is ahead of DTS. */
  readonly ahead?: number;
  readonly audioFrom?: number;
  readonly sound?: boolean;
  readonly dtsOf?: (index: number) => number;
  readonly pcr?: (dts: number) => number | 'none';
}

/** One second of video and sound from `at` on. */
function segment(maker: TransportMaker, at: number, shape: Shape = {}): Buffer {
  const { tables = BOTH, key = true, ahead = 0, audioFrom = 0, sound = true } = shape;
  const dtsOf = shape.dtsOf ?? ((index: number) => at + index * FRAME);
  const pcr = shape.pcr ?? ((dts: number) => dts);
  const parts = typeof tables === 'string' ? [] : [maker.tables(tables)];
  for (let index = 0; index < 25; index++) {
    const dts = dtsOf(index);
    parts.push(maker.video(dts, { key: key && index === 0, pts: dts + ahead, pcr: pcr(dts) }));
    if (tables === 'late' && index === 0) parts.push(maker.tables(BOTH));
    if (sound) parts.push(maker.audio(dts + audioFrom));
  }
  return Buffer.concat(parts);
}

class Reader {
  readonly #look = new SegmentsLook('x.m3u8', new Findings());
  readonly #independent: boolean;
  #number = 0;

  constructor(independent = true) {
    this.#independent = independent;
  }

  read(bytes: Buffer, tags = '#EXTINF:1,'): SegmentFacts {
    const text = `#EXTM3U\n#EXT-X-MEDIA-SEQUENCE:${this.#number++}\n${tags}\nx.ts\n`;
    const { segments } = readMedia(readText(Buffer.from(text)).lines, new URL('http://example.org/x.m3u8'));
    const { look } = this.#look.take(segments[0]!, bytes);
    assert.ok(look, 'it was not read');
    return {
      segment: segments[0]!,
      bytes: bytes.length,
      scan: scanPackets(bytes),
      look,
      independent: this.#independent,
    };
  }
}

const codes = (breaches: readonly Breach[]): string[] =>
  breaches.map(({ code, level }) => (level ? `${level} ${code}` : code));

/** What two segments in a row break: each by itself, and the seam. */
function both(first: Shape, second: Shape, gap = 0, extinf = 1): string[] {
  const maker = new TransportMaker();
  const reader = new Reader();
  const from = 2 ** 33 - S; // the clock wraps between the two
  const before = reader.read(segment(maker, from, first), `#EXTINF:${extinf},`);
  const after = reader.read(segment(maker, from + S + gap, second));
  return codes([
    ...segmentBreaches(before),
    ...segmentBreaches(after),
    ...seamBreaches(before, after),
    ...extinfBreaches(before, after),
    ...extinfBreaches(after, undefined),
  ]);
}

test('nothing is wrong with two seconds of media, over the wrap of 33 bits, with or without B-frames and sound', () => {
  assert.deepEqual(both({}, {}), []);
  assert.deepEqual(both({ ahead: 2 * FRAME }, { ahead: 2 * FRAME }), []);
  const silent = { tables: [AVC], sound: false };
  assert.deepEqual(both(silent, silent), []);
});

for (const [what, first, ...expected] of [
  ['no tables', { tables: 'none', sound: false }, 'no-pat-pmt'],
  ['no key frame', { key: false }, 'must no-key-frame-start'],
  ['no PCR', { pcr: () => 'none' }, 'pcr-interval'],
  ['a PCR every 120 ms', { pcr: (dts) => (dts % (3 * FRAME) === 0 ? dts : 'none') }, 'pcr-interval'],
  [
    'a step back',
    { dtsOf: (index) => 5 * S + (index === 9 ? 7.5 : index) * FRAME, sound: false },
    'timestamps-back',
  ],
  ['sound 0.6 s late', { audioFrom: 0.6 * S }, 'audio-video-apart'],
] as readonly (readonly [string, Shape, ...string[]])[]) {
  test(`finds in a segment: ${what}`, () => {
    const breaches = codes(segmentBreaches(new Reader().read(segment(new TransportMaker(), 5 * S, first))));
    for (const code of expected) assert.ok(breaches.includes(code), `${code} is not in ${breaches.join()}`);
  });
}

test('tables that come late are advice, as is a segment that begins in mid-GOP without a promise', () => {
  const late = new Reader().read(segment(new TransportMaker(), 0, { tables: 'late' }));
  assert.ok(codes(segmentBreaches(late)).includes('should no-pat-pmt'), 'late tables');
  const open = new Reader(false).read(segment(new TransportMaker(), 0, { key: false }));
  assert.deepEqual(codes(segmentBreaches(open)), ['no-key-frame-start']);
});

test('packets that are missing between two segments are missed', () => {
  const maker = new TransportMaker();
  const reader = new Reader();
  reader.read(segment(maker, 0));
  maker.lose(VIDEO_PID, 3);
  assert.deepEqual(codes(segmentBreaches(reader.read(segment(maker, S)))), ['ts-continuity']);
});

test('what is no whole packet, or begins elsewhere, is found where it is', () => {
  const good = segment(new TransportMaker(), 0);
  assert.equal(scanPackets(good).framing, undefined);
  assert.match(scanPackets(good.subarray(0, -1)).framing ?? '', /187 are left over/);
  const hurt = Buffer.from(good);
  hurt[376] = 0;
  assert.match(scanPackets(hurt).framing ?? '', /byte 376/);
  for (let cut = 0; cut < 400; cut++)
    assert.ok(scanPackets(good.subarray(0, cut)).framing !== undefined || cut % 188 === 0, `${cut}`);
});

test('from one segment to the next: jumps, overlaps and lengths', () => {
  assert.deepEqual(both({}, {}, 5 * S), ['pcr-interval', 'discontinuity-missing']);
  const back = both({}, {}, -5 * S);
  assert.ok(back.includes('discontinuity-missing') && back.includes('timestamps-back'), back.join());
  assert.ok(both({}, {}, -2 * FRAME).includes('timestamps-back'), 'a small overlap');
  assert.deepEqual(both({}, {}, 0, 1.03), [], 'less than a frame');
  assert.deepEqual(both({}, {}, 0, 1.1), ['extinf-off']);
  assert.deepEqual(both({}, {}, 0, 0.9), ['extinf-off']);
  const more = both({ tables: [AVC], sound: false }, {});
  assert.deepEqual(more, ['discontinuity-missing'], 'a track that comes without a discontinuity');
});

test('a track that is declared and never comes is told once, after two segments', () => {
  const maker = new TransportMaker();
  const reader = new Reader();
  const declared = new DeclaredTracks();
  const seen = [0, 1, 2, 3].map((index) =>
    codes(declared.see(reader.read(segment(maker, index * S, { sound: false })))),
  );
  assert.deepEqual(seen, [[], ['track-without-frames'], [], []]);
});

test('dates are compared with the sum of EXTINF, and anew after a discontinuity', () => {
  const read = (...seconds: readonly (number | string)[]): string[] => {
    const lines = seconds.map((one) => {
      const [bar, at] = typeof one === 'string' ? ['#EXT-X-DISCONTINUITY\n', Number(one)] : ['', one];
      return `${bar}#EXT-X-PROGRAM-DATE-TIME:${new Date(at * 1000).toISOString()}\n#EXTINF:1,\nx.ts`;
    });
    const text = `#EXTM3U\n${lines.join('\n')}\n`;
    const { segments } = readMedia(readText(Buffer.from(text)).lines, new URL('http://example.org/x.m3u8'));
    return codes(dateBreaches(segments, 0));
  };
  assert.deepEqual(read(10, 11, 12.9, 13), []);
  assert.deepEqual(read(10, 11, '60', 61), []);
  assert.deepEqual(read(10, 11.5, 13, 14.5), ['program-date-time'], 'it runs away');
  assert.deepEqual(read(10, 11, '5', 6), ['program-date-time'], 'it goes back');
});

const MASTER = `#EXTM3U
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",NAME="en",URI="sound.m3u8"
#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="b",NAME="en",URI="other.m3u8"
#EXT-X-STREAM-INF:BANDWIDTH=1000000,CODECS="avc1.4D400D,mp4a.40.2",AUDIO="a"
picture.m3u8
`;

test('sound that a variant has in a rendition is not missed in the variant itself', () => {
  const { variants } = readMultivariant(
    readText(Buffer.from(MASTER)).lines,
    new URL('http://example.org/x.m3u8'),
  );
  const [variant] = variants;
  assert.ok(variant, 'no variant');
  assert.deepEqual(variant.renditions, ['sound.m3u8']);
  const found: Found = {
    live: true,
    targetSeconds: 1,
    video: [{ codecString: 'avc1.4D400D' }],
    audio: [],
    sizes: [],
    landmarks: [],
    control: undefined,
  };
  const sound = (codecString: string): Found => ({
    ...found,
    video: [],
    audio: [{ codecString }],
  });
  const judged = (...renditions: (Found | undefined)[]): string[] =>
    codes(promiseBreaches([variant], withRenditions(found, renditions)));
  assert.deepEqual(judged(sound('mp4a.40.2')), []);
  assert.deepEqual(judged(sound('mp4a.40.34')), ['codecs-differ']);
  assert.deepEqual(judged({ ...found, video: [] }), [], 'one that could not be taken apart');
  assert.deepEqual(judged(undefined), [], 'one that could not be fetched');
  assert.deepEqual(judged(), ['track-without-frames']);
});
