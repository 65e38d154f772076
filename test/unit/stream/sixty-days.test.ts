import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LEAD } from '../../../src/containers/mpegts/ts-muxer.ts';
import { flvFormat } from '../../../src/outputs/flv/flv-format.ts';
import { HlsOutput } from '../../../src/outputs/hls/hls-output.ts';
import { rtmpFormat } from '../../../src/outputs/rtmp/rtmp-format.ts';
import { ChunkReader } from '../../../src/protocols/rtmp/chunk-reader.ts';
import type { Batch } from '../../../src/stream/batch.ts';
import { Viewer, type ViewerEnd, type ViewerSink } from '../../../src/stream/viewer.ts';
import type { WireFormat } from '../../../src/stream/wire-format.ts';
import { seeTags } from '../../support/flv-tags.ts';
import { key, sound } from '../../support/media.ts';
import { nameOf, Stage } from '../../support/stage.ts';
import { playlist } from '../hls/harness.ts';
import { audioTrack, stream, videoTrack } from '../mpegts/frames.ts';
import { readTs, videoOf } from '../mpegts/ts-reader.ts';
import { setChunkSizeBytes } from '../rtmp/chunk-tools.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;
/** A day in the life: one picture every two minutes, one new viewer every six hours. */
const FRAME_MS = 2 * MINUTE;
const JOIN_MS = 6 * 60 * MINUTE;

/** A format, and the times in bytes that it made, as a reader that shares no code with it finds them. */
interface Timed {
  readonly format: WireFormat;
  readonly read: (bytes: Buffer) => number[];
}

const CHUNK_SIZE = 4096;

const FORMATS: readonly Timed[] = [
  {
    format: flvFormat,
    read: (bytes) => {
      const from = bytes.toString('latin1', 0, 3) === 'FLV' ? 13 : 0;
      return seeTags(bytes.subarray(from)).map(({ timestamp }) => timestamp);
    },
  },
  {
    format: rtmpFormat(1, CHUNK_SIZE, { audio: true, video: true }),
    read: (bytes) => {
      const times: number[] = [];
      const reader = new ChunkReader();
      reader.push(setChunkSizeBytes(CHUNK_SIZE), () => undefined);
      reader.push(bytes, ({ timestamp }) => times.push(timestamp));
      return times;
    },
  },
];

/** Looks at each shared buffer once, however many viewers have it. */
const firstAndLast = new Map<Buffer, readonly [number, number]>();
function timesIn(bytes: Buffer, read: Timed['read']): readonly [number, number] {
  let found = firstAndLast.get(bytes);
  if (!found) {
    const times = read(bytes);
    assert.ok(times.length > 0, 'there is something in every buffer');
    assert.deepEqual(
      times,
      times.toSorted((a, b) => a - b),
      'times go forward',
    );
    found = [times[0]!, times.at(-1)!];
    firstAndLast.set(bytes, found);
  }
  return found;
}

class LongViewer implements ViewerSink {
  readonly protocol = 'ws-flv';
  readonly queuedBytes = 0;
  readonly viewer = new Viewer(this);
  readonly #read: Timed['read'];
  last = 0;
  end: ViewerEnd | undefined;

  constructor(read: Timed['read']) {
    this.#read = read;
  }

  write(batch: Batch): void {
    if (batch.bytes.length === 0) return;
    const [first, last] = timesIn(batch.bytes, this.#read);
    assert.ok(first >= this.last, `time went back from ${this.last} to ${first}`);
    this.last = last;
  }

  writeAll(batches: readonly Batch[]): void {
    for (const batch of batches) this.write(batch);
  }

  close(reason: ViewerEnd): void {
    this.end = reason;
  }
}

for (const { format, read } of FORMATS) {
  test(`the player dies after 24.8 days: sixty days of ${format.id}, viewers joining throughout, and no time reaches 2^31`, () => {
    const stage = new Stage();
    const watching = new Set<LongViewer>();
    const everybody: { joinedAt: number; leftAt: number; sink: LongViewer }[] = [];
    let mostAtOnce = 0;
    stage.send(key(0), sound(0));
    for (let now = FRAME_MS; now <= 60 * DAY; now += FRAME_MS) {
      firstAndLast.clear();
      if (now % JOIN_MS === 0) {
        const sink = new LongViewer(read);
        stage.stream.join(format, sink.viewer, true);
        assert.ok(
          sink.viewer.state === 'live' && sink.last < 2 ** 30 + 2 * FRAME_MS,
          `a late start: ${sink.last}`,
        );
        watching.add(sink);
        everybody.push({ joinedAt: now, leftAt: 60 * DAY, sink });
      }
      stage.send(key(now), sound(now + 20));
      for (const sink of watching) {
        if (!sink.end) continue;
        stage.stream.leave(sink.viewer);
        watching.delete(sink);
        everybody.find((one) => one.sink === sink)!.leftAt = now;
      }
      mostAtOnce = Math.max(mostAtOnce, watching.size);
    }
    const reconnected = everybody.filter(({ sink }) => sink.end !== undefined);
    assert.equal(everybody.length, 240);
    assert.ok(reconnected.length > 100 && mostAtOnce > 50);
    for (const { sink, joinedAt, leftAt } of everybody) {
      assert.ok(sink.last < 2 ** 31, `a viewer was given ${sink.last}`);
      if (sink.end)
        assert.ok(leftAt - joinedAt >= 12 * DAY, `closed after ${(leftAt - joinedAt) / DAY} days`);
      assert.ok(sink.end === undefined || sink.end === 'timestamps used up, connect again');
    }
  });
}

test('a publisher whose clock races: hours of it in one read, and no time reaches 2^31', () => {
  const stage = new Stage();
  stage.send(key(0), sound(0));
  const sink = new LongViewer(FORMATS[0]!.read);
  stage.stream.join(flvFormat, sink.viewer, true);
  const step = 10_000; // what is no jump yet
  const perRead = 2500; // in the smallest messages there are
  for (let at = step; !sink.end; at += perRead * step) {
    stage.send(...Array.from({ length: perRead }, (_, index) => key(at + index * step)));
    assert.ok(at < 2 ** 32, 'the viewer is asked to connect again');
  }
  assert.equal(sink.end, 'timestamps used up, connect again');
  assert.ok(sink.last < 2 ** 31 && sink.last > 2 ** 31 - 3_700_000, `the last time was ${sink.last}`);
});

test('HLS over sixty days: its times wrap every 26.5 h, 54 times, without a seam', () => {
  const hls = new HlsOutput({
    name: nameOf('live/show'),
    segmentSeconds: 2,
    windowSegments: 1000,
    container: 'ts',
    clock: () => 0,
  });
  const [v, a] = [videoTrack(), audioTrack()];
  const wraps = Math.floor((60 * DAY * 90) / 2 ** 33);
  assert.equal(wraps, 54);
  const wanted: number[] = [];
  for (let wrap = 1; wrap <= wraps; wrap++) {
    const from = wrap * 2 ** 33 - 270_000;
    for (const frame of stream({ from, frames: 180, gop: 60, video: v, audio: a })) {
      if (frame.kind === 'video') wanted.push(frame.dts);
      hls.write(frame);
    }
  }
  hls.end();
  const { segments } = playlist(hls);
  const times = segments.flatMap(({ uri }) => videoOf(readTs(hls.file(uri)!.bytes)).map(({ dts }) => dts));
  assert.deepEqual(
    times,
    wanted.map((dts) => (dts + LEAD) % 2 ** 33),
  );
  assert.ok(
    segments.every(({ seconds }) => Math.abs(seconds - 2) < 0.05),
    'no segment is long or short',
  );
  assert.equal(
    segments.filter(({ discontinuity }) => discontinuity).length,
    wraps - 1,
    'only where the test left days out',
  );
});
