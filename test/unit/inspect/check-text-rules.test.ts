import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { readAttributes } from '../../../src/inspect/check/attributes.ts';
import { readMedia } from '../../../src/inspect/check/checked-playlist.ts';
import { readText } from '../../../src/inspect/check/playlist-text.ts';
import { textBreaches } from '../../../src/inspect/check/text-rules.ts';

const GOOD = `#EXTM3U
#EXT-X-VERSION:3
#EXT-X-TARGETDURATION:2
#EXT-X-MEDIA-SEQUENCE:7
#EXT-X-DISCONTINUITY-SEQUENCE:1
#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z
#EXTINF:2.00000,
7.ts
#EXT-X-DISCONTINUITY
#EXTINF:1.96,a title, with a comma
8.ts
`;
const MULTIVARIANT = `#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=1280000,AVERAGE-BANDWIDTH=1000000,CODECS="avc1.4D400D,mp4a.40.2",RESOLUTION=320x180,FRAME-RATE=25.000
live.m3u8
`;

function codes(playlist: string | Buffer): string[] {
  const { text, lines, isUtf8 } = readText(Buffer.from(playlist));
  return textBreaches(text, lines, isUtf8).map(({ code, clause }) => (clause ? `${code} ${clause}` : code));
}

test('nothing is wrong with a good playlist, whatever ends its lines', () => {
  assert.deepEqual(codes(GOOD), []);
  assert.deepEqual(codes(GOOD.replaceAll('\n', '\r\n')), []);
  assert.deepEqual(codes(MULTIVARIANT), []);
});

const edit = (from: string, to: string): string => {
  assert.ok(GOOD.includes(from), `nothing to edit: ${from}`);
  return GOOD.replace(from, to);
};
const ADD = '#EXT-X-TARGETDURATION:2\n';
const BAD: readonly (readonly [what: string, playlist: string | Buffer, ...expected: string[]])[] = [
  ['a blank first line', `\n${GOOD}`, 'no-extm3u'],
  ['a word behind #EXTM3U', edit('#EXTM3U', '#EXTM3U x'), 'no-extm3u'],
  ['a byte order mark', `\uFEFF${GOOD}`, 'not-utf8'],
  ['Latin-1', Buffer.from(edit('a title', 'à title'), 'latin1'), 'not-utf8'],
  ['a tab', edit('a title', 'a\ttitle'), 'not-utf8'],
  ['letters that are not composed', edit('a title', 'a\u0300 title'), 'not-utf8'],
  ['no target duration', edit(ADD, ''), 'no-target-duration'],
  [
    'a target duration with a fraction',
    edit(ADD, '#EXT-X-TARGETDURATION:2.0\n'),
    'bad-value RFC 8216 §4.3.3.1',
  ],
  ['a URI alone', edit('#EXTINF:2.00000,\n', ''), 'no-extinf'],
  ['EXTINF without a comma', edit('2.00000,', '2'), 'bad-extinf'],
  ['EXTINF below zero', edit('2.00000,', '-2,'), 'bad-extinf'],
  ['EXTINF in words', edit('2.00000,', 'two,'), 'bad-extinf'],
  ['EXTINF that rounds up over the target', edit('2.00000,', '2.5,'), 'extinf-over-target'],
  ['EXTINF twice', edit('#EXTINF:2.00000,\n', '#EXTINF:2,\n#EXTINF:2,\n'), 'duplicate-tag RFC 8216 §4.3.2.1'],
  ['fractions in version 2', edit('VERSION:3', 'VERSION:2'), 'version-too-low'],
  ['fractions without a version', edit('#EXT-X-VERSION:3\n', ''), 'version-too-low'],
  ['byte ranges in version 3', edit('7.ts', '#EXT-X-BYTERANGE:10@0\n7.ts'), 'version-too-low'],
  ['two target durations', edit(ADD, ADD + ADD), 'duplicate-tag'],
  ['two versions', edit(ADD, `${ADD}#EXT-X-VERSION:3\n`), 'duplicate-tag RFC 8216 §4.3.1.2'],
  [
    'the sequence number at the end',
    `${edit('#EXT-X-MEDIA-SEQUENCE:7\n', '')}#EXT-X-MEDIA-SEQUENCE:7\n`,
    'misplaced-tag RFC 8216 §4.3.3.2',
  ],
  [
    'the discontinuity sequence behind a discontinuity',
    edit('#EXT-X-DISCONTINUITY-SEQUENCE:1\n', '#EXT-X-DISCONTINUITY\n#EXT-X-DISCONTINUITY-SEQUENCE:1\n'),
    'misplaced-tag RFC 8216 §4.3.3.3',
  ],
  ['media and variants', GOOD + MULTIVARIANT.replace('#EXTM3U\n', ''), 'mixed-playlist'],
  ['no segments', edit('#EXT-X-PROGRAM', '#').slice(0, GOOD.indexOf('#EXT-X-PROGRAM')), 'empty-playlist'],
  ['half a playlist', GOOD.slice(0, GOOD.indexOf('8.ts')), 'incomplete-playlist'],
  ['a sequence number in words', edit('SEQUENCE:7', 'SEQUENCE:x'), 'bad-value'],
  ['a date nobody can read', edit('2026-01-01T', '1 January '), 'bad-value'],
  ['CODECS without quotes', MULTIVARIANT.replaceAll('"', ''), 'bad-attribute', 'bad-attribute'],
  ['a blank between attributes', MULTIVARIANT.replace(',AVERAGE', ', AVERAGE'), 'bad-attribute', 'no-codecs'],
  ['an attribute twice', MULTIVARIANT.replace(',AVERAGE-BANDWIDTH', ',BANDWIDTH'), 'bad-attribute'],
  ['a size in words', MULTIVARIANT.replace('320x180', '180p'), 'bad-attribute'],
  ['no bandwidth', MULTIVARIANT.replace('BANDWIDTH=1280000,', ''), 'no-bandwidth'],
  ['a bandwidth of 0', MULTIVARIANT.replace('1280000', '0'), 'no-bandwidth'],
  ['no codecs', MULTIVARIANT.replace(/CODECS="[^"]*",/, ''), 'no-codecs'],
  [
    'a group that nobody defines',
    MULTIVARIANT.replace('CODECS', 'AUDIO="x",CODECS'),
    'bad-attribute RFC 8216 §4.3.4.2',
  ],
  ['a variant without a URI', MULTIVARIANT.replace('live.m3u8\n', ''), 'incomplete-playlist'],
];

for (const [what, playlist, ...expected] of BAD) {
  test(`finds ${what}`, () => assert.deepEqual(codes(playlist), expected));
}

test('whatever the text is, it is judged and not thrown at', () => {
  const line = fc.oneof(fc.constantFrom(...GOOD.split('\n'), ...MULTIVARIANT.split('\n')), fc.string());
  fc.assert(
    fc.property(fc.array(line), (lines) => {
      const { text, lines: read, isUtf8 } = readText(Buffer.from(lines.join('\n')));
      assert.ok(Array.isArray(textBreaches(text, read, isUtf8)), 'no answer');
      assert.ok(Array.isArray(readAttributes(text).problems), 'no attributes');
    }),
  );
});

test('byte ranges without an offset go on where the last one ended', () => {
  const text = '#EXTM3U\n#EXT-X-BYTERANGE:10@5\n#EXTINF:1,\na.ts\n#EXT-X-BYTERANGE:20\n#EXTINF:1,\na.ts\n';
  const { segments } = readMedia(readText(Buffer.from(text)).lines, new URL('http://example.org/x.m3u8'));
  assert.deepEqual(
    segments.map(({ range }) => range),
    [
      { offset: 5, length: 10 },
      { offset: 15, length: 20 },
    ],
  );
});
