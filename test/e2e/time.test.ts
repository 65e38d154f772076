import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { FlvReader, type FlvTag } from '../../src/containers/flv/reader.ts';
import { HttpFlvViewer } from '../support/flv-viewer.ts';
import { startGateway, streamReport, type TestGateway } from '../support/gateway.ts';
import { fetchSegment, lookAtHls } from '../support/hls-look.ts';
import { makeWithFfmpeg, runProgram, unlessThere } from '../support/programs.ts';
import { publishTo } from '../support/rtmp-peer.ts';
import { Show } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';

/*
 * Times that do not fit, jump or are below zero, through a real gateway to a real decoder: it must be able to show every
 * picture that the encoder made, the very same ones, without a word of complaint.
 */

const skip = unlessThere('ffmpeg');
const HOUR = 3_600_000;
const SECONDS = 4;
/** Long enough for a look at the playlist before it ends. */
const GRACE_SECONDS = 1;

const tags: FlvTag[] = [];
let pictures: readonly string[] = [];
let gateway: TestGateway;

before(async () => {
  const hls = { segmentSeconds: 1, windowSegments: 50, container: 'ts' as const };
  gateway = await startGateway({ hls, publish: { graceSeconds: GRACE_SECONDS } });
  if (skip) return;
  const folder = mkdtempSync(join(tmpdir(), 'millrace-time-'));
  const clip = join(folder, 'clip.flv');
  makeWithFfmpeg([
    ...['-f', 'lavfi', '-i', 'testsrc2=s=160x90:r=25', '-f', 'lavfi', '-i', 'sine=f=440:r=44100'],
    ...[
      '-t',
      String(SECONDS),
      '-c:v',
      'libx264',
      '-profile:v',
      'high',
      '-preset',
      'ultrafast',
      '-bf',
      '2',
      '-g',
      '25',
    ],
    ...['-sc_threshold', '0', '-pix_fmt', 'yuv420p', '-c:a', 'aac', '-b:a', '96k', clip],
  ]);
  new FlvReader().push(readFileSync(clip), (tag) => tags.push(tag));
  pictures = (await decode(clip)).pictures;
  rmSync(folder, { recursive: true, force: true });
});

/** A hash of every picture that ffmpeg decodes, in the order of showing, and what it has to say about them. */
async function decode(file: string): Promise<{ pictures: string[]; complaints: string }> {
  const args = [
    '-v',
    'warning',
    '-i',
    file,
    '-map',
    '0:v',
    '-fps_mode',
    'passthrough',
    '-f',
    'framemd5',
    '-',
  ];
  const { stdout, stderr } = await runProgram('ffmpeg', args);
  const lines = stdout.split('\n').filter((line) => /^\d/.test(line));
  return { pictures: lines.map((line) => line.split(',').at(-1)!.trim()), complaints: stderr };
}

after(() => gateway.stop());

const isFrame = ({ type, body }: FlvTag): boolean => type === 9 && body[1] === 1;

/** The clip with every composition time less by so many ms: what is decoded first is shown earlier than it is decoded. */
function lessComposition(tag: FlvTag, less: number): FlvTag {
  if (!isFrame(tag)) return tag;
  const body = Buffer.from(tag.body);
  body.writeUIntBE((body.readUIntBE(2, 3) - less + 2 ** 24) % 2 ** 24, 2, 3);
  return { ...tag, body };
}

interface Case {
  readonly name: string;
  readonly timed: (tag: FlvTag) => FlvTag;
  readonly discontinuities: number;
  /** Shown before it is decoded. */
  readonly negative?: boolean;
}

const shifted = (tag: FlvTag, by: number): FlvTag => ({
  ...tag,
  timestamp: (tag.timestamp + by + 2 ** 32) % 2 ** 32,
});
/** In the middle of a GOP. */
const JUMP_AT = 2500;

const CASES: readonly Case[] = [
  { name: 'passes 2^24 ms', timed: (tag) => shifted(tag, 2 ** 24 - 2500), discontinuities: 0 },
  { name: 'passes 2^31 ms', timed: (tag) => shifted(tag, 2 ** 31 - 2500), discontinuities: 0 },
  { name: 'passes 2^32 ms', timed: (tag) => shifted(tag, 2 ** 32 - 2500), discontinuities: 0 },
  ...[HOUR, -HOUR].map((jump) => ({
    name: `jumps by ${jump / HOUR} h between key frames`,
    timed: (tag: FlvTag) => shifted(tag, 5 * HOUR + (tag.timestamp >= JUMP_AT ? jump : 0)),
    discontinuities: 1,
  })),
  ...[1, 3].map((frames) => ({
    name: `has composition times down to −${frames} frames`,
    timed: (tag: FlvTag) => lessComposition(tag, 40 * (1 + frames)),
    discontinuities: 0,
    negative: true,
  })),
];

for (const [index, { name, timed, discontinuities, negative }] of CASES.entries()) {
  test(
    `an encoder’s clock ${name}: HLS and HTTP-FLV show every picture, the very same`,
    { skip },
    async () => {
      const path = `live/case${index}`;
      const viewer = new HttpFlvViewer(gateway.httpPort, `/${path}.flv?wait=10`);
      await waitFor('the request to be on its way', () => viewer.socket.readyState === 'open');
      await streamReport(gateway, path); // asked behind it, so answered behind it
      const peer = await publishTo(`${gateway.rtmp}/${path}`);
      for (const [number, { type, timestamp, body }] of tags.map(timed).entries()) {
        peer.send(type, timestamp, body);
        // Those who wait begin with the newest key frame of what the first read brings: let that be the first.
        if (number === 20) await peer.roundTrip();
      }
      await peer.roundTrip();
      await peer.leave();
      await viewer.closed;
      const look = await waitFor('the end of the playlist', async () => {
        const now = await lookAtHls(gateway, path);
        return now.ended && now;
      });
      assert.equal(look.discontinuities, discontinuities);
      assert.ok(
        look.durations.every((seconds) => seconds > 0 && seconds < 1.6),
        look.durations.join(' '),
      );
      const total = look.durations.reduce((sum, seconds) => sum + seconds, 0);
      assert.ok(Math.abs(total - SECONDS) < 0.2, `${total} s`);
      const segments = await Promise.all(look.names.map((one) => fetchSegment(gateway, path, one)));
      const [ts, flv] = [join(gateway.folder, `${index}.ts`), join(gateway.folder, `${index}.flv`)] as const;
      writeFileSync(ts, Buffer.concat(segments));
      writeFileSync(flv, viewer.file);
      const [byHls, byFlv] = await Promise.all([decode(ts), decode(flv)]);
      assert.deepEqual(byHls, { pictures, complaints: '' }, 'HLS');
      assert.deepEqual(byFlv.pictures, pictures, 'HTTP-FLV');
      // FLV has a sign for composition times, and viewers get the encoder's own; ffmpeg reads them, but does not like them.
      if (!negative) assert.equal(byFlv.complaints, '', 'HTTP-FLV');
    },
  );
}

test('a publisher leaves: its last second is in the playlist at once, and the stream goes on waiting', async () => {
  const url = `${gateway.rtmp}/live/cam`;
  const first = await publishTo(url);
  new Show(first).go(60);
  await first.roundTrip();
  assert.equal((await lookAtHls(gateway, 'live/cam')).durations.length, 2, 'while it is there');
  await first.leave();
  await waitFor('the grace time', async () => (await streamReport(gateway, 'live/cam'))?.state === 'grace');
  const left = await lookAtHls(gateway, 'live/cam');
  assert.equal(left.durations.length, 3);
  assert.ok(Math.abs(left.durations.reduce((sum, one) => sum + one, 0) - 2.4) < 0.01, 'all that it sent');
  assert.equal(left.ended, false);

  const second = await publishTo(url);
  new Show(second, { from: 500_000 }).go(60);
  await second.roundTrip();
  const back = await lookAtHls(gateway, 'live/cam');
  assert.deepEqual([back.discontinuities, back.names.length], [1, 5]);
  assert.deepEqual(back.names.slice(0, 3), left.names);
  second.kill();
});
