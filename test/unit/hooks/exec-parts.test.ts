import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fillIn, streamsIn } from '../../../src/hooks/exec-arguments.ts';
import { ExecOutput } from '../../../src/hooks/exec-output.ts';

const context = { app: 'live', stream: 'cam', rtmp: 'rtmp://127.0.0.1:1935/live/cam', key: 'pk_house' };

test('placeholders are filled in wherever they stand, and an argument stays one argument', () => {
  const command = [
    'ffmpeg',
    '-i',
    '{rtmp}',
    '-metadata',
    'title={app} {stream}; rm -rf $HOME',
    '{rtmp}_720p',
    '{other}',
  ];
  assert.deepEqual(
    fillIn(command, context),
    [
      'ffmpeg',
      '-i',
      'rtmp://127.0.0.1:1935/live/cam',
      '-metadata',
      'title=live cam; rm -rf $HOME',
      'rtmp://127.0.0.1:1935/live/cam_720p',
      '{other}',
    ],
    'arguments',
  );
});

test('a stream is not given a name that a program would take for an option', () => {
  const filled = fillIn(['ffmpeg', '-i', '{stream}'], { ...context, stream: '-version' });
  assert.deepEqual(filled, { refused: '"-version" would be taken for an option of ffmpeg' }, 'refused');
  assert.ok(
    Array.isArray(fillIn(['ffmpeg', '-{stream}', 'x-{stream}'], { ...context, stream: '-v' })),
    'own dash',
  );
});

test('streams of this gateway are found in arguments, by any name of this machine', () => {
  const args = [
    '-i',
    'rtmp://127.0.0.1:1935/live/cam',
    'rtmp://gateway.example/live/cam_hd?key=1',
    'tee:[f=flv]rtmp://localhost:1935/a/b|[f=flv]rtmp://[::1]:1935/c/d',
    'rtmp://127.0.0.1:1936/other/port',
    'http://127.0.0.1:1935/live/x',
  ];
  assert.deepEqual(streamsIn(args, 1935), ['live/cam', 'live/cam_hd', 'a/b', 'c/d'], 'streams');
});

test('what a program prints becomes lines, cut anywhere, without control characters and secrets', () => {
  const lines: string[] = [];
  const output = new ExecOutput(
    (line) => lines.push(line),
    () => 0,
  );
  output.push('first\nsec');
  output.push('ond\r\n\nframe=1\rframe=2\r');
  output.push('\x1b[31mOpening rtmp://u:p@x/live/cam?key=s3cret for writing\n');
  output.push(`${'y'.repeat(10_000)}\nlast`);
  output.end();
  assert.deepEqual(
    lines.map((line) => line.slice(0, 60)),
    [
      'first',
      'second',
      'frame=1',
      'frame=2',
      '[31mOpening rtmp://***@x/live/cam?key=*** for writing',
      'y'.repeat(60),
      'last',
    ],
    'lines',
  );
  assert.ok(
    lines.every(({ length }) => length <= 500),
    'length',
  );
  assert.equal(output.last, 'last', 'last');
});

test('a program that talks too much is cut short, and it is said by how much', () => {
  const lines: string[] = [];
  let now = 0;
  const output = new ExecOutput(
    (line) => lines.push(line),
    () => now,
  );
  for (let line = 0; line < 1_000; line++) output.push(`line ${line}\n`);
  assert.equal(lines.length, 40, 'at once');
  now = 1_000;
  output.push('later\n');
  assert.equal(lines.at(-1), 'later (after 960 lines that were left out)', 'later');
  assert.equal(output.last, 'later', 'last');
});
