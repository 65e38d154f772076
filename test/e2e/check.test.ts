import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkText } from '../../src/inspect/check/check-text.ts';
import { check, type CheckedReport } from '../../src/inspect/check/check.ts';
import { ClipPublisher } from '../support/clip.ts';
import { publishFile, startGateway, streamReport, type TestGateway } from '../support/gateway.ts';
import { makeWithFfmpeg, unlessThere } from '../support/programs.ts';
import { waitFor } from '../support/wait.ts';

/**
 * The strict validator follows the gateway while the things happen that happen, all at the same time.
 * MILLRACE_LONG=1 makes it a minute each instead of a quarter of one.
 */
const skip = unlessThere('ffmpeg');
const CHECK_SECONDS = process.env['MILLRACE_LONG'] === '1' ? 60 : 15;
const HALFWAY_MS = (CHECK_SECONDS * 1000) / 2;
/** A publisher outlasts its check. */
const CLIP_SECONDS = CHECK_SECONDS + 15;

/** Without the long grace time, an end is an end. */
let gateway: TestGateway;
let strict: TestGateway;
const reports = new Map<string, Promise<CheckedReport>>();
const stops: (() => unknown)[] = [];

const clip = (name: string): string => join(gateway.folder, `${name}.flv`);

const picture = (size: string, ...more: string[]): string[] => [
  ...['-c:v', 'libx264', '-preset', 'ultrafast', '-g', '50', '-pix_fmt', 'yuv420p', '-s', size, ...more],
];
const SOUND = ['-c:a', 'aac', '-b:a', '96k'];
const SOURCES = [
  '-f',
  'lavfi',
  '-i',
  'testsrc2=s=640x360:r=25',
  '-f',
  'lavfi',
  '-i',
  'sine=f=440:r=44100:b=4',
];

function makeClip(name: string, seconds: number, args: readonly string[]): void {
  makeWithFfmpeg([...SOURCES, '-t', String(seconds), ...args, clip(name)]);
}

/** One FLV file behind another, on one time line: what a change of the encoder's settings looks like. */
function joinClips(name: string, first: string, second: string): void {
  const head = readFileSync(clip(first));
  const tail = readFileSync(clip(second)).subarray(13);
  const lastTag = head.length - 4 - head.readUInt32BE(head.length - 4);
  const shift = timeOf(head, lastTag) + 40;
  for (let at = 0; at + 11 <= tail.length; at += 11 + tail.readUIntBE(at + 1, 3) + 4) {
    const time = timeOf(tail, at) + shift;
    tail.writeUIntBE(time & 0xffffff, at + 4, 3);
    tail[at + 7] = time >>> 24;
  }
  writeFileSync(clip(name), Buffer.concat([head, tail]));
}

const timeOf = (flv: Buffer, at: number): number => flv.readUIntBE(at + 4, 3) + flv[at + 7]! * 2 ** 24;

async function publish(
  name: string,
  file: string,
  on: TestGateway = gateway,
): Promise<() => Promise<unknown>> {
  const publisher = publishFile(clip(file), `${on.rtmp}/live/${name}`);
  stops.push(() => publisher.stop('SIGKILL'));
  await waitFor(`${name} to be live`, async () => (await streamReport(on, `live/${name}`))?.state === 'live');
  return () => publisher.stop('SIGKILL');
}

function follow(name: string, on: TestGateway = gateway): void {
  const report = check(`${on.http}/live/${name}.m3u8`, { seconds: CHECK_SECONDS });
  report.catch(() => undefined); // told by its own test
  reports.set(name, report);
}

before(async () => {
  if (skip) return;
  gateway = await startGateway({ hls: { container: 'ts' } });
  strict = await startGateway({ publish: { graceSeconds: 0 }, hls: { container: 'ts' } });
  makeClip('plain', CLIP_SECONDS, [...picture('640x360'), ...SOUND]);
  makeClip('b-frames', CLIP_SECONDS, [...picture('640x360', '-bf', '3', '-b_strategy', '0'), ...SOUND]);
  makeClip('sound', CLIP_SECONDS, ['-vn', ...SOUND]);
  makeClip('picture', CLIP_SECONDS, ['-an', ...picture('640x360')]);
  makeClip('small', CHECK_SECONDS / 2, [...picture('320x180'), ...SOUND]);
  joinClips('growing', 'small', 'b-frames');
  const names = ['plain', 'b-frames', 'sound', 'picture'];
  await Promise.all(names.map((name) => publish(name, name)));
  const dying = await publish('reconnect', 'plain');
  const ending = await publish('ending', 'b-frames', strict);
  const growing = new ClipPublisher(clip('growing'), `${gateway.rtmp}/live/growing`);
  stops.push(() => growing.stop());
  await waitFor(
    'growing to be live',
    async () => (await streamReport(gateway, 'live/growing'))?.state === 'live',
  );
  for (const name of [...names, 'reconnect', 'growing']) follow(name);
  follow('ending', strict);
  await sleep(HALFWAY_MS); // the middle of the run is where things shall happen
  await ending();
  await dying();
  await publish('reconnect', 'b-frames');
});

after(async () => {
  if (skip) return;
  await Promise.allSettled(reports.values());
  for (const stop of stops) stop();
  await Promise.all([gateway.stop(), strict.stop()]);
});

async function assertClean(name: string): Promise<CheckedReport> {
  const report = await reports.get(name)!;
  assert.deepEqual([report.check.violations, report.check.notes], [[], []], checkText(report));
  assert.ok(report.check.segments >= CHECK_SECONDS / 3, `only ${report.check.segments} segments`);
  return report;
}

const discontinuities = ({ playlists }: CheckedReport): number =>
  playlists[0]!.segments.filter(({ discontinuity }) => discontinuity).length;

for (const [name, what] of [
  ['plain', 'a stream from ffmpeg'],
  ['b-frames', 'B-frames'],
  ['sound', 'sound alone'],
  ['picture', 'a picture alone'],
] as const) {
  test(`nothing is wrong with the HLS of ${what}`, { skip }, async () => {
    const report = await assertClean(name);
    assert.equal(report.live, true, 'it has ended');
  });
}

test(
  'nothing is wrong when the picture gets another size: one discontinuity, at the right segment',
  { skip },
  async () => {
    const report = await assertClean('growing');
    assert.equal(discontinuities(report), 1);
    assert.equal(report.playlists[0]!.tracks.find(({ kind }) => kind === 'video')?.width, 640);
  },
);

test(
  'nothing is wrong when the publisher is killed and comes back: numbers go on, names are new',
  { skip },
  async () => {
    const report = await assertClean('reconnect');
    assert.equal(discontinuities(report), 1);
    const { segments } = report.playlists[0]!;
    const names = new Set(segments.map(({ uri }) => uri));
    assert.equal(names.size, segments.length, 'a name was used twice');
  },
);

test('nothing is wrong when the stream ends', { skip }, async () => {
  const report = await reports.get('ending')!;
  assert.deepEqual(report.check.violations, [], checkText(report));
  assert.equal(report.live, false, 'there is no EXT-X-ENDLIST');
  assert.equal(report.playlists[0]!.ended, 'end');
});
