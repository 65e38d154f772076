import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CommonStarts } from '../../../src/app/common-starts.ts';
import { LadderGroups, type GroupRule } from '../../../src/app/ladder-groups.ts';
import { soundIn } from '../../../src/app/sound-labels.ts';
import { nameOf } from '../../support/stage.ts';

const RULES: readonly GroupRule[] = [
  { match: 'live/special', suffixes: ['-hi'] },
  { match: 'live/*', suffixes: ['_720', '_480'] },
];
const paths = (groups: LadderGroups, path: string): string[] =>
  groups.members(nameOf(path)).map((name) => name.path);
const above = (groups: LadderGroups, path: string): string | undefined => groups.ladderOf(nameOf(path))?.path;

test('the members of a ladder are its namesake and what the suffixes make of it', () => {
  const groups = new LadderGroups(() => RULES);
  assert.deepEqual(paths(groups, 'live/cam'), ['live/cam', 'live/cam_720', 'live/cam_480']);
  assert.deepEqual(paths(groups, 'live/special'), ['live/special', 'live/special-hi']);
  assert.deepEqual(paths(groups, 'other/cam'), ['other/cam']);
  assert.deepEqual(paths(groups, `live/${'x'.repeat(126)}`), [`live/${'x'.repeat(126)}`], 'too long a name');
});

test('a stream is in the ladder that its suffix says, else in one of its own', () => {
  const groups = new LadderGroups(() => RULES);
  assert.equal(above(groups, 'live/cam_720'), 'live/cam');
  assert.equal(above(groups, 'live/cam'), 'live/cam');
  assert.equal(above(groups, 'live/special-hi'), 'live/special');
  assert.equal(
    above(groups, 'live/special_720'),
    'live/special_720',
    'the first rule for special knows no _720',
  );
  assert.equal(above(groups, 'live/_720'), 'live/_720', 'a suffix alone is a name');
  assert.equal(above(groups, 'other/cam_720'), undefined);
});

test('other settings are in force at once', () => {
  let rules = RULES;
  const groups = new LadderGroups(() => rules);
  assert.equal(groups.isEmpty, false);
  assert.equal(above(groups, 'live/cam_360'), 'live/cam_360');
  rules = [{ match: '*', suffixes: ['_360'] }];
  assert.equal(above(groups, 'live/cam_360'), 'live/cam');
  rules = [];
  assert.deepEqual([groups.isEmpty, above(groups, 'live/cam_360')], [true, undefined]);
});

test('publishers that one program has begun together have one date, others their own', () => {
  const starts = new CommonStarts();
  const source = '192.0.2.1 Lavf60';
  const beside = (...all: string[]) => ({ beside: all, source });
  assert.equal(starts.date(1_000, 'live/cam_720', beside('live/cam_480')), 1_000);
  assert.equal(starts.date(1_400, 'live/cam_480', beside('live/cam_720')), 1_000, 'the other output');
  assert.equal(starts.date(1_450, 'live/x_480', beside('live/x_720')), 1_450, 'of another ladder');
  assert.equal(starts.date(1_500, 'live/cam', { ...beside('live/cam_720'), source: 'obs' }), 1_500);
  assert.equal(
    starts.date(3_100, 'live/cam', beside('live/cam_720')),
    3_100,
    'too late to have been begun with it',
  );
});

test('what a sound is called: the last rule for the stream and its track', () => {
  const rules = [
    { match: '*', track: 1, name: 'Second' },
    { match: 'live/*', track: 1, name: 'Deutsch', language: 'de' },
  ];
  assert.deepEqual(soundIn(rules, nameOf('live/cam'), 1), { name: 'Deutsch', language: 'de' });
  assert.deepEqual(soundIn(rules, nameOf('tv/cam'), 1), { name: 'Second' });
  assert.equal(soundIn(rules, nameOf('live/cam'), 0), undefined);
});
