import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { PacketBuffer } from '../../../src/containers/mpegts/packet-buffer.ts';
import { LEAD, TsMuxer } from '../../../src/containers/mpegts/ts-muxer.ts';
import type { MediaFrame } from '../../../src/media/frame.ts';
import type { TrackSet } from '../../../src/media/track.ts';
import {
  audio,
  AUDIO_TICKS,
  audioTrack,
  nal,
  PPS,
  prefixed,
  SPS,
  stream,
  video,
  videoTrack,
} from './frames.ts';
import type { TsFile } from './ts-reader.ts';
import { adtsFrames, audioOf, nalUnits, readTs, videoOf } from './ts-reader.ts';

const WRAP = 2 ** 33;
const v = videoTrack();
const a = audioTrack();

function mux(tracks: TrackSet, frames: readonly MediaFrame[], muxer = new TsMuxer()): TsFile {
  muxer.begin(tracks);
  for (const frame of frames) muxer.write(frame);
  return readTs(muxer.finish());
}
const types = (payload: Buffer): number[] => nalUnits(payload).map((unit) => unit[0]! & 0x1f);
const pcrs = (file: TsFile): number[] => file.packets.flatMap(({ pcr }) => (pcr === undefined ? [] : [pcr]));

test('PAT and PMT name the tracks that are there, and no others', () => {
  assert.deepEqual(
    [...mux({ video: v, audio: a }, []).program.streams],
    [
      [0x100, 0x1b],
      [0x101, 0x0f],
    ],
  );
  assert.deepEqual([...mux({ video: v }, []).program.streams], [[0x100, 0x1b]]);
  const audioOnly = mux({ audio: a }, []).program;
  assert.deepEqual([...audioOnly.streams], [[0x101, 0x0f]]);
  assert.equal(audioOnly.pcrPid, 0x101);
});

test('the PMT gets a new version with new tracks, and only then', () => {
  const muxer = new TsMuxer();
  const version = (tracks: TrackSet): number => mux(tracks, [], muxer).program.version;
  assert.deepEqual(
    [
      { video: v },
      { video: v },
      { video: v, audio: a },
      { video: v, audio: a },
      { video: videoTrack(), audio: a },
    ].map(version),
    [0, 0, 1, 1, 2],
  );
});

test('continuity counters go on from packet to packet and from segment to segment', () => {
  const muxer = new TsMuxer();
  const next = new Map<number, number>();
  let clocks = 0;
  for (let segment = 0; segment < 5; segment++) {
    const frames = stream({
      from: segment * 90_000,
      frames: 5,
      interval: 18_000,
      gop: 30,
      video: v,
      audio: a,
    });
    for (const packet of mux({ video: v, audio: a }, frames, muxer).packets) {
      const expected = next.get(packet.pid) ?? 0;
      if (packet.payload.length === 0) {
        clocks++;
        assert.equal(packet.continuity, (expected + 15) % 16, 'a packet without payload does not count');
      } else {
        assert.equal(packet.continuity, expected, `PID ${packet.pid}`);
        next.set(packet.pid, (expected + 1) % 16);
      }
    }
  }
  assert.equal(next.get(0), 5);
  assert.ok(clocks > 0, 'frames this far apart need clock packets');
});

test('an access unit of any size comes out as it went in', () => {
  const muxer = new TsMuxer();
  for (let size = 1; size < 600; size++) {
    const unit = nal(1, size, 0x77);
    const [out, ...more] = videoOf(
      mux({ video: v }, [video(v, size * 3000, { payload: prefixed(unit) })], muxer),
    );
    assert.equal(more.length, 0);
    assert.deepEqual(nalUnits(out!.payload)[1], unit, `${size} bytes`);
  }
});

test('a PES packet too long for its length field leaves it open', () => {
  const [small, large] = videoOf(
    mux({ video: v }, [
      video(v, 0, { payload: prefixed(nal(1, 60_000)) }),
      video(v, 3000, { payload: prefixed(nal(1, 70_000)) }),
    ]),
  );
  assert.ok(small!.length > 60_000);
  assert.equal(large!.length, 0);
  assert.equal(nalUnits(large!.payload)[1]!.length, 70_000);
});

const NEW_SPS = Buffer.concat([SPS.subarray(0, -1), Buffer.from([0x61])]);
const AUD = nal(9, 2, 0x10);
const SEI = nal(6, 20, 5);
const IDR = nal(5, 300);
const SLICE = nal(1, 300);
const accessUnits = [
  { what: 'an IDR picture gets the parameter sets', in: [IDR], out: [9, 7, 8, 5] },
  { what: 'another picture does not', in: [SLICE], out: [9, 1] },
  { what: "the encoder's delimiter and filler go", in: [AUD, SLICE, nal(12, 50)], out: [9, 1] },
  { what: 'sets in band are not doubled', in: [AUD, SPS, PPS, SEI, IDR], out: [9, 7, 8, 6, 5] },
  { what: 'sets in band behind the SEI go to the front', in: [SEI, SPS, PPS, IDR], out: [9, 7, 8, 6, 5] },
  { what: 'sets sent twice are sent on once', in: [SPS, SPS, PPS, PPS, IDR, IDR], out: [9, 7, 8, 5, 5] },
  { what: 'an SPS in band alone is joined by the PPS', in: [SPS, IDR], out: [9, 7, 8, 5] },
  { what: 'sets between key frames stay', in: [PPS, SLICE], out: [9, 8, 1] },
  { what: 'several slices', in: [SEI, SLICE, SLICE, SLICE], out: [9, 6, 1, 1, 1] },
];
for (const { what, in: units, out } of accessUnits) {
  test(`access unit: ${what}`, () => {
    const [unit] = videoOf(mux({ video: v }, [video(v, 0, { payload: prefixed(...units) })]));
    assert.deepEqual(types(unit!.payload), out);
    assert.equal(unit!.payload.readUInt32BE(0), 1, 'begins with a start code of four bytes');
  });
}

test('access unit: nothing but a delimiter and filler is not written', () => {
  assert.deepEqual(videoOf(mux({ video: v }, [video(v, 0, { payload: prefixed(AUD, nal(12, 9)) })])), []);
});

test('a set that changed in band stays in force for later key frames', () => {
  const muxer = new TsMuxer();
  mux({ video: v }, [video(v, 0, { key: true, payload: prefixed(NEW_SPS, PPS, IDR) })], muxer);
  const [unit] = videoOf(mux({ video: v }, [video(v, 90_000, { key: true, payload: prefixed(IDR) })], muxer));
  assert.deepEqual(nalUnits(unit!.payload).slice(1, 3), [NEW_SPS, PPS]);
});

test('a recovery point that starts a GOP gets the parameter sets too', () => {
  const [unit] = videoOf(mux({ video: v }, [video(v, 0, { key: true, payload: prefixed(SEI, SLICE) })]));
  assert.deepEqual(types(unit!.payload), [9, 7, 8, 6, 1]);
  assert.equal(unit!.randomAccess, true);
});

test('a frame whose lengths lie is written as far as it is whole', () => {
  const payload = Buffer.concat([prefixed(SLICE), Buffer.from([0, 0, 9, 9, 1, 2])]);
  assert.deepEqual(types(videoOf(mux({ video: v }, [video(v, 0, { payload })]))[0]!.payload), [9, 1]);
});

/** Decode order I P b b P b b, presentation by the usual reordering. */
function withBFrames(count: number, offset: number): MediaFrame[] {
  const display = [0, 3, 1, 2, 6, 4, 5];
  return Array.from({ length: count }, (_, index) => {
    const gop = Math.floor(index / 7) * 7;
    const pts = (gop + display[index % 7]! + offset) * 3600;
    return video(v, index * 3600, { pts, key: index % 7 === 0 });
  });
}

function assertLegalTimes(file: TsFile): void {
  let last = -Infinity;
  for (const { dts, pts } of videoOf(file)) {
    assert.ok(dts > last, `DTS ${dts} after ${last}`);
    assert.ok(pts >= dts, `PTS ${pts} before DTS ${dts}`);
    last = dts;
  }
  file.packets.forEach(({ pcr }, index) => {
    const next = file.units.find((unit) => unit.packet >= index);
    if (pcr !== undefined && next) assert.ok(pcr <= next.dts, `clock ${pcr} after a DTS of ${next.dts}`);
  });
  assertClock(file);
}

function assertClock(file: TsFile): void {
  const clock = pcrs(file);
  assert.ok(clock.length > 0);
  clock.reduce((last, pcr) => {
    assert.ok(pcr > last && pcr - last <= 9000, `clock ${pcr} after ${last}`);
    return pcr;
  });
}

test('B-frames: DTS only where it differs, all times moved by one constant', () => {
  const frames = withBFrames(21, 2);
  const file = mux({ video: v }, frames);
  assertLegalTimes(file);
  videoOf(file).forEach((unit, index) => {
    assert.equal(unit.dts, frames[index]!.dts + LEAD);
    assert.equal(unit.pts, frames[index]!.pts + LEAD);
    assert.equal(unit.hasDts, unit.pts !== unit.dts);
  });
});

test('signed composition time: decode times go down by a constant, presentation does not move', () => {
  const frames = withBFrames(21, 0);
  assert.ok(frames.some((frame) => frame.pts < frame.dts));
  const file = mux({ video: v }, frames);
  assertLegalTimes(file);
  videoOf(file).forEach((unit, index) => {
    assert.equal(unit.pts, frames[index]!.pts + LEAD);
    assert.equal(unit.dts, frames[index]!.dts - 3600 + LEAD);
  });
});

test('signed composition time that begins after a segment was handed out: still legal, and right again soon', () => {
  const muxer = new TsMuxer();
  const first = mux(
    { video: v },
    [0, 1, 2].map((n) => video(v, n * 3600, { key: n === 0 })),
    muxer,
  );
  const frames = [
    video(v, 10_800, { key: true }),
    video(v, 14_400, { pts: 10_800 }),
    video(v, 18_000, { pts: 14_400 }),
    video(v, 21_600, { pts: 18_000 }),
  ];
  const second = mux({ video: v }, frames, muxer);
  assertLegalTimes(second);
  assert.ok(videoOf(second)[0]!.dts > videoOf(first)[2]!.dts);
  assert.equal(videoOf(second)[3]!.dts, 18_000 + LEAD);
});

test('composition times that are rubbish stay legal', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: -(2 ** 23) * 90, max: 2 ** 23 * 90 }), { maxLength: 30 }),
      (offsets) => {
        const frames = offsets.map((offset, index) =>
          video(v, 2 ** 32 + index * 3000, { pts: 2 ** 32 + index * 3000 + offset, key: index === 0 }),
        );
        let last = -Infinity;
        for (const unit of videoOf(mux({ video: v }, frames))) {
          assert.ok(unit.dts > last && (unit.pts - unit.dts + WRAP) % WRAP < WRAP / 2);
          last = unit.dts;
        }
      },
    ),
  );
});

test('equal decode times are written apart', () => {
  const file = mux({ video: v }, [video(v, 0), video(v, 0), video(v, 0), video(v, 3000)]);
  assert.deepEqual(
    videoOf(file).map((unit) => unit.dts - LEAD),
    [0, 1, 2, 3000],
  );
});

test('times wrap at 33 bits, all of them', () => {
  const around = WRAP - LEAD;
  const dtss = [around - 3001, around - 1, around, around + 3000, WRAP - 1, WRAP, WRAP + 3000, 3 * WRAP + 5];
  for (const dts of dtss) {
    const file = mux({ video: v, audio: a }, [
      video(v, dts, { key: true, pts: dts + 6000 }),
      audio(a, dts + 10),
    ]);
    const [unit] = videoOf(file);
    assert.equal(unit!.dts, (dts + LEAD) % WRAP);
    assert.equal(unit!.pts, (dts + 6000 + LEAD) % WRAP);
    assert.equal(audioOf(file)[0]!.pts, (dts + 10 + LEAD) % WRAP);
    assert.deepEqual(pcrs(file), [dts % WRAP]);
  }
});

test('the clock is there at least every 100 ms, whatever the frame rate', () => {
  for (const interval of [750, 1500, 3000, 3600, 4000, 9000, 9001, 18_000, 90_000, 180_000]) {
    for (const withAudio of [false, true]) {
      const tracks = { video: v, ...(withAudio ? { audio: a } : {}) };
      const file = mux(
        tracks,
        stream({ frames: Math.ceil(360_000 / interval), interval, gop: 1000, ...tracks }),
      );
      assertLegalTimes(file);
      assert.ok(file.packets.every((packet) => packet.pcr === undefined || packet.pid === 0x100));
      const [first] = file.packets.slice(2);
      assert.notEqual(first!.pcr, undefined, 'the first packet of media has one');
    }
  }
});

test('a slide show: the clock goes on over the segments, at least every 100 ms and never back', () => {
  for (const interval of [3000, 45_000, 90_000, 180_000]) {
    for (const withAudio of [false, true]) {
      const tracks = { video: v, ...(withAudio ? { audio: a } : {}) };
      const frames = stream({ frames: Math.ceil(720_000 / interval), interval, gop: 1, ...tracks });
      const muxer = new TsMuxer();
      const clock: number[] = [];
      const begin = (follows: boolean): void => muxer.begin(tracks, follows);
      begin(false);
      frames.forEach((frame, index) => {
        if (index > 0 && frame.kind === 'video') {
          clock.push(...pcrs(readTs(muxer.finish())));
          begin(true);
        }
        muxer.write(frame);
      });
      clock.push(...pcrs(readTs(muxer.finish())));
      clock.reduce((last, pcr) => {
        assert.ok(
          pcr > last && pcr - last <= 9000,
          `every ${interval}, sound ${withAudio}: ${pcr} after ${last}`,
        );
        return pcr;
      });
    }
  }
});

test('sound that is seconds ahead of the picture does not take the clock past the picture', () => {
  const tracks = { video: v, audio: a };
  for (const ahead of [9000, 45_000, 270_000]) {
    const muxer = new TsMuxer();
    muxer.begin(tracks);
    for (const frame of stream({ frames: 150, gop: 30, ...tracks }))
      muxer.write(frame.kind === 'audio' ? audio(a, frame.dts + ahead) : frame);
    const file = readTs(muxer.finish());
    let clock: number | undefined;
    const starts = new Map(file.units.map((unit) => [unit.packet, unit]));
    file.packets.forEach((packet, index) => {
      clock = packet.pcr ?? clock;
      const unit = starts.get(index);
      if (unit) assert.ok(clock! <= unit.dts, `${ahead}: due at ${unit.dts}, the clock says ${clock}`);
    });
  }
});

test('a segment of sound alone while the picture is stalled has a clock too, that goes on', () => {
  const tracks = { video: v, audio: a };
  const muxer = new TsMuxer();
  muxer.begin(tracks);
  for (const frame of stream({ frames: 30, gop: 30, ...tracks })) muxer.write(frame);
  const last = pcrs(readTs(muxer.finish())).at(-1)!;
  muxer.begin(tracks, true);
  muxer.write(audio(a, 30 * 3000));
  const [clock] = pcrs(readTs(muxer.finish()));
  assert.ok(clock !== undefined && clock > last && clock - last <= 9000, `${clock} after ${last}`);
});

test('audio alone carries the clock, several frames to a PES packet', () => {
  const frames = stream({ frames: 90, gop: 1, audio: a });
  const file = mux({ audio: a }, frames);
  const units = audioOf(file);
  assert.deepEqual(units.map((unit) => adtsFrames(unit.payload).length).slice(0, 4), [4, 4, 4, 4]);
  assert.equal(units[0]!.randomAccess, true);
  assertClock(file);
  assert.deepEqual(
    units.flatMap((unit) => adtsFrames(unit.payload)),
    frames.map((frame) => frame.payload),
  );
  units.forEach((unit, index) => assert.equal(unit.pts, index * 4 * AUDIO_TICKS + LEAD));
});

test('long audio frames get clock packets in between', () => {
  const slow = { ...audioTrack([0x15, 0x88]), sampleRate: 8000, coreRate: 8000, channels: 1 }; // 11,520 ticks a frame
  const file = mux(
    { audio: slow },
    Array.from({ length: 20 }, (_, index) => audio(slow, index * 11_520)),
  );
  assertClock(file);
  assert.equal(audioOf(file).length, 20);
});

test('audio stays within a tenth of a second of the video around it', () => {
  const units = mux({ video: v, audio: a }, stream({ frames: 90, gop: 30, video: v, audio: a })).units;
  let videoDts = 0;
  for (const unit of units) {
    if (unit.streamId === 0xe0) videoDts = unit.dts;
    else
      assert.ok(
        videoDts - unit.pts <= 9000 + 3000 && unit.pts <= videoDts + 9000,
        `${unit.pts} beside ${videoDts}`,
      );
  }
});

test('a gap in the audio begins a packet with a time of its own', () => {
  const times = [0, AUDIO_TICKS, AUDIO_TICKS * 2 + 5000, AUDIO_TICKS * 3 + 5000];
  const units = audioOf(
    mux(
      { audio: a },
      times.map((dts) => audio(a, dts)),
    ),
  );
  assert.deepEqual(
    units.map((unit) => unit.pts - LEAD),
    [0, AUDIO_TICKS * 2 + 5000],
  );
});

test('audio frames of any size stay whole, and PES packets within their length field', () => {
  const frames = [8184, 8184, 1, 8184, 9000, 8184, 8184].map((size, index) =>
    audio(a, index * AUDIO_TICKS, 0, size),
  );
  const out = audioOf(mux({ audio: a }, frames)).flatMap((unit) => adtsFrames(unit.payload));
  assert.deepEqual(
    out.map((frame) => frame.length),
    [8184, 8184, 1, 8184, 8184, 8184],
    'one was too long for ADTS',
  );
});

test('a program config element stands in front of frames that have none', () => {
  // LC, 48 kHz, channels by a PCE: hexagonal, as ffmpeg writes it.
  const config = Buffer.from('118004c808002008840d4c61766335392e33372e31303056e500', 'hex');
  const track = { ...audioTrack([...config]), channels: 6 };
  const bare = audio(track, 0, 0, 50);
  const own = audio(track, AUDIO_TICKS, 0, 50);
  own.payload[0] = 0xa0;
  const [first, second] = audioOf(mux({ audio: track }, [bare, own])).flatMap((unit) =>
    adtsFrames(unit.payload),
  );
  assert.equal(first![0]! >> 5, 5);
  assert.deepEqual(first!.subarray(-50), bare.payload);
  assert.deepEqual(second, own.payload);
});

test('a segment grown large, and the next one small again', () => {
  const muxer = new TsMuxer();
  const large = mux({ video: v }, [video(v, 0, { key: true, size: 6_000_000 })], muxer);
  assert.equal(nalUnits(videoOf(large)[0]!.payload)[3]!.length, 6_000_000);
  const small = mux({ video: v }, [video(v, 90_000, { key: true, size: 100 })], muxer);
  assert.equal(small.packets.length, 3);
});

test('a rest between two segments changes nothing in them', () => {
  const frames = stream({ frames: 60, gop: 30, video: v, audio: a });
  const segments = (hasRest: boolean): Buffer[] => {
    const muxer = new TsMuxer();
    return [1, 2].map(() => {
      muxer.begin({ video: v, audio: a });
      for (const frame of frames) muxer.write(frame);
      const bytes = muxer.finish();
      if (hasRest) muxer.rest();
      return bytes;
    });
  };
  assert.deepEqual(segments(true), segments(false));
});

test('without packets there is no room, and at rest there is none again', () => {
  const packets = new PacketBuffer();
  const room = (): number => packets.bytes.length;
  assert.equal(room(), 0, 'new');
  packets.addPacket();
  assert.ok(room() >= 188, 'one packet');
  packets.rest();
  assert.equal(packets.size, 188, 'not while there is something in it');
  packets.take();
  packets.rest();
  assert.equal(room(), 0, 'at rest');
});

test('what finish gave is not touched by the next segment', () => {
  const muxer = new TsMuxer();
  muxer.begin({ video: v });
  muxer.write(video(v, 0, { key: true }));
  const bytes = muxer.finish();
  const copy = Buffer.from(bytes);
  mux({ video: v }, [video(v, 90_000, { key: true })], muxer);
  assert.ok(bytes.equals(copy));
});
