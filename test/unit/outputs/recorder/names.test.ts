import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { loadSettings } from '../../../../src/config/load.ts';
import { streamName, type StreamName } from '../../../../src/media/stream-name.ts';
import { Library } from '../../../../src/outputs/recorder/library.ts';
import { recordingPath, templateProblem } from '../../../../src/outputs/recorder/name-template.ts';
import { Place, PlaceError } from '../../../../src/outputs/recorder/place.ts';
import { NAME, NOON, scratch } from './rig.ts';

const facts = { name: NAME, startedAt: new Date(2026, 10, 2, 3, 4, 5).getTime(), n: 7 };

describe('names', () => {
  test('fields are filled in', () => {
    assert.equal(
      recordingPath('{app}/{stream}/{date}T{time}', facts),
      'live/cam/2026-11-02T03-04-05',
      'the default',
    );
    assert.equal(
      recordingPath('{year}/{month}/{day}/{hour}.{minute}.{second}-{n}', facts),
      '2026/11/02/03.04.05-7',
      'parts',
    );
  });

  for (const template of [
    '../{stream}',
    '/etc/{stream}',
    '{app}/../../{stream}',
    '{app}//{stream}',
    '{stream}/',
    'a b',
    '{stream}\\x',
    '{secret}',
    '.',
    '{app}/./{n}',
    'a/b/c/d/e/f/g/h/i',
    '{',
    'x\0y',
  ]) {
    test(`"${template}" is refused`, () => {
      assert.ok(templateProblem(template), 'a reason');
      assert.throws(
        () => loadSettings({ flags: { record: { name: template } } }),
        /record\.name|record/,
        'by the settings',
      );
    });
  }

  test('no stream leads out of the directory, whatever it is called', () => {
    const templates = [
      '{app}/{stream}/{date}',
      '{stream}',
      '{app}{stream}',
      '.{stream}',
      '{stream}.{app}/x',
      '~{n}/{stream}',
    ];
    fc.assert(
      fc.property(fc.string(), fc.string(), fc.constantFrom(...templates), (app, stream, template) => {
        const name = streamName(app.replace(/[^\w.~-]/g, '.'), stream.replace(/[^\w.~-]/g, '.'));
        if ('refused' in name) return;
        const path = recordingPath(template, { ...facts, name });
        if (path === undefined) return;
        assert.equal(join('/r', path), `/r/${path}`, 'stays where it is');
      }),
    );
  });

  test('a name that would be too long for a file is none', () => {
    const name = streamName('a'.repeat(128), 'b'.repeat(128)) as StreamName;
    assert.equal(recordingPath('{app}{stream}', { ...facts, name }), undefined, 'too long');
    assert.ok(recordingPath('{app}/{stream}', { ...facts, name }), 'not too long');
  });
});

describe('files', () => {
  const wish = { name: NAME, format: 'mp4', startedAt: NOON, n: 1 } as const;

  test('a name that is taken is left alone; the next one is found', async () => {
    const dir = scratch();
    writeFileSync(join(dir, 'same.mp4'), 'not ours');
    symlinkSync('/etc/passwd', join(dir, 'same-2.mp4'));
    const library = new Library(dir, 'same');
    const { entry, file } = await library.create(wish);
    await file.close();
    assert.equal(entry.path, 'same-3.mp4', 'path');
    assert.equal(entry.id, 'live/cam/same-3.mp4', 'id');
    assert.equal(readFileSync(join(dir, 'same.mp4'), 'utf8'), 'not ours', 'untouched');
    assert.deepEqual(
      [...library.entries].map(({ path }) => path),
      ['same-3.mp4'],
      'only what is ours is listed',
    );
  });

  test('a folder that is a link to somewhere else is refused', async () => {
    const dir = scratch();
    const outside = scratch();
    symlinkSync(outside, join(dir, 'live'));
    const library = new Library(dir, '{app}/{n}');
    await assert.rejects(library.create(wish), PlaceError);
    assert.deepEqual(readdirSync(outside), [], 'nothing was made there');
    assert.deepEqual([...library.entries], [], 'nothing is listed');
  });

  test('behind a link not even a folder is made, and what is said of it is the same each time', async () => {
    const dir = scratch();
    const outside = scratch();
    symlinkSync(outside, join(dir, 'live'));
    const library = new Library(dir, '{app}/{stream}/{n}');
    const texts = new Set<string>();
    for (const n of [1, 2]) {
      const refused = await library.create({ ...wish, n }).catch((error: unknown) => error);
      assert.ok(refused instanceof PlaceError, String(refused));
      texts.add(refused.message);
    }
    assert.deepEqual(readdirSync(outside), [], 'nothing was made there');
    assert.equal(texts.size, 1, 'an alarm that has been told is known again');
  });

  test('the directory itself may be a link', async () => {
    const outside = scratch();
    const link = join(scratch(), 'link');
    symlinkSync(outside, link);
    const { file } = await new Library(link, '{n}').create(wish);
    await file.close();
    assert.deepEqual(readdirSync(outside).sort(), ['.recordings.jsonl', '1.mp4'], 'there');
  });

  test('a path that leads out is refused wherever it comes from', async () => {
    const place = new Place(scratch());
    await place.open();
    for (const path of ['../x', 'a/../../x', '/etc/passwd', '', '.', 'a//b', './a'])
      assert.throws(() => place.absolute(path), PlaceError, path);
  });

  test('a recording is removed with the folders it leaves empty, and nothing else', async () => {
    const dir = scratch();
    const library = new Library(dir, '{app}/{stream}/{n}');
    const { entry, file } = await library.create(wish);
    await file.close();
    mkdirSync(join(dir, 'live', 'other'));
    await library.remove(entry);
    assert.deepEqual(readdirSync(join(dir, 'live')), ['other'], 'what is left');
    assert.deepEqual([...library.entries], [], 'not listed');
  });

  test('an entry of the list that points out of the directory removes nothing there', async () => {
    const outside = scratch();
    writeFileSync(join(outside, 'precious.mp4'), 'x');
    const dir = join(outside, 'recordings');
    mkdirSync(dir);
    const entry = {
      id: 'live/cam/x.mp4',
      path: '../precious.mp4',
      stream: 'live/cam',
      format: 'mp4',
      startedAt: 1,
      seconds: 1,
      bytes: 1,
      pid: 1,
    };
    writeFileSync(join(dir, '.recordings.jsonl'), `${JSON.stringify(entry)}\n`);
    const library = new Library(dir, '{n}');
    await library.open();
    await assert.rejects(library.remove(library.get('live/cam/x.mp4')!), PlaceError);
    assert.equal(readFileSync(join(outside, 'precious.mp4'), 'utf8'), 'x', 'still there');
  });
});
