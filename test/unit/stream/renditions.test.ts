import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AudioFrame, Frame, VideoFrame } from '../../../src/media/frame.ts';
import type { AudioTrack, NalTrack } from '../../../src/media/track.ts';
import { clocked } from '../../../src/outputs/flv/clocked.ts';
import { flvFormat } from '../../../src/outputs/flv/flv-format.ts';
import type { FrameSink } from '../../../src/stream/frame-sink.ts';
import type { Rendition } from '../../../src/stream/rendition.ts';
import { readAmf0Values } from '../../../src/amf/amf0-reader.ts';
import { AmfObject } from '../../../src/amf/value.ts';
import type { WireFormat } from '../../../src/stream/wire-format.ts';
import { Viewer } from '../../../src/stream/viewer.ts';
import { reportRenditions } from '../../../src/servers/http/rendition-report.ts';
import { noSuchTrack, trackWish } from '../../../src/servers/track-wish.ts';
import { seeTags } from '../../support/flv-tags.ts';
import { AUDIO, audioTrack, data, inter, key, sound, VIDEO, videoTrack } from '../../support/media.ts';
import { RecordingSink } from '../../support/recording-sink.ts';
import { Stage } from '../../support/stage.ts';
import { textFormat } from '../../support/text-format.ts';

const V1: NalTrack = { ...videoTrack('v1'), id: 'video1', width: 320, height: 180 };
const V2: NalTrack = { ...videoTrack('v2'), id: 'video2' };
const A1: AudioTrack = { ...audioTrack('a1'), id: 'audio1', channels: 1 };

const key1 = (ms: number): VideoFrame => key(ms, { track: V1 });
const inter1 = (ms: number): VideoFrame => inter(ms, { track: V1 });
const sound1 = (ms: number): AudioFrame => sound(ms, { track: A1, alone: true });

class Taken implements FrameSink {
  readonly frames: Frame[] = [];
  readonly calls: string[] = [];
  write(frame: Frame): void {
    this.frames.push(frame);
  }
  flush(): void {
    // not asked here
  }
  interrupt(): void {
    this.calls.push('interrupt');
  }
  end(reason: string): void {
    this.calls.push(`end: ${reason}`);
  }
}

const tracksOf = (frames: readonly Frame[]): string[] =>
  frames.map((frame) => (frame.kind === 'data' ? 'data' : frame.track.id));

function open(stage: Stage): Map<string, Taken> {
  const taken = new Map<string, Taken>();
  stage.stream.renditions.whenOpened((rendition) => {
    const sink = new Taken();
    rendition.attach(sink);
    taken.set(rendition.id, sink);
  });
  return taken;
}

function watch(rendition: Rendition, format: WireFormat = textFormat()): RecordingSink {
  const sink = new RecordingSink();
  rendition.join(format, new Viewer(sink), true);
  return sink;
}

test('the main tracks know nothing of the others; another picture goes with the main sound, another sound alone', () => {
  const stage = new Stage();
  const main = new Taken();
  stage.stream.attach(main);
  const taken = open(stage);
  stage.send(key(0), key1(0), sound(0), sound1(0), inter(40), inter1(40), data(41), sound(42), sound1(42));
  assert.deepEqual(tracksOf(main.frames), ['video', 'audio', 'video', 'data', 'audio']);
  assert.deepEqual(tracksOf(taken.get('video1')!.frames), ['video1', 'audio', 'video1', 'data', 'audio']);
  assert.deepEqual(tracksOf(taken.get('audio1')!.frames), ['audio1', 'audio1']);
  assert.deepEqual(stage.stream.facts.tracks, { video: VIDEO, audio: AUDIO });
  const { renditions } = stage.stream;
  assert.deepEqual(renditions.get('video1')!.facts.tracks, { video: V1, audio: AUDIO });
  assert.deepEqual(renditions.get('audio1')!.facts.tracks, { audio: A1 });
  assert.deepEqual([renditions.size, renditions.numbers], [2, [1]]);
});

test('who is told of renditions is told before their first frame, of those there are and those that come', () => {
  const stage = new Stage();
  stage.send(key(0), key1(0));
  const seen: string[] = [];
  stage.stream.renditions.whenOpened(({ id, facts }) =>
    seen.push(`${id} ${Object.keys(facts.tracks).join()}`),
  );
  stage.send(sound1(10));
  assert.deepEqual(seen, ['video1 video', 'audio1 ']);
});

test('a viewer of a rendition starts with its key frame, and is counted with the stream', () => {
  const stage = new Stage();
  stage.send(key(0), key1(0), sound(0), inter(40), inter1(40));
  const rendition = stage.stream.renditions.find({ number: 1 })!;
  const sink = watch(rendition, flvFormat);
  stage.send(inter(80), inter1(80));
  const tags = seeTags(Buffer.concat(sink.buffers).subarray(13)).filter(({ type }) => type === 9);
  assert.deepEqual(
    tags.map(({ timestamp, body }) => [timestamp, body[0]! >> 4, body[1]]),
    [
      [0, 1, 0],
      [200, 1, 1],
      [240, 2, 1],
      [280, 2, 1],
    ],
    'its configuration, and its own frames once',
  );
  const viewers = [...stage.stream.fanouts].reduce((sum, { viewerCount }) => sum + viewerCount, 0);
  assert.equal(viewers, 1);
  assert.ok((stage.stream.bytesOut['flv'] ?? 0) > 100, 'its bytes are the stream’s');
});

test('what a rendition was given stays counted after it is gone', () => {
  const stage = new Stage();
  stage.send(key(0), key1(0), sound(0));
  watch(stage.stream.renditions.find({ number: 1 })!, flvFormat);
  stage.send(inter(40), inter1(40));
  const before = stage.stream.bytesOut['flv']!;
  for (let at = 80; at < 6_000; at += 40) stage.send(inter(at));
  stage.publish();
  assert.equal(stage.stream.renditions.size, 0, 'silent for more than 3 s');
  assert.ok(stage.stream.bytesOut['flv']! >= before);
});

test('renditions outlive their publisher; one that had been silent is forgotten', () => {
  const stage = new Stage();
  const taken = open(stage);
  stage.send(key(0), key1(0), key(0, { track: V2 }));
  for (let at = 40; at < 5_000; at += 40) stage.send(inter(at), inter1(at));
  const viewer = watch(stage.stream.renditions.get('video1')!);
  const silent = watch(stage.stream.renditions.get('video2')!);
  stage.publication.release('gone');
  assert.deepEqual(taken.get('video1')!.calls, ['interrupt']);
  const publication = stage.publish();
  assert.equal(publication.formerTracks['video1'], V1);
  assert.deepEqual(taken.get('video2')!.calls, ['interrupt', 'end: stream ended']);
  assert.equal(silent.closed[0], 'stream ended');
  stage.send(key(5_100), key1(5_100));
  assert.equal(viewer.closed[0], undefined);
  assert.equal(taken.get('video1')!.frames.at(-1)!.dts, key1(5_100).dts, 'the same rendition goes on');
});

test('a takeover interrupts each rendition', () => {
  const stage = new Stage();
  const taken = open(stage);
  stage.send(key(0), key1(0));
  stage.publish();
  assert.deepEqual(taken.get('video1')!.calls, ['interrupt']);
});

test('a track that the next publisher does not send ends after a while', () => {
  const stage = new Stage();
  const taken = open(stage);
  stage.send(key(0), key1(0));
  const viewer = watch(stage.stream.renditions.get('video1')!);
  stage.publish();
  for (let at = 100; at < 10_000; at += 100) stage.send(key(at));
  assert.equal(stage.stream.renditions.size, 1);
  stage.send(key(10_200));
  assert.equal(stage.stream.renditions.size, 0);
  assert.deepEqual(taken.get('video1')!.calls, ['interrupt', 'end: stream ended']);
  assert.equal(viewer.closed[0], 'stream ended');
});

test('the end of the stream is the end of its renditions', () => {
  const stage = new Stage();
  const taken = open(stage);
  stage.send(key(0), key1(0), sound(0));
  const viewer = watch(stage.stream.renditions.get('video1')!);
  const rendition = stage.stream.renditions.get('video1')!;
  stage.stream.end('shutting down');
  assert.deepEqual(taken.get('video1')!.calls, ['end: shutting down']);
  assert.equal(viewer.closed[0], 'shutting down');
  assert.equal(watch(rendition).closed[0], 'stream ended', 'who comes too late is told');
});

test('who asks for a track waits for it until it is clear that it does not come', () => {
  const stage = new Stage();
  const answers: (string | undefined)[] = [];
  const ask = (number: number) =>
    stage.stream.renditions.whenThere({ number }, (rendition) => answers.push(rendition?.id));
  ask(1);
  ask(7);
  const giveUp = ask(2);
  giveUp();
  stage.send(key(0));
  assert.deepEqual(answers, []);
  stage.send(key1(0));
  assert.deepEqual(answers, ['video1']);
  stage.send(key(0, { track: V2 }));
  assert.deepEqual(answers, ['video1'], 'who gave up is not called');
  stage.send(key(9_990));
  assert.deepEqual(answers, ['video1']);
  stage.send(key(10_000));
  assert.deepEqual(answers, ['video1', undefined]);
  ask(9);
  ask(2);
  assert.deepEqual(answers.slice(2), [undefined, 'video2'], 'from then on at once');
});

test('who waits for a track when the stream ends is told', () => {
  const stage = new Stage();
  const answers: unknown[] = [];
  stage.stream.renditions.whenThere({ number: 1 }, (rendition) => answers.push(rendition));
  stage.stream.end('stream ended');
  assert.deepEqual(answers, [undefined]);
});

test('?track= is read, and refused with what there is', () => {
  const wish = (text: string) => trackWish(new URLSearchParams(text));
  assert.equal(wish(''), undefined);
  assert.equal(wish('track=0'), undefined);
  assert.deepEqual(wish('track=2'), { number: 2, kind: undefined });
  assert.deepEqual(wish('track=audio3'), { number: 3, kind: 'audio' });
  for (const bad of ['track=-1', 'track=256', 'track=x', 'track=1.5', 'track=sound1', 'track=video'])
    assert.equal(wish(bad), 'track is a number from 0 to 255, as in ?track=1, or all', bad);
  const { stream, ...stage } = new Stage();
  assert.equal(noSuchTrack(stream, { number: 1 }), '"live/show" has no track 1: there is only 0');
  for (const frame of [key(0), key1(0), key(0, { track: V2 }), sound1(0)]) stage.publication.write(frame);
  assert.equal(noSuchTrack(stream, { number: 3 }), '"live/show" has no track 3: there are 0, 1 and 2');
  assert.equal(
    noSuchTrack(stream, { number: 2, kind: 'audio' }),
    '"live/show" has no audio track 2: there are 0, 1 and 2',
  );
  assert.equal(stream.renditions.find({ number: 1 })?.id, 'video1', 'the picture before the sound');
  assert.equal(stream.renditions.find({ number: 1, kind: 'audio' })?.id, 'audio1');
});

test('the API tells of what can be chosen', () => {
  const { stream, ...stage } = new Stage();
  const send = (at: number): void => {
    const pictures = [key(at, { bytes: 1_000 }), key(at, { track: V1, bytes: 250 })];
    for (const frame of [...pictures, sound(at), sound1(at)]) stage.publication.write(frame);
  };
  send(0);
  stream.sample(0);
  for (let at = 40; at <= 2_000; at += 40) send(at);
  stream.sample(2_000);
  assert.deepEqual(reportRenditions(stream), [
    { track: 0, kind: 'video', codec: 'v', width: 640, height: 360, frameRate: 25, kbps: 200 },
    { track: 0, kind: 'audio', codec: 'a', channels: 2, sampleRate: 48_000, kbps: 1 },
    { track: 1, kind: 'video', codec: 'v1', width: 320, height: 180, frameRate: 25, kbps: 50 },
    { track: 1, kind: 'audio', codec: 'a1', channels: 1, sampleRate: 48_000, kbps: 1 },
  ]);
  assert.equal(stream.meter.bytesIn, 51 * (1_000 + 250 + 6 + 6), 'all that came through the connection');
});

test('metadata about the main picture are not said of another', () => {
  const stage = new Stage();
  stage.publication.describe(AmfObject.of({ encoder: 'x', videodatarate: 6_000, framerate: 60 }));
  stage.send(key(0), key1(0));
  assert.equal(stage.stream.facts.metadata?.get('videodatarate'), 6_000);
  const { metadata } = stage.stream.renditions.get('video1')!.facts;
  assert.deepEqual([...metadata!.values], [['encoder', 'x']]);
});

test('many publishers in turn with tracks of other numbers leave no renditions behind', () => {
  const stage = new Stage();
  for (let round = 0; round < 40; round++) {
    const base = round * 20_000;
    const track: NalTrack = { ...V1, id: `video${(round % 200) + 1}` };
    for (let at = base; at < base + 15_000; at += 500) stage.send(key(at), key(at, { track }));
    stage.publish();
  }
  assert.equal(stage.stream.renditions.size, 1);
});

interface Clock {
  readonly timestamp: number;
  readonly wallClock: number;
  /** The type of the tag behind it. */
  readonly before: number | undefined;
}

function clocksIn(sink: RecordingSink): Clock[] {
  const tags = seeTags(Buffer.concat(sink.buffers).subarray(13));
  return tags.flatMap(({ type, timestamp, body }, index) => {
    if (type !== 18) return [];
    const [name, value] = readAmf0Values(body);
    if (name !== 'onClock' || !(value instanceof AmfObject)) return [];
    return [{ timestamp, wallClock: value.get('wallClock') as number, before: tags[index + 1]?.type }];
  });
}

test('viewers who ask for it are told in front of each key frame when that came in', () => {
  const stage = new Stage();
  const format = clocked(flvFormat);
  assert.equal(format.id.split('/')[0], 'flv', 'counted as FLV');
  const early = stage.join(format);
  const plain = stage.join(flvFormat);
  const arrived: number[] = [];
  for (let at = 0; at < 400; at += 40) {
    stage.time.advance(40);
    if (at % 200 === 0) arrived.push(stage.time.now());
    stage.send(at % 200 === 0 ? key(at) : inter(at), sound(at));
  }
  stage.time.advance(500);
  const late = stage.join(format);
  const told = (sink: RecordingSink): unknown =>
    clocksIn(sink).map(({ timestamp, wallClock, before }) => [timestamp, wallClock, before]);
  assert.deepEqual(told(early.sink), [
    [200, arrived[0], 9],
    [400, arrived[1], 9],
  ]);
  assert.deepEqual(told(late.sink), [[400, arrived[1], 9]], 'of when it came in, not of when it was sent');
  assert.deepEqual(told(plain.sink), []);
});

test('where there is only sound the clock is told once a second', () => {
  const stage = new Stage();
  const { sink } = stage.join(clocked(flvFormat));
  for (let at = 0; at < 4_000; at += 20) {
    stage.time.advance(20);
    stage.send(sound(at, { alone: true }));
  }
  stage.stream.end('stream ended');
  assert.deepEqual(
    clocksIn(sink).map(({ timestamp }) => timestamp),
    [200, 1_200, 2_200],
    'from the second on that it was clear that there is only sound',
  );
});
