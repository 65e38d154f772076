import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Rendition, Stream } from '../../../public/api/types.ts';
import { nearest } from '../../../public/player/choice.ts';
import type { EngineRun, Level } from '../../../public/player/engine.ts';
import { menuOf, soundNames } from '../../../public/player/menu.ts';
import { Selection } from '../../../public/player/selection.ts';
import { ago } from '../../../public/text/format.ts';

const level = (lines: number, kbps: number, more: Partial<Level> = {}): Level => ({
  lines,
  fps: 30,
  kbps,
  codec: 'avc1.64001F',
  ...more,
});
const LADDER = [level(480, 1200), level(1080, 6000), level(720, 2800)];

test('a menu has “Auto” and the finest first; what plays now stands beside “Auto”', () => {
  const menu = menuOf({ levels: LADDER, shown: 2, chosen: undefined, sounds: [], heard: undefined });
  assert.deepEqual(
    menu.pictures.map(({ label, place, isChosen }) => [label, place, isChosen]),
    [
      ['Auto', undefined, true],
      ['1080p30', 1, false],
      ['720p30', 2, false],
      ['480p30', 0, false],
    ],
  );
  assert.equal(menu.shown, '720p30');
  assert.deepEqual([menu.pictures[0]?.detail, menu.pictures[1]?.detail], ['720p30', 'H.264, 6.0 Mb/s']);
  assert.deepEqual(menu.sounds, []);
});

test('one picture and one sound are nothing to choose among', () => {
  const menu = menuOf({ levels: [level(720, 1)], shown: 0, chosen: undefined, sounds: ['a'], heard: 0 });
  assert.deepEqual([menu.pictures, menu.sounds], [[], []]);
});

test('sounds are listed in the stream’s order, nameless ones by number', () => {
  const menu = menuOf({ levels: [], shown: undefined, chosen: undefined, sounds: ['English', ''], heard: 1 });
  assert.deepEqual(
    menu.sounds.map(({ label, isChosen }) => [label, isChosen]),
    [
      ['English', false],
      ['Sound 2', true],
    ],
  );
});

const wishes = [
  [{ lines: 720 }, 2],
  [{ lines: 1080 }, 1],
  [{ lines: 900 }, 2],
  [{ lines: 360 }, 0],
  [{ lines: 2160 }, 1],
] as const;
for (const [wish, place] of wishes)
  test(`a wish for ${wish.lines} lines is met by the picture of ${LADDER[place]!.lines}`, () =>
    assert.equal(nearest(LADDER, wish), place));

test('of two pictures with as many lines the wished rate decides, and without one the finer', () => {
  const two = [level(1080, 3000), level(1080, 6000)];
  assert.equal(nearest(two, { lines: 1080 }), 1);
  assert.equal(nearest(two, { lines: 1080, kbps: 3100 }), 0);
  assert.equal(nearest([], { lines: 1080 }), undefined);
});

const distances = [
  [0, '0:00'],
  [42.4, '0:42'],
  [723, '12:03'],
  [3723, '1:02:03'],
] as const;
for (const [seconds, text] of distances)
  test(`${seconds} s behind reads ${text}`, () => assert.equal(ago(seconds), text));

test('a sound without a name has the same one whatever plays it; the name that its publisher gave stays', (context) => {
  const sound = (track: number, codec: string): Rendition => ({ track, kind: 'audio', codec });
  const facts = { renditions: [sound(0, 'mp4a.40.2'), sound(1, 'opus')] } as unknown as Stream;
  const levels = (sounds: readonly string[]): EngineRun =>
    ({ levels: { pictures: LADDER, shown: 0, sounds, heard: 0 } }) as unknown as EngineRun;
  Object.assign(globalThis, { location: { search: '' } });
  context.after(() => Reflect.deleteProperty(globalThis, 'location'));
  const named = (...sounds: string[]): string[] =>
    new Selection()
      .menu({ facts, plan: undefined, run: levels(sounds), hasHls: true })
      .sounds.map(({ label }) => label);
  assert.deepEqual(named('Sound 1', 'Sound 2'), soundNames(facts));
  assert.deepEqual(named('Sound 1', 'Deutsch'), [soundNames(facts)[0], 'Deutsch']);
  assert.deepEqual(named('Sound 1', 'Sound 2', 'Sound 3'), ['Sound 1', 'Sound 2', 'Sound 3']);
});
