import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { Frame } from '../../../../src/media/frame.ts';
import { audioTrack, data, inter, key, sound, videoTrack } from '../../../support/media.ts';
import { waitFor } from '../../../support/wait.ts';
import { fragmentsOf, tagsOf, takeRig } from './rig.ts';

/** 25 pictures a second with a key frame each second, and sound every 40 ms. */
function show(
  fromMs: number,
  toMs: number,
  options: Parameters<typeof key>[1] & { sound?: Parameters<typeof sound>[1] | false } = {},
): Frame[] {
  const frames: Frame[] = [];
  for (let at = fromMs; at < toMs; at += 40) {
    frames.push(at % 1000 === 0 ? key(at, options) : inter(at, options));
    if (options.sound !== false) frames.push(sound(at, options.sound));
  }
  return frames;
}

const times = (bytes: Buffer, type: number): number[] =>
  tagsOf(bytes)
    .filter((tag) => tag.type === type && tag.body[1] === 1)
    .map(({ timestamp }) => timestamp);

describe('where files begin and end', () => {
  test('a recording begins with the next key frame, at 0', async () => {
    const rig = takeRig('flv');
    rig.feed(show(1_200, 4_000));
    await rig.take.end('stopped');
    assert.deepEqual(rig.told, ['started 1.flv', 'done 1.flv stopped'], 'told');
    const video = times(rig.bytes('1.flv'), 9);
    assert.deepEqual([video[0], video.at(-1), video.length], [0, 1_960, 50], 'pictures');
    assert.equal(times(rig.bytes('1.flv'), 8).length, 50, 'sound');
  });

  test('rotation by time: at key frames, and no frame is in none or in two', async () => {
    for (const format of ['flv', 'mp4'] as const) {
      const rig = takeRig(format, { rotateSeconds: 2 });
      rig.feed(show(0, 7_000));
      await rig.take.end('stream ended');
      assert.deepEqual(
        rig.told.filter((text) => text.startsWith('done')).sort(),
        [1, 2, 3, 4].map((n) => `done ${n}.${format} ${n < 4 ? 'rotated by time' : 'stream ended'}`),
        format,
      );
      if (format === 'mp4') {
        const runs = [1, 2, 3, 4].map((n) => fragmentsOf(rig.bytes(`${n}.mp4`)).flat());
        assert.deepEqual(
          runs.map((own) => own[0]?.decodeTime),
          [0, 0, 0, 0],
          'each begins at 0',
        );
        const count = (track: number): number =>
          runs
            .flat()
            .filter(({ trackId }) => trackId === track)
            .reduce((sum, { samples }) => sum + samples, 0);
        assert.deepEqual([count(1), count(2)], [175, 175], 'frames');
      }
    }
  });

  test('rotation by size', async () => {
    const rig = takeRig('flv', { rotateBytes: 200_000 });
    rig.feed(show(0, 4_000, { bytes: 4_000 }));
    await rig.take.end('stopped');
    assert.ok(rig.told.includes('done 1.flv rotated by size'), rig.told.join());
    assert.ok(rig.bytes('1.flv').length < 300_000, 'one GOP more at most');
  });

  test('sound that comes after the key frame but belongs before it goes into the file before', async () => {
    const rig = takeRig('flv', { rotateSeconds: 2 });
    const frames = show(0, 2_000);
    const late = frames.pop()!;
    rig.feed([...frames, key(2_000), late, sound(2_000), inter(2_040)]);
    await rig.take.end('stopped');
    assert.equal(times(rig.bytes('1.flv'), 8).at(-1), 1_960, 'in the first');
    assert.deepEqual(times(rig.bytes('2.flv'), 8), [0], 'and not in the second');
  });

  test('another configuration: a new file at its key frame', async () => {
    const other = videoTrack('other');
    const rig = takeRig('mp4');
    rig.feed([...show(0, 2_000), ...show(2_000, 4_000, { track: other })]);
    await rig.take.end('stopped');
    assert.deepEqual(
      rig.told,
      ['started 1.mp4', 'started 2.mp4', 'done 1.mp4 tracks changed', 'done 2.mp4 stopped'].sort(
        (a, b) => rig.told.indexOf(a) - rig.told.indexOf(b),
      ),
      'told',
    );
    assert.equal(rig.told.length, 4, 'two files');
  });

  test('sound that joins late: the next file has it', async () => {
    const rig = takeRig('mp4');
    rig.feed([...show(0, 2_400, { sound: false }), ...show(2_400, 5_000)]);
    await rig.take.end('stopped');
    assert.ok(rig.told.includes('done 1.mp4 tracks changed'), rig.told.join());
    assert.deepEqual(
      fragmentsOf(rig.bytes('2.mp4'))[0]?.map(({ trackId }) => trackId),
      [1, 2],
      'both tracks',
    );
  });

  test('sound with another rate: a new file at the next key frame', async () => {
    const other = audioTrack('other');
    const rig = takeRig('flv');
    rig.feed([...show(0, 1_400), ...show(1_400, 4_000, { sound: { track: other } })]);
    await rig.take.end('stopped');
    assert.ok(rig.told.includes('done 1.flv tracks changed'), rig.told.join());
    assert.equal(times(rig.bytes('2.flv'), 9)[0], 0, 'from the key frame');
  });

  test('sound alone and pictures alone', async () => {
    for (const format of ['flv', 'mp4'] as const) {
      const audio = takeRig(format, { rotateSeconds: 3 });
      audio.feed(Array.from({ length: 200 }, (_, index) => sound(index * 40, { alone: true })));
      await audio.take.end('stopped');
      assert.equal(audio.told.length, 6, `${format}: three files of sound: ${audio.told.join()}`);
      const video = takeRig(format);
      video.feed(show(0, 3_000, { sound: false }));
      await video.take.end('stopped');
      assert.deepEqual(video.told, [`started 1.${format}`, `done 1.${format} stopped`], 'pictures');
      if (format === 'flv') assert.equal(video.bytes('1.flv')[4], 1, 'the header says pictures only');
    }
  });

  test('a stream of half a second is recorded', async () => {
    const rig = takeRig('mp4');
    rig.feed(show(0, 400, { sound: false }));
    await rig.take.end('stream ended');
    assert.equal(fragmentsOf(rig.bytes('1.mp4'))[0]?.[0]?.samples, 10, 'pictures');
  });

  test('without a frame there is no file', async () => {
    const rig = takeRig('mp4');
    rig.feed([sound(0), inter(40), data(40)]);
    await rig.take.end('stream ended');
    assert.ok(!rig.told.some((text) => text.startsWith('failed')), rig.told.join());
  });
});

test('another publisher within the grace time: the same file, from its key frame, without a hole in time', async () => {
  const rig = takeRig('mp4');
  rig.feed(show(0, 1_600));
  rig.take.interrupt();
  // What it sends before its key frame needs what nobody has.
  const second = [inter(1_640), ...show(2_000, 3_000)].map((frame) => ({ ...frame, epoch: 2 }));
  rig.feed(second);
  await rig.take.end('stopped');
  assert.deepEqual(rig.told, ['started 1.mp4', 'done 1.mp4 stopped'], 'told');
  const pictures = fragmentsOf(rig.bytes('1.mp4'))
    .flat()
    .filter(({ trackId }) => trackId === 1);
  assert.equal(
    pictures.reduce((sum, { samples }) => sum + samples, 0),
    65,
    'pictures',
  );
  assert.equal(pictures.at(-1)!.decodeTime + pictures.at(-1)!.duration, 3 * 90_000, 'times go on');
});

test('the past comes first, and is part of the time that is told', async () => {
  const rig = takeRig('flv', { past: show(5_000, 8_000), clock: () => 1_000_000_000 });
  rig.feed(show(8_000, 9_000));
  rig.take.flush();
  await rig.take.end('stopped');
  const video = times(rig.bytes('1.flv'), 9);
  assert.deepEqual([video[0], video.length], [0, 100], 'four seconds');
  const [entry] = rig.library.entries;
  assert.equal(1_000_000_000 - entry!.startedAt, 3_960, `began ${1_000_000_000 - entry!.startedAt} ms ago`);
});

describe('what is on the disk', () => {
  test('is never more than a second behind, also when the publisher falls silent', async () => {
    const rig = takeRig('flv');
    rig.feed(show(0, 3_440));
    const seen = async (ms: number): Promise<void> => {
      await waitFor(`what was sent up to ${ms} ms`, () => {
        try {
          return times(rig.bytes('1.flv'), 9).at(-1)! >= ms;
        } catch {
          return false;
        }
      });
    };
    await seen(2_960);
    rig.time.now += 1_300;
    rig.take.flush();
    await seen(3_400);
    await rig.take.end('stopped');
  });

  test('fragments are a second long at most and begin with a key frame where there is one', async () => {
    const rig = takeRig('mp4');
    rig.feed(show(0, 10_000));
    await rig.take.end('stopped');
    const pictures = fragmentsOf(rig.bytes('1.mp4'))
      .flat()
      .filter(({ trackId }) => trackId === 1);
    assert.equal(pictures.length, 10, 'one a second');
    assert.ok(
      pictures.every(({ duration, startsWithKey }) => duration <= 90_000 && startsWithKey),
      'each',
    );
  });

  test('a key frame every 100 ms does not make ten fragments a second', async () => {
    const rig = takeRig('mp4');
    rig.feed(Array.from({ length: 100 }, (_, index) => key(index * 100)));
    await rig.take.end('stopped');
    assert.ok(
      fragmentsOf(rig.bytes('1.mp4')).length <= 20,
      `${fragmentsOf(rig.bytes('1.mp4')).length} fragments in 10 s`,
    );
  });
});
