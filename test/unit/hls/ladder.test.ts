import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AudioFrame, MediaFrame, VideoFrame } from '../../../src/media/frame.ts';
import { ticks } from '../../../src/media/time.ts';
import type { TrackId, VideoTrack } from '../../../src/media/track.ts';
import { CutSchedule } from '../../../src/outputs/hls/cut-schedule.ts';
import type { HlsOptions, HlsOutput } from '../../../src/outputs/hls/hls-output.ts';
import { Ladder } from '../../../src/outputs/hls/ladder.ts';
import { audioTrack, stream, videoTrack } from '../mpegts/frames.ts';
import { NOW, playlist, rigOf, type Playlist, type Rig } from './harness.ts';

/** Several renditions of one publisher. */

const v = videoTrack();
const a = audioTrack();
const S = 90_000;

const asTrack = (frame: VideoFrame, track: VideoTrack): VideoFrame => ({ ...frame, track });
const small: VideoTrack = { ...v, id: 'video1', width: 320, height: 180 };
const otherSound = { ...a, id: 'audio1' as const };

interface Stage {
  readonly main: Rig;
  readonly small: Rig;
  readonly sound: Rig;
  /** Picture 0 and sound to the main one, both to the small one, which has a picture of its own; and a second sound. */
  readonly play: (frames: readonly MediaFrame[], more?: Playing) => void;
  readonly interrupt: () => void;
}

interface Playing {
  /** What becomes of a picture in the small rendition; undefined: nothing. */
  readonly inSmall?: (frame: VideoFrame) => VideoFrame | undefined;
}

function stage(options: Partial<HlsOptions> = {}): Stage {
  const cuts = new CutSchedule(2, 0.33);
  const common = { cuts, lowLatency: true, windowSegments: 30, ...options };
  const main = rigOf(common);
  // The others come in a little later than the main one, and not evenly.
  const clock = (): number => main.clock.now + (main.clock.now % 70);
  const of = (rendition: TrackId): Rig => rigOf({ ...common, rendition, clock });
  const rigs = { main, small: of('video1'), sound: of('audio1') };
  const play = (frames: readonly MediaFrame[], { inSmall }: Playing = {}): void => {
    for (const frame of frames) {
      main.feed([frame]);
      if (frame.kind === 'video') {
        const other = inSmall ? inSmall(frame) : asTrack(frame, small);
        if (other) rigs.small.feed([other]);
      } else {
        rigs.small.feed([frame]);
        const second: AudioFrame = { ...frame, track: otherSound, startsGop: true };
        rigs.sound.feed([second]);
      }
    }
  };
  const interrupt = (): void => {
    for (const { hls } of Object.values(rigs)) hls.interrupt();
  };
  return { ...rigs, play, interrupt };
}

/** So many seconds of both, from then on, with a key frame each second. */
function media(from: number, seconds: number, epoch = 1): MediaFrame[] {
  return stream({ frames: 30 * seconds, gop: 30, video: v, audio: a }).map((frame): MediaFrame => ({
    ...frame,
    dts: ticks(frame.dts + from * S),
    pts: ticks(frame.pts + from * S),
    epoch,
  }));
}

const look = (hls: HlsOutput): Playlist => playlist(hls, `${hls.id === 'video' ? 'media' : hls.id}.m3u8`);

/** Discontinuity sequence number and date of each segment, by its number. */
function placesOf(hls: HlsOutput): Map<number, { discontinuity: number; at: number; start: boolean }> {
  const { segments, discontinuitySequence } = look(hls);
  let discontinuity = discontinuitySequence;
  return new Map(
    segments.map((segment) => {
      if (segment.discontinuity) discontinuity++;
      const number = Number(/(\d+)\.m4s/.exec(segment.uri)?.[1]);
      return [number, { discontinuity, at: segment.at, start: segment.discontinuity }];
    }),
  );
}

function assertInStep(one: HlsOutput, other: HlsOutput, slackMs = 0): void {
  const [here, there] = [placesOf(one), placesOf(other)];
  let shared = 0;
  for (const [number, place] of here) {
    const same = there.get(number);
    if (!same) continue;
    shared++;
    assert.equal(same.discontinuity, place.discontinuity, `discontinuities before segment ${number}`);
    assert.ok(Math.abs(same.at - place.at) <= slackMs, `segment ${number}: ${same.at} and ${place.at}`);
  }
  assert.ok(shared >= 3, `${shared} segments in both`);
}

test('a rendition that begins late has the numbers, dates and discontinuities of the others', () => {
  const { main, small: late, sound, play, interrupt } = stage();
  play(media(0, 5), { inSmall: () => undefined });
  late.hls.interrupt(); // the sound alone, of which the feed makes nothing
  const fresh = stage();
  assert.ok(fresh.main.hls, 'another publisher has nothing to do with it');
  interrupt();
  play(media(6, 9, 2));
  assertInStep(main.hls, sound.hls, 25);
  const cuts = new CutSchedule(2, 0.33);
  const one = rigOf({ cuts, windowSegments: 30 });
  const other = rigOf({ cuts, windowSegments: 30, rendition: 'video1' });
  for (const frame of media(0, 15)) {
    one.feed([frame]);
    if (frame.dts < 4.5 * S) continue;
    other.feed([frame.kind === 'video' ? asTrack(frame, small) : frame]);
  }
  assertInStep(one.hls, other.hls, 1001);
  const [first] = placesOf(other.hls).keys();
  const inMain = placesOf(one.hls).get(first!);
  assert.ok(inMain, 'it begins within a segment of the main one');
});

test('a reconnect is one discontinuity in all, though their key frames come at different moments', () => {
  const { main, small: other, sound, play, interrupt } = stage();
  play(media(0, 7));
  interrupt();
  let keys = 0;
  // The first key frame of the small one comes a second after the main one's.
  play(media(7.5, 8, 2), {
    inSmall: (frame) => (frame.startsGop && keys++ === 0 ? undefined : asTrack(frame, small)),
  });
  assert.equal([...placesOf(main.hls).values()].filter(({ start }) => start).length, 1);
  assert.equal([...placesOf(other.hls).values()].filter(({ start }) => start).length, 1);
  assert.equal([...placesOf(sound.hls).values()].filter(({ start }) => start).length, 1);
  const dateOfZero = (hls: HlsOutput): number[] =>
    [...placesOf(hls).values()].filter(({ start }) => start).map(({ at }) => at);
  assert.ok(Math.abs(dateOfZero(other.hls)[0]! - dateOfZero(main.hls)[0]! - 1000) < 2, 'a second later');
  assertInStep(main.hls, sound.hls, 50);
});

test('another configuration of one rendition is a discontinuity in all, at the same picture', () => {
  const { main, small: other, sound, play } = stage();
  play(media(0, 6));
  const changed: VideoTrack = { ...small, width: 160, height: 90 };
  play(media(6, 7), { inSmall: (frame) => asTrack(frame, changed) });
  const starts = (hls: HlsOutput): number[] =>
    [...placesOf(hls).values()].filter(({ start }) => start).map(({ at }) => at);
  assert.equal(starts(main.hls).length, 1);
  assert.deepEqual(starts(other.hls), starts(main.hls));
  assertInStep(main.hls, other.hls);
  assertInStep(main.hls, sound.hls, 50);
});

test('key frames at other places are told in words, and discontinuities stay in step', () => {
  const problems: string[] = [];
  const { main, small: other, play, interrupt } = stage({ onProblem: (why) => problems.push(why) });
  const shifted = (frame: VideoFrame): VideoFrame => ({
    ...asTrack(frame, small),
    startsGop: Math.round(frame.dts / 3000) % 30 === 13,
  });
  play(media(0, 15), { inSmall: shifted });
  assert.equal(problems.length, 1);
  assert.match(problems[0]!, /key frames are not where those of the main picture are/);
  assert.equal(main.hls.facts().problem, undefined);
  interrupt();
  play(media(16, 7, 2), { inSmall: shifted });
  const last = (hls: HlsOutput): number => [...placesOf(hls).values()].at(-1)!.discontinuity;
  assert.equal(last(other.hls), last(main.hls));
  for (const { seconds } of look(other.hls).segments)
    assert.ok(Math.round(seconds) <= look(main.hls).targetDuration, `${seconds} s`);
});

test("a jump of the publisher's clock is one discontinuity, in sound where it is in the pictures", () => {
  const { main, small: other, sound, play } = stage();
  play([...media(0, 14)].map((frame) => (frame.dts < 7.4 * S ? frame : { ...frame, epoch: 2 })));
  const starts = (hls: HlsOutput): number[] =>
    [...placesOf(hls).values()].filter(({ start }) => start).map(({ at }) => at);
  assert.equal(starts(main.hls).length, 1, 'one in the main rendition');
  assert.deepEqual(starts(other.hls), starts(main.hls));
  assert.equal(starts(sound.hls).length, 1, 'one in the sound');
  assertInStep(main.hls, other.hls);
  assertInStep(main.hls, sound.hls, 25);
});

test('a picture beside the main one that stays away for a while is no discontinuity, in no rendition', () => {
  const { main, small: other, sound, play } = stage();
  play(media(0, 7));
  play(media(7, 6), { inSmall: () => undefined });
  play(media(13, 7));
  for (const { hls } of [main, other, sound]) {
    const starts = [...placesOf(hls).values()].filter(({ start }) => start);
    assert.deepEqual(starts, [], `${hls.id} goes on`);
  }
  for (const { tracks } of other.whole)
    assert.equal(tracks.video?.id, 'video1', 'its picture is expected back');
});

test('streams of one ladder that begin at different moments show the same moment at the same time of the movie', () => {
  const one = new CutSchedule(2, 0.33);
  const two = new CutSchedule(2, 0.33, { lengths: one.lengths });
  const big = rigOf({ cuts: one, lowLatency: true, windowSegments: 30 });
  const late = rigOf({ cuts: two, lowLatency: true, windowSegments: 30 });
  // Both publishers count from 0; the second one comes 3.02 s later.
  big.feed(media(0, 12));
  for (const frame of media(0, 9)) {
    late.clock.now = NOW + 3020 + frame.dts / 90;
    late.hls.write(frame);
  }
  const all = [big, late].flatMap(({ hls }) => besideDates(hls, '.m4s', firstDecodeTime));
  assert.ok(all.length > 7, `${all.length} segments`);
  for (const apart of all) assert.ok(Math.abs(apart) <= 1, `${apart} ms from its date`);
  for (const { hls } of [big, late]) hls.playlist('media-ts.m3u8')!.rendered({ skip: false, dvr: true });
  const inTs = [big, late].flatMap(({ hls }) => besideDates(hls, '.ts', firstPcr));
  for (const apart of inTs) assert.ok(Math.abs(apart - inTs[0]!) <= 1, `${apart} and ${inTs[0]} ms`);
});

test('streams of one ladder that stop at different frames and come back show the same moment at the same time of the movie', () => {
  const one = new CutSchedule(2, 0.33);
  const two = new CutSchedule(2, 0.33, { lengths: one.lengths });
  const [big, small] = [one, two].map((cuts) => rigOf({ cuts, lowLatency: true, windowSegments: 30 }));
  // The encoder of the big one has two seconds in hand when it is killed; the stream goes on behind its own last frame.
  big!.feed(media(0, 6));
  small!.feed(media(0, 8));
  for (const [rig, end] of [[big!, 6] as const, [small!, 8] as const]) {
    rig.hls.interrupt();
    for (const frame of media(end + 0.04, 7, 2)) {
      rig.clock.now = NOW + 11_000 + frame.dts / 90 - (end + 0.04) * 1000;
      rig.hls.write(frame);
    }
  }
  const rigs = [big!, small!];
  for (const { hls } of rigs) {
    const breaks = look(hls).segments.filter(({ discontinuity }) => discontinuity);
    assert.equal(breaks.length, 1, 'one discontinuity');
    const maps = new Set(look(hls).text.match(/^#EXT-X-MAP:.*$/gm));
    assert.equal(maps.size, 2, 'a movie that counts otherwise has an initialization segment of its own');
  }
  const all = rigs.flatMap(({ hls }) => besideDates(hls, '.m4s', firstDecodeTime));
  for (const apart of all) assert.ok(Math.abs(apart) <= 1, `${apart} ms from its date`);
  // In MPEG-TS those from before, too, which are made of what is kept.
  for (const { hls } of rigs) hls.playlist('media-ts.m3u8')!.rendered({ skip: false, dvr: true });
  const inTs = rigs.flatMap(({ hls }) => besideDates(hls, '.ts', firstPcr));
  for (const apart of inTs) assert.ok(Math.abs(apart - inTs[0]!) <= 1, `${apart} and ${inTs[0]} ms`);
});

test('a stream alone goes on without a hole in the time of its movie when its publisher comes back', () => {
  const r = rigOf({ lowLatency: true, windowSegments: 30 });
  r.feed(media(0, 6));
  r.hls.interrupt();
  for (const frame of media(6.04, 5, 2)) {
    r.clock.now = NOW + 11_000 + frame.dts / 90;
    r.hls.write(frame);
  }
  const { segments, text } = look(r.hls);
  const back = segments.find(({ discontinuity }) => discontinuity)!;
  assert.ok(Math.abs(firstDecodeTime(r.hls.file(back.uri)!.bytes) / 90 - 6040) <= 1, 'where it was');
  assert.equal(text.match(/EXT-X-MAP/g)?.length, 1, 'the same movie');
});

/** How much later than by its date each segment begins by the times in its file, in ms. */
function besideDates(hls: HlsOutput, ending: string, timeOf: (bytes: Buffer) => number): number[] {
  return look(hls).segments.map(({ uri, at }) => {
    const file = hls.file(uri.replace('.m4s', ending));
    assert.ok(file, uri);
    return timeOf(file.bytes) / 90 - (at - NOW);
  });
}

/** Of the first tfdt (version 1): the pictures', in ticks. */
const firstDecodeTime = (bytes: Buffer): number =>
  Number(bytes.readBigUInt64BE(bytes.indexOf('tfdt', 0, 'latin1') + 8));

/** ISO/IEC 13818-1 §2.4.3.4: of the first packet that has one, 90 kHz. */
function firstPcr(bytes: Buffer): number {
  for (let at = 0; at < bytes.length; at += 188) {
    const hasField = (bytes[at + 3]! & 0x20) !== 0 && bytes[at + 4]! > 0;
    if (hasField && (bytes[at + 5]! & 0x10) !== 0)
      return bytes.readUInt32BE(at + 6) * 2 + (bytes[at + 10]! >> 7);
  }
  throw new Error('no PCR');
}

test("a rendition's frame rate is that of its newest pictures, not of those before a change", () => {
  const r = rigOf({ lowLatency: true });
  r.feed(stream({ frames: 180, interval: 3000, gop: 30, video: v, audio: a }));
  r.hls.interrupt();
  const other = { ...v };
  const later = stream({ frames: 75, interval: 3600, gop: 25, video: other, audio: a });
  r.feed(
    later.map((frame) => ({
      ...frame,
      dts: ticks(frame.dts + 7 * S),
      pts: ticks(frame.pts + 7 * S),
      epoch: 2,
    })),
  );
  assert.equal(r.hls.variant({ dvr: true })?.frameRate, 25);
});

test('sound that comes in before its picture is cut where the picture is, a moment later', () => {
  const { main, sound, play } = stage();
  const ahead = media(0, 12).toSorted((one, other) => order(one) - order(other));
  play(ahead);
  assertInStep(main.hls, sound.hls, 700);
});

const order = (frame: MediaFrame): number => frame.dts - (frame.kind === 'audio' ? S / 2 : 0);

test('whoever waits for the first playlist gets all renditions, unless one is far behind', () => {
  const { main, small: other, play } = stage();
  const ladder = new Ladder(() => [main.hls, other.hls]);
  const got: (string | undefined)[] = [];
  const ask = (): string | undefined => ladder.multivariant({ dvr: true })?.bytes.toString();
  ladder.whenReady(() => got.push(ask()));
  ladder.whenReady(() => got.push('gave up'))();
  assert.equal(ask(), undefined, 'not yet');
  play(media(0, 3));
  assert.equal(got.length, 1, 'told once');
  assert.deepEqual(urisIn(got[0]), ['demo/media.m3u8', 'demo/video1.m3u8']);
  assert.equal(ladder.multivariant({ dvr: true }), ladder.multivariant({ dvr: true }), 'rendered once');

  const alone = stage();
  const waiting = new Ladder(() => [alone.main.hls, alone.small.hls]);
  const calls: (string | undefined)[] = [];
  waiting.whenReady(() => calls.push(waiting.multivariant({ dvr: true })?.bytes.toString()));
  alone.main.feed(media(0, 3));
  assert.deepEqual(calls, [], 'the other may still come');
  alone.main.feed(media(3, 3));
  assert.deepEqual(urisIn(calls[0]), ['demo/media.m3u8']);
});

const urisIn = (text = ''): string[] =>
  text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));

test('the first variant is one that most networks carry, the others follow by their rates', () => {
  const cuts = new CutSchedule(2, 0.33);
  const rungs = ([9_000, 1_000, 30_000] as const).map((size, index) => {
    const rig = rigOf({ cuts, ...(index > 0 && { rendition: `video${index}` as const }) });
    const track = index === 0 ? v : { ...v, id: `video${index}` as const };
    rig.feed(
      media(0, 5).flatMap((frame) =>
        frame.kind === 'video' ? [{ ...asTrack(frame, track), payload: new Uint8Array(size) }] : [],
      ),
    );
    return rig.hls;
  });
  const text = new Ladder(() => rungs).multivariant({ dvr: true })!.bytes.toString();
  assert.deepEqual(urisIn(text), ['demo/media.m3u8', 'demo/video2.m3u8', 'demo/video1.m3u8']);
});

test('sounds have names of their own, and the variants say what both together need', () => {
  const { main, small: other, sound, play } = stage({ sound: { name: 'English', language: 'en' } });
  play(media(0, 5));
  const without = new Ladder(() => [main.hls]).multivariant({ dvr: true })!.bytes.toString();
  const text = new Ladder(() => [main.hls, other.hls, sound.hls])
    .multivariant({ dvr: true })!
    .bytes.toString();
  const tags = text.split('\n').filter((line) => line.startsWith('#EXT-X-MEDIA:'));
  assert.deepEqual(tags, [
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="demo",NAME="English",LANGUAGE="en",DEFAULT=YES,AUTOSELECT=YES,CHANNELS="2"',
    '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="demo",NAME="Sound 2",LANGUAGE="en",DEFAULT=NO,AUTOSELECT=YES,CHANNELS="2",URI="demo/audio1.m3u8"',
  ]);
  const peak = (of: string): number =>
    Number(/[^-]BANDWIDTH=(\d+).*\ndemo\/media|:BANDWIDTH=(\d+)/.exec(of)?.slice(1).find(Boolean));
  assert.ok(peak(text) > peak(without), `${peak(text)} and ${peak(without)}`);
  assert.equal(urisIn(text).length, 2, 'a sound is no variant');
});
