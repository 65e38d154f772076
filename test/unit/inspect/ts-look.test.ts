import assert from 'node:assert/strict';
import test from 'node:test';
import { InspectError } from '../../../src/inspect/errors.ts';
import { Findings } from '../../../src/inspect/findings.ts';
import { MediaLook } from '../../../src/inspect/media-look.ts';
import type { MediaReport } from '../../../src/inspect/report-media.ts';
import { TransportLook } from '../../../src/inspect/ts-look.ts';
import { PacketWatch, TransportClock } from '../../../src/inspect/ts-packets.ts';
import { AUDIO_PID, TransportMaker, VIDEO_PID } from './hand-made.ts';

const BOTH = [
  [0x1b, VIDEO_PID],
  [0x0f, AUDIO_PID],
] as const;

function lookAt(
  bytes: Buffer,
  cuts: readonly number[] = [],
): { look: TransportLook; media: MediaReport; codes: string[] } {
  const media = new MediaLook();
  const findings = new Findings();
  const look = new TransportLook({ media, findings, clock: new TransportClock() });
  let at = 0;
  for (const cut of [...cuts, bytes.length]) {
    look.push(bytes.subarray(at, cut));
    at = cut;
  }
  look.end(false);
  return { look, media: media.report(bytes.length), codes: findings.list().map(({ code }) => code) };
}

/** A second of video at 25 frames per second and of audio, from `from` on. */
function oneSecond(make: TransportMaker, from: number): Buffer {
  const frames = Array.from({ length: 25 }, (_, i) =>
    make.video(from + i * 3600, { key: i === 0, pts: from + i * 3600 + 7200 }),
  );
  const sound = Array.from({ length: 10 }, (_, i) =>
    make.audio(from + Math.round((i * 4 * 1024 * 90_000) / 44_100), 4),
  );
  return Buffer.concat([make.tables(BOTH), ...frames, ...sound]);
}

test('tells tracks, size, rates and times of a hand-made second', () => {
  const { look, media, codes } = lookAt(oneSecond(new TransportMaker(), 900_000));
  assert.deepEqual(codes, []);
  const [video, audio] = media.tracks;
  assert.equal(video?.codecString, 'avc1.4D400D');
  assert.deepEqual([video.width, video.height, video.fps, video.frames], [320, 180, 25, 25]);
  assert.deepEqual([video.firstDtsSeconds, video.firstPtsSeconds, video.lastPtsSeconds], [10, 10.08, 11.04]);
  assert.equal(audio?.codecString, 'mp4a.40.2');
  assert.deepEqual([audio.sampleRate, audio.channels, audio.frames], [44_100, 1, 40]);
  assert.equal(look.startsWithPat && look.startsWithPmt, true);
  assert.deepEqual(look.firstAccessUnit?.idr, true);
  assert.equal(look.facts().longestPcrIntervalSeconds, 0.04);
});

test('where the bytes are cut does not matter', () => {
  const bytes = oneSecond(new TransportMaker(), 0);
  const whole = lookAt(bytes).media;
  for (let cut = 1; cut < 800; cut += 7)
    assert.deepEqual(lookAt(bytes, [cut, cut + 188 * 3]).media, whole, `cut at ${cut}`);
});

test('the 33 bits wrap without a jump', () => {
  const { media, codes } = lookAt(oneSecond(new TransportMaker(), 2 ** 33 - 45_000));
  assert.deepEqual(codes, []);
  assert.ok(media.tracks.every((track) => track.monotonic && track.gaps.length === 0));
  assert.equal(media.tracks[0]!.spanSeconds, 1);
});

test('a PTS before its DTS is a small negative offset, not 26 hours', () => {
  const make = new TransportMaker();
  const { media } = lookAt(
    Buffer.concat([make.tables(BOTH), make.video(9000, { key: true, pts: 8910 }), make.video(12_600)]),
  );
  assert.equal(media.tracks[0]!.ptsBeforeDts, 1);
  assert.equal(media.tracks[0]!.firstPtsSeconds, 0.099);
});

test('a lost packet is a continuity error', () => {
  const make = new TransportMaker();
  const first = oneSecond(make, 0);
  make.lose(VIDEO_PID);
  const { look, codes } = lookAt(Buffer.concat([first, oneSecond(make, 90_000)]));
  assert.equal(look.facts().continuityErrors, 1);
  assert.deepEqual(codes, ['ts-continuity']);
});

test('a PCR every 200 ms is too seldom', () => {
  const make = new TransportMaker();
  const frames = Array.from({ length: 50 }, (_, i) =>
    make.video(i * 3600, { key: i === 0, pcr: i % 5 === 0 ? i * 3600 : 'none' }),
  );
  assert.deepEqual(lookAt(Buffer.concat([make.tables([BOTH[0]]), ...frames])).codes, ['ts-pcr-interval']);
});

test('rubbish between packets is counted, and half a packet at the end is a cut', () => {
  const make = new TransportMaker();
  const bytes = oneSecond(make, 0);
  const dirty = Buffer.concat([bytes, Buffer.alloc(500), oneSecond(make, 90_000)]);
  // The last packet before the rubbish goes too: mux.js takes one only where the next begins behind it.
  assert.equal(lookAt(dirty).look.facts().lostBytes, 500 + 188);
  assert.ok(lookAt(dirty).codes.includes('framing-lost'));
  assert.deepEqual(lookAt(bytes.subarray(0, bytes.length - 100)).codes.includes('cut-short'), true);
});

test('an ADTS header of length 0 ends the packet, not the process', () => {
  const make = new TransportMaker();
  const bad = make.audio(0);
  const at = bad.indexOf(Buffer.from([0xff, 0xf1, 0x50]));
  bad[at + 4] = 0;
  bad[at + 5] = 0x1f;
  assert.ok(lookAt(Buffer.concat([make.tables([BOTH[1]]), bad, make.audio(9000)])).codes.includes('ts-adts'));
});

test('other codecs are named', () => {
  const make = new TransportMaker();
  assert.deepEqual(lookAt(make.tables([[0x24, VIDEO_PID]])).codes, ['codec-not-read']);
});

test('a PES packet without end is given up', () => {
  const watch = new PacketWatch(new TransportClock());
  const packet = Buffer.alloc(188);
  packet[1] = 1; // PID 256
  assert.throws(
    () => {
      for (let count = 0; count < 100_000; count++) watch.see(packet, 0x1000);
    },
    (error) => error instanceof InspectError && error.code === 'BROKEN',
  );
});
