import assert from 'node:assert/strict';
import { test } from 'node:test';
import { sentence } from '../../../public/operator/event-text.ts';
import { usesOf } from '../../../public/operator/key-use.ts';
import { placeOf, streamPlace } from '../../../public/operator/place.ts';
import { ago, count, size } from '../../../public/operator/text.ts';
import type { NewKey } from '../../../public/operator/types.ts';

/** The operator's part of the page, as far as it is words and addresses. */

const sizes = [
  [0, '0 B'],
  [999, '999 B'],
  [1_500, '1.5 kB'],
  [999_499, '999 kB'],
  [999_500, '1.0 MB'],
  [12_340_000_000, '12.3 GB'],
] as const;
for (const [bytes, text] of sizes) test(`${bytes} bytes read ${text}`, () => assert.equal(size(bytes), text));

test('times that have passed are told as people tell them', () => {
  const now = Date.parse('2026-01-10T12:00:00Z');
  assert.equal(ago('2026-01-10T11:59:30Z', now), 'just now');
  assert.equal(ago('2026-01-10T11:56:00Z', now), '4 min ago');
  assert.equal(ago('2026-01-10T09:00:00Z', now), '3 h ago');
  assert.match(ago('2026-01-02T09:00:00Z', now), /2 Jan 2026/);
  assert.deepEqual([count(1, 'key'), count(2, 'key')], ['1 key', '2 keys']);
});

test('each part of the desk has an address of its own, and what is none leads to the streams', () => {
  assert.deepEqual(placeOf('#/keys'), { tab: 'keys' });
  const address = streamPlace('live', 'cam~1');
  assert.deepEqual(placeOf(address), { tab: 'stream', app: 'live', stream: 'cam~1' });
  for (const rubbish of ['', '#', '#/', '#/nothing', '#/stream/live', '#/stream/%E0%A4%A/x', '#keyss'])
    assert.deepEqual(placeOf(rubbish), { tab: 'streams' }, rubbish);
});

const place = {
  protocol: 'http:',
  hostname: 'localhost',
  port: '8080',
  rtmpPort: 1935,
  addresses: ['192.0.2.5'],
};
const key = (more: Partial<NewKey>): NewKey => ({
  id: 'k-1',
  label: '',
  action: 'publish',
  streams: 'live/cam',
  networks: [],
  createdAt: '2026-01-01T00:00:00Z',
  secret: 'pk_abc',
  ...more,
});
const valuesOf = (one: NewKey): string[] => usesOf(one, place).map(({ value }) => value);

test('a publish key of one stream stands in the name’s place, at an address that other machines know', () => {
  assert.deepEqual(valuesOf(key({})), ['rtmp://192.0.2.5/live', 'pk_abc']);
});

test('with a key for several streams the encoder names one, and the key goes behind it', () => {
  assert.deepEqual(valuesOf(key({ streams: 'tv/*' })), ['rtmp://192.0.2.5/tv', 'NAME?key=pk_abc']);
  assert.deepEqual(valuesOf(key({ streams: '*' })), ['rtmp://192.0.2.5/live', 'NAME?key=pk_abc']);
  assert.deepEqual(valuesOf(key({ streams: '*/cam' })), ['rtmp://192.0.2.5/live', 'cam?key=pk_abc']);
});

test('a play key goes behind every address of its stream', () => {
  const values = valuesOf(key({ action: 'play', secret: 'vk_abc' }));
  assert.deepEqual(values, [
    'http://192.0.2.5:8080/watch/live/cam?key=vk_abc',
    'http://192.0.2.5:8080/live/cam.m3u8?key=vk_abc',
    'rtmp://192.0.2.5/live/cam?key=vk_abc',
  ]);
});

const visit = { stream: 'live/cam', protocol: 'ws-flv', address: '192.0.2.8', program: 'Firefox' };
const base = { id: 'e-1', at: '2026-01-01T00:00:00.000Z' };
const events = [
  [{ type: 'play', ...visit }, 'live/cam · WebSocket-FLV, 192.0.2.8, Firefox'],
  [
    { type: 'stop', ...visit, reason: 'kicked: no', seconds: 65, bytesIn: 0, bytesOut: 1_500 },
    'live/cam · WebSocket-FLV, 192.0.2.8, Firefox · after 1:05, 1.5 kB: kicked: no',
  ],
  [
    {
      type: 'unpublish',
      ...visit,
      protocol: 'rtmp',
      reason: 'left',
      seconds: 9,
      bytesIn: 2_000,
      bytesOut: 0,
    },
    'live/cam · RTMP, 192.0.2.8, Firefox · after 0:09, 2.0 kB: left',
  ],
  [{ type: 'health', stream: 'live/cam', verdicts: [] }, 'live/cam · all well'],
  [{ type: 'health', stream: 'live/cam', verdicts: [{ text: 'No sound.' }] }, 'live/cam · No sound.'],
  [{ type: 'relay', stream: 'live/cam', relay: 'r', state: 'waiting', text: '' }, 'live/cam · waiting'],
  [{ type: 'alarm', text: 'the disk is full' }, 'the disk is full'],
  [{ type: 'something new', text: 'words' }, 'words'],
] as const;
for (const [event, text] of events)
  test(`an event of ${event.type} reads: ${text}`, () => assert.equal(sentence({ ...base, ...event }), text));
