import assert from 'node:assert/strict';
import { test } from 'node:test';
import { etagWithSession, sessionInEtag, withSession } from '../../../src/servers/http/playlist-session.ts';

const ID = 'abcdefghijklmnopqrstuv';
const of = (text: string, led?: Parameters<typeof withSession>[2]): string =>
  withSession({ bytes: Buffer.from(text) }, ID, led).toString();

test('every address gets the session: lines, and URI="…" of every tag, whatever query they have', () => {
  const lines = [
    ['#EXTM3U', '#EXTM3U'],
    ['#EXT-X-MAP:URI="init-1.mp4"', `#EXT-X-MAP:URI="init-1.mp4?session=${ID}"`],
    ['#EXTINF:2.0,', '#EXTINF:2.0,'],
    ['7.m4s', `7.m4s?session=${ID}`],
    ['', ''],
    [
      '#EXT-X-PART:DURATION=0.33,URI="8.0.m4s",INDEPENDENT=YES',
      `#EXT-X-PART:DURATION=0.33,URI="8.0.m4s?session=${ID}",INDEPENDENT=YES`,
    ],
    [
      '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="8.1.m4s"',
      `#EXT-X-PRELOAD-HINT:TYPE=PART,URI="8.1.m4s?session=${ID}"`,
    ],
    [
      '#EXT-X-RENDITION-REPORT:URI="video1.m3u8?dvr=0",LAST-MSN=7',
      `#EXT-X-RENDITION-REPORT:URI="video1.m3u8?dvr=0&session=${ID}",LAST-MSN=7`,
    ],
    ['cam/media.m3u8?dvr=0', `cam/media.m3u8?dvr=0&session=${ID}`],
    [
      '#EXT-X-MEDIA:TYPE=AUDIO,NAME="a",GROUP-ID="URI=x"',
      '#EXT-X-MEDIA:TYPE=AUDIO,NAME="a",GROUP-ID="URI=x"',
    ],
    [
      '#EXT-X-MEDIA:TYPE=AUDIO,URI="cam/audio1.m3u8"',
      `#EXT-X-MEDIA:TYPE=AUDIO,URI="cam/audio1.m3u8?session=${ID}"`,
    ],
  ];
  for (const end of ['\n', '']) {
    const [before, after] = [0, 1].map((column) => lines.map((line) => line[column]).join('\n') + end);
    assert.equal(of(before!), after);
  }
});

test('a playlist without addresses stays what it is', () => {
  for (const text of ['', '#EXTM3U\n', '#EXTM3U\n#EXT-X-ENDLIST\n']) assert.equal(of(text), text);
});

test('who was led to another stream finds its own name in the addresses, and other streams as they are', () => {
  const text = 'cam1/media.m3u8\n#EXT-X-MEDIA:URI="cam1/audio1.m3u8"\ncam1_720/media.m3u8\n';
  const own = `cam/media.m3u8?session=${ID}\n#EXT-X-MEDIA:URI="cam/audio1.m3u8?session=${ID}"\ncam1_720/media.m3u8?session=${ID}\n`;
  assert.equal(of(text, { asked: 'cam', ledTo: 'cam1' }), own);
});

test('a copy of one session has a tag of its own, which tells the session', () => {
  const tag = etagWithSession('"x"', ID);
  assert.equal(tag, `"x-${ID}"`);
  assert.deepEqual(
    [sessionInEtag(tag), sessionInEtag('"x"'), sessionInEtag(undefined)],
    [ID, undefined, undefined],
  );
});
