import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { Parser } from 'm3u8-parser';
import { unlessThere } from '../support/programs.ts';
import type { Animal } from './animal.ts';
import { BROKEN, HEALTHY } from './animals/index.ts';
import { HighZoo } from './high-zoo.ts';
import { LiveShow } from './live-show.ts';
import {
  count,
  hasPayload,
  hasPcr,
  isTable,
  pcrOf,
  pidOf,
  splitPackets,
  startsUnit,
  timesOf,
} from './packets.ts';
import { Show } from './show.ts';
import { visiting, ZOO } from './wire.ts';

const SEGMENTS = 16;
const ALL = [...BROKEN, ...HEALTHY];

const segmentsOf = (animal: Animal): Buffer[] => {
  const show = new Show(animal.take);
  return Array.from({ length: SEGMENTS }, (_, number) => show.segment(number).bytes);
};

/** What is wrong in packets that go on from segment to segment, in a word for each kind. */
function faultsIn(segments: readonly Buffer[]): Set<string> {
  const faults = new Set<string>();
  const counted = new Map<number, number>();
  const times = new Map<number, number>();
  let clock: number | undefined;
  for (const bytes of segments) {
    if (bytes.length % 188 !== 0) faults.add('size');
    const packets = splitPackets(bytes).filter((packet) => packet.length === 188);
    if (packets.some((packet) => packet[0] !== 0x47)) faults.add('sync');
    if (!packets.slice(0, 2).every(isTable)) faults.add('tables');
    const expected = packets.map((packet) => Buffer.from(packet));
    count(expected, counted);
    if (!packets.every((packet, index) => packet.equals(expected[index]!))) faults.add('counters');
    if (!packets.some(hasPcr)) faults.add('clock');
    for (const packet of packets) {
      if (hasPcr(packet)) {
        if (clock !== undefined && pcrOf(packet) - clock > 9000) faults.add('clock');
        clock = pcrOf(packet);
      }
      const time = startsUnit(packet) && hasPayload(packet) ? timesOf(packet).at(-1) : undefined;
      if (time === undefined) continue;
      const before = times.get(pidOf(packet)) ?? time;
      if (time < before) faults.add('back');
      if (time - before > 45_000) faults.add('jump');
      times.set(pidOf(packet), time);
    }
  }
  return faults;
}

test('the healthy show has none of the faults that are made from it', () => {
  assert.deepEqual([...faultsIn(segmentsOf(HEALTHY[0]!))], []);
});

const IN_THE_BYTES = {
  'tables-missing': 'tables',
  'tables-late': 'tables',
  'pmt-missing': 'tables',
  'packet-lost': 'counters',
  'counters-restart': 'counters',
  'clock-at-key-frames-only': 'clock',
  'clock-every-125-ms': 'clock',
  'no-clock': 'clock',
  'cut-off': 'size',
  'no-sync': 'sync',
  'jump-ahead': 'jump',
  'jump-back': 'back',
  overlap: 'back',
  'back-in-the-middle': 'back',
  'sound-back-in-the-middle': 'back',
};

for (const [name, fault] of Object.entries(IN_THE_BYTES)) {
  test(`${name}: the fault is in the bytes`, () => {
    const animal = BROKEN.find((one) => one.name === name);
    assert.ok(animal, `no animal is called ${name}`);
    const found = faultsIn(segmentsOf(animal));
    assert.ok(found.has(fault), `found were ${[...found].join(', ') || 'no faults'}`);
  });
}

const HEADERS = { 'Content-Type': 'application/vnd.apple.mpegurl', 'Cache-Control': 'no-cache' };

/** All that a player could see of an animal in six seconds. */
function seen(animal: Animal): string {
  const show = new LiveShow(animal, 'http://zoo');
  const views: unknown[] = [animal.entry, animal.multivariant];
  for (let seconds = 0; seconds < 6; seconds += 0.25) {
    const moment = show.moment(seconds);
    const body = Buffer.from(show.text(moment));
    const ask = { ...moment, path: `/${animal.name}/index.m3u8`, number: -1 };
    const playlist = { status: 200, headers: HEADERS, body };
    views.push(animal.answer?.(playlist, { ...ask, kind: 'playlist' }) ?? playlist);
    for (const number of [moment.first - 1, moment.last]) {
      const segment = { status: 200, headers: HEADERS, body: Buffer.alloc(0) };
      const asked = { ...ask, kind: 'segment', number } as const;
      views.push(animal.answer?.(segment, asked) ?? segment);
    }
  }
  views.push(segmentsOf(animal).map((bytes) => bytes.toString('latin1')));
  return JSON.stringify(views);
}

test('no two animals show a player the same', () => {
  const known = new Map<string, string>();
  for (const animal of ALL) {
    const view = seen(animal);
    assert.equal(known.get(view), undefined, `${animal.name} is the same as ${known.get(view) ?? ''}`);
    known.set(view, animal.name);
  }
});

for (const animal of HEALTHY) {
  test(`${animal.name}: m3u8-parser reads every load, and each goes on from the one before`, () => {
    const show = new LiveShow(animal, 'http://zoo');
    const known = new Map<number, string>();
    let ended = false;
    for (let seconds = 0; seconds < 7; seconds += 0.25) {
      const parser = new Parser();
      parser.on('warn', ({ message }) => assert.fail(`${animal.name} after ${seconds} s: ${message}`));
      parser.push(show.text(show.moment(seconds)));
      parser.end();
      const { segments, mediaSequence = 0, endList = false } = parser.manifest;
      assert.ok(segments.length > 0, `no segments after ${seconds} s`);
      segments.forEach((segment, index) => {
        const number = mediaSequence + index;
        const text = JSON.stringify([
          segment.uri,
          segment.byterange,
          segment.duration,
          segment.discontinuity,
        ]);
        assert.equal(text, known.get(number) ?? text, `segment ${number} has changed after ${seconds} s`);
        known.set(number, text);
        assert.ok(Math.round(segment.duration ?? 9) <= 1, `segment ${number} is too long`);
      });
      assert.ok(endList || !ended, 'the end was taken back');
      ended = endList;
    }
    assert.ok(known.size >= 7, `only ${known.size} segments in seven seconds`);
  });
}

test('animals have names of their own, and say what is wrong', () => {
  assert.equal(new Set(ALL.map(({ name }) => name)).size, ALL.length, 'a name is there twice');
  for (const { name, what, expects } of BROKEN) {
    assert.ok(what.length > 10, `${name} does not say what is wrong`);
    assert.ok(expects.length > 0, `${name} is broken, and nothing is expected`);
  }
});

test('a show goes on by the clock: its window slides, and what has left it can still be had', () => {
  const show = new LiveShow(HEALTHY[0]!, 'http://zoo');
  assert.deepEqual(show.moment(0), { seconds: 0, first: 0, last: 7 });
  assert.deepEqual(show.moment(1.4), { seconds: 1.4, first: 2, last: 9 });
  const text = show.text(show.moment(1.4));
  assert.match(text, /#EXT-X-MEDIA-SEQUENCE:2\n#EXTINF:0\.500,\nseg2\.ts\n/);
  assert.match(text, /seg9\.ts\n$/);
  assert.equal(show.find('seg0.ts', show.moment(1.4))?.number, 0, 'a segment that has left');
  assert.equal(show.find('seg10.ts', show.moment(1.4)), undefined, 'a segment that has not come');
});

test('the zoo answers as a good server does: types, ranges, HEAD, 404', () => {
  const zoo = new HighZoo(HEALTHY);
  return visiting(zoo, async () => {
    const playlist = await fetch(zoo.urlOf(HEALTHY[0]!));
    assert.equal(playlist.headers.get('content-type'), 'application/vnd.apple.mpegurl');
    assert.match(await playlist.text(), /^#EXTM3U\n/);
    const url = `${ZOO}/plain/seg3.ts`;
    const whole = Buffer.from(await (await fetch(url)).arrayBuffer());
    const part = await fetch(url, { headers: { Range: 'bytes=188-375' } });
    assert.equal(part.status, 206, 'status of a part');
    assert.deepEqual(Buffer.from(await part.arrayBuffer()), whole.subarray(188, 376));
    const head = await fetch(url, { method: 'HEAD' });
    assert.equal(head.headers.get('content-length'), String(whole.length), 'length by HEAD');
    assert.equal((await fetch(`${ZOO}/plain/seg999.ts`)).status, 404, 'a segment to come');
    assert.equal((await fetch(`${ZOO}/nobody/index.m3u8`)).status, 404, 'an unknown animal');
  });
});

for (const name of ['plain', 'b-frames', 'audio-only', 'video-only', 'rounded-to-ms', 'uneven', 'stuffed']) {
  test(`${name}: ffmpeg decodes it without a word`, { skip: unlessThere('ffmpeg') }, () => {
    const input = Buffer.concat(segmentsOf(HEALTHY.find((one) => one.name === name)!));
    const args = ['-v', 'warning', '-f', 'mpegts', '-i', 'pipe:0', '-f', 'null', '-'];
    const { status, stderr } = spawnSync('ffmpeg', args, { input });
    assert.equal(stderr.toString(), '', 'ffmpeg complains');
    assert.equal(status, 0, 'ffmpeg gives up');
  });
}
