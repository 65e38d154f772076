import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Continuity } from '../../../../src/containers/fmp4/continuity.ts';
import { fragment } from '../../../../src/containers/fmp4/fragment.ts';
import { movieTime, movieTracks, type MovieTrack } from '../../../../src/containers/fmp4/movie-track.ts';
import type { AudioFrame, MediaFrame, VideoFrame } from '../../../../src/media/frame.ts';
import { ticks } from '../../../../src/media/time.ts';
import type { AudioTrack, TrackId } from '../../../../src/media/track.ts';
import { samplesIn, type SampleWithBytes } from '../../../support/samples.ts';
import { AUDIO, VIDEO } from '../../../support/media.ts';

/** Wherever a stream is cut into fragments, they say what one fragment of all of it says. */

interface Show {
  readonly frames: readonly MediaFrame[];
  readonly tracks: readonly MovieTrack[];
  readonly zero: number;
  /** Where fragments begin, as indexes of frames. */
  readonly cuts: readonly number[];
  /** The segmenter may know when sound goes on, or not. */
  readonly knowsNextSound: boolean;
}

const rates = fc.constantFrom(
  { rate: 44_100, samples: 1024 },
  { rate: 48_000, samples: 1024 },
  { rate: 22_050, samples: 2048 },
  { rate: 48_000, samples: 960 },
  { rate: 48_000, samples: 120 },
  { rate: 11_025, samples: 576 },
);
/** Days: what is counted in 32 bits has wrapped several times. */
const origins = fc.oneof(
  fc.constant(0),
  fc.nat(1e6),
  fc.integer({ min: 60 * 86_400 * 90_000, max: 61 * 86_400 * 90_000 }),
);

const shows: fc.Arbitrary<Show> = fc
  .record({
    zero: origins,
    rate: rates,
    /** Ticks, and a fraction of a sample. */
    soundAt: fc.double({ min: 0, max: 5000, noNaN: true }),
    sounds: fc.integer({ min: 1, max: 60 }),
    /** Samples left out in front of the n-th frame of sound. */
    gap: fc.record({ at: fc.nat(60), samples: fc.constantFrom(0, 0, 3000, 100_000) }),
    steps: fc.array(fc.integer({ min: 1, max: 9000 }), { maxLength: 40 }),
    compositions: fc.array(fc.integer({ min: -9000, max: 18_000 }), { minLength: 1, maxLength: 7 }),
    cuts: fc.array(fc.nat(100), { maxLength: 20 }),
    knowsNextSound: fc.boolean(),
  })
  .map(({ zero, rate, soundAt, sounds, gap, steps, compositions, cuts, knowsNextSound }) => {
    const track: AudioTrack = {
      ...AUDIO,
      coreRate: rate.rate,
      sampleRate: rate.rate,
      samplesPerFrame: rate.samples,
    };
    const frames: MediaFrame[] = soundsOf(track, { from: zero + soundAt, count: sounds, gap });
    let at = zero;
    for (const [index, step] of steps.entries()) {
      frames.push(pictureAt(at, at + compositions[index % compositions.length]!, index));
      at += step;
    }
    frames.sort((one, other) => one.dts - other.dts);
    const tracks = movieTracks({ video: VIDEO, audio: track });
    return { frames, tracks, zero, cuts: [...new Set(cuts)].sort((a, b) => a - b), knowsNextSound };
  });

/** As the sample clock of an input makes them: counted in samples, rounded to ticks. */
function soundsOf(
  track: AudioTrack,
  { from, count, gap }: { from: number; count: number; gap: { at: number; samples: number } },
): AudioFrame[] {
  return Array.from({ length: count }, (_, index) => {
    const samples = index * track.samplesPerFrame + (index >= gap.at && gap.at > 0 ? gap.samples : 0);
    const dts = ticks(Math.round(from + (samples * 90_000) / track.coreRate));
    return {
      kind: 'audio',
      track,
      dts,
      pts: dts,
      startsGop: false,
      epoch: 1,
      payload: Buffer.of(0x21, index),
    };
  });
}

function pictureAt(dts: number, pts: number, index: number): VideoFrame {
  const payload = Buffer.alloc(5 + (index % 50), index);
  return {
    kind: 'video',
    track: VIDEO,
    dts: ticks(dts),
    pts: ticks(pts),
    startsGop: index % 10 === 0,
    epoch: 1,
    payload,
  };
}

function inParts({ frames, tracks, zero, cuts, knowsNextSound }: Show): SampleWithBytes[][] {
  const continuity = new Continuity();
  const edges = [0, ...cuts.filter((cut) => cut > 0 && cut < frames.length), frames.length];
  return edges.slice(0, -1).map((from, index) => {
    const rest = frames.slice(edges[index + 1]);
    const next: Partial<Record<TrackId, MediaFrame['dts']>> = {};
    const video = rest.find(({ kind }) => kind === 'video');
    const audio = rest.find(({ kind }) => kind === 'audio');
    if (video) next['video'] = video.dts;
    if (audio && knowsNextSound) next['audio'] = audio.dts;
    const own = frames.slice(from, edges[index + 1]);
    return [
      ...samplesIn(
        fragment({ sequence: index + 1, tracks, frames: own, zero: ticks(zero), next, continuity }),
      ),
    ];
  });
}

const facts = ({ decodeTime, composition, sync, payload }: SampleWithBytes): unknown[] => [
  decodeTime,
  composition,
  sync,
  payload.toString(),
];
const of = (samples: readonly SampleWithBytes[], trackId: number): SampleWithBytes[] =>
  samples.filter((sample) => sample.trackId === trackId);

test('however it is cut, samples and times are those of one fragment', () => {
  fc.assert(
    fc.property(shows, (show) => {
      const { frames, tracks, zero } = show;
      const whole = [
        ...samplesIn(
          fragment({ sequence: 1, tracks, frames, zero: ticks(zero), continuity: new Continuity() }),
        ),
      ];
      const parts = inParts(show).flat();
      for (const { trackId } of tracks)
        assert.deepEqual(of(parts, trackId).map(facts), of(whole, trackId).map(facts), `track ${trackId}`);
    }),
    { numRuns: 3000 },
  );
});

test('each track goes on exactly where it ended, except over a gap; shown is each frame at its own time', () => {
  fc.assert(
    fc.property(shows, (show) => {
      const { frames, tracks, zero } = show;
      const parts = inParts(show).flat();
      for (const movie of tracks) {
        const own = of(parts, movie.trackId);
        const sent = frames.filter(({ track }) => track.id === movie.track.id);
        assert.equal(own.length, sent.length, 'every frame');
        for (const [index, sample] of own.entries()) {
          const end = sample.decodeTime + sample.duration;
          const next = own[index + 1];
          const isGap = next !== undefined && next.decodeTime - end > movie.timescale / 1000;
          if (next && !isGap)
            assert.equal(
              next.decodeTime,
              end,
              `track ${movie.trackId}, sample ${index}: ends where the next begins`,
            );
          if (isGap)
            assert.equal(movie.track.kind, 'audio', 'only of sound it may be unknown when it goes on');
          assert.ok(sample.duration > 0, 'no sample without a length');
          const shown = sample.decodeTime + sample.composition;
          const wanted = movieTime(movie, sent[index]!.pts, ticks(zero));
          const slack = movie.track.kind === 'video' ? 0 : movie.timescale / 1000;
          assert.ok(
            Math.abs(shown - wanted) <= slack,
            `track ${movie.trackId}, sample ${index}: shown at ${shown}, not ${wanted}`,
          );
        }
      }
    }),
    { numRuns: 1000 },
  );
});

test('sound at 44.1 kHz has 1,024 samples in every frame, whatever part of a sample it begins at', () => {
  const track = { ...AUDIO, coreRate: 44_100, sampleRate: 44_100 };
  for (let phase = 0; phase < 1; phase += 0.07) {
    const frames = soundsOf(track, {
      from: (phase * 90_000) / 44_100,
      count: 400,
      gap: { at: 0, samples: 0 },
    });
    const cuts = frames.map((_, index) => index).filter((index) => index % 13 === 5);
    const show = { frames, tracks: movieTracks({ audio: track }), zero: 0, cuts, knowsNextSound: false };
    const samples = inParts(show).flat();
    assert.deepEqual([...new Set(samples.map(({ duration }) => duration))], [1024], `phase ${phase}`);
    assert.equal(samples.at(-1)!.decodeTime - samples[0]!.decodeTime, 399 * 1024, `phase ${phase}: the sum`);
  }
});
