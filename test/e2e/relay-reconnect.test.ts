import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SettingsInput } from '../../src/config/load.ts';
import { HttpFlvViewer } from '../support/flv-viewer.ts';
import { gatewayWith, running, showOn, whenRunning, type Logged } from '../support/relays.ts';
import { playFrom, type RtmpPeer } from '../support/rtmp-peer.ts';
import { frameNumber } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';

/** Bytes of a picture of a Show, as a NAL unit has them in front. */
const PICTURE_BYTES = 200;
const HLS = { segmentSeconds: 1, windowSegments: 40 };

/** Who watches at the edge, and the numbers of the pictures that each has been given. */
interface Audience {
  flv(): number[];
  rtmp(): number[];
  /** Of sounds. */
  heard(): number[];
  hls(): Promise<{ readonly numbers: number[]; readonly playlist: string }>;
}

async function audienceOf(edge: Logged): Promise<Audience> {
  const viewer = new HttpFlvViewer(edge.httpPort, '/live/cam.flv');
  running.push(() => viewer.drop());
  const player: RtmpPeer = await playFrom(`${edge.rtmp}/live/cam`);
  running.push(() => player.kill());
  const pictures = (bodies: readonly Uint8Array[]): number[] =>
    bodies.filter((body) => body[1] === 1).map(frameNumber);
  return {
    flv: () => pictures(viewer.tags.filter(({ type }) => type === 9).map(({ body }) => body)),
    rtmp: () => pictures(player.of(9).map(({ body }) => body)),
    heard: () =>
      player
        .of(8)
        .filter(({ body }) => body[1] === 1)
        .map(({ body }) => Buffer.from(body).readUInt32BE(4)),
    hls: async () => {
      const playlist = await (await fetch(`${edge.http}/live/cam/media.m3u8`)).text();
      const names = playlist.split('\n').filter((line) => /^\d+\.m4s$/.test(line));
      const bytes = await Promise.all(
        names.map(async (name) =>
          Buffer.from(await (await fetch(`${edge.http}/live/cam/${name}`)).arrayBuffer()),
        ),
      );
      return { numbers: bytes.flatMap(numbersIn), playlist };
    },
  };
}

/** Of the pictures in a CMAF segment: NAL units with lengths in front, the number behind the header. */
function numbersIn(segment: Buffer): number[] {
  const numbers: number[] = [];
  for (const header of [0x65, 0x41]) {
    const mark = Buffer.from([0, 0, 0, PICTURE_BYTES, header]);
    for (let at = segment.indexOf(mark); at >= 0; at = segment.indexOf(mark, at + 1))
      numbers.push(segment.readUInt32BE(at + mark.length));
  }
  return numbers.sort((a, b) => a - b);
}

/** Each one follows the one before. */
function assertWhole(numbers: readonly number[], who: string): void {
  const [first = 0] = numbers;
  assert.deepEqual(
    numbers,
    numbers.map((_, index) => first + index),
    `${who}: no picture is missing, none comes twice`,
  );
}

const isOver = (edge: Logged): boolean =>
  edge.lines.some(({ text }) => text.includes('goes on over another connection'));

/** The gateway drains; the edge and its audience are looked at until well behind the move. */
async function assertUnbroken(edge: Logged, audience: Audience, drained: Logged): Promise<string> {
  await waitFor('viewers', () => audience.flv().length > 20 && audience.rtmp().length > 20);
  const before = audience.flv().at(-1) ?? 0;
  const stopped = drained.gateway.stop();
  await waitFor('the edge to go over', () => isOver(edge), 10_000);
  const moved = audience.flv().at(-1) ?? 0;
  drained.gateway.hurry();
  await stopped;
  const goal = Math.max(before, moved) + 60;
  await waitFor('pictures of the other server', () => (audience.flv().at(-1) ?? 0) > goal, 10_000);
  assertWhole(audience.flv(), 'HTTP-FLV');
  assertWhole(audience.rtmp(), 'RTMP');
  assertWhole(audience.heard(), 'sound');
  const { numbers, playlist } = await waitFor('its segments', async () => {
    const seen = await audience.hls();
    return (seen.numbers.at(-1) ?? 0) > moved + 25 ? seen : undefined;
  });
  assertWhole(numbers, 'HLS');
  assert.ok(numbers[0]! < before, 'from before the move on');
  return playlist;
}

/** A gateway that keeps fetching the show from another one. */
const fetching = (from: Logged, more: SettingsInput = {}): Promise<Logged> =>
  gatewayWith({
    relay: { pull: [{ stream: 'live/cam', from: `${from.rtmp}/live/cam`, when: 'always' }] },
    ...more,
  });

test('an edge whose server drains goes on with another one: no viewer misses a picture or gets one twice', async () => {
  const origin = await gatewayWith();
  await showOn(origin);
  const other = await fetching(origin);
  const server = await fetching(origin, { stop: { drainSeconds: 600, reconnectTo: other.rtmp } });
  const edge = await fetching(server, { hls: HLS });
  await whenRunning(edge, 'pull-1');
  const playlist = await assertUnbroken(edge, await audienceOf(edge), server);
  assert.doesNotMatch(playlist, /DISCONTINUITY\n/, 'the same frames on the same clock');
});

test('the same with a new process behind the same address, which comes a moment later', async () => {
  const origin = await gatewayWith();
  await showOn(origin);
  const server = await fetching(origin, { stop: { drainSeconds: 600 } });
  const edge = await fetching(server, { hls: HLS });
  await whenRunning(edge, 'pull-1');
  const audience = await audienceOf(edge);
  const next = waitFor('the port to be free', async () => {
    if ((await fetch(`${server.http}/healthz`)).status !== 503) return undefined;
    return fetching(origin, { rtmp: { port: server.rtmpPort } });
  });
  const playlist = await assertUnbroken(edge, audience, server);
  await next;
  assert.doesNotMatch(playlist, /DISCONTINUITY\n/, 'the same frames on the same clock');
});

test('a push whose server drains splits at a key frame, and who fetches it there follows', async () => {
  const other = await gatewayWith();
  const server = await gatewayWith({ stop: { drainSeconds: 600, reconnectTo: other.rtmp } });
  const origin = await gatewayWith({
    relay: { push: [{ streams: 'live/*', to: `${server.rtmp}/{app}/{stream}` }] },
  });
  await showOn(origin);
  await whenRunning(origin, 'push-1:live/cam');
  const edge = await fetching(server, { hls: HLS });
  await whenRunning(edge, 'pull-1');
  await assertUnbroken(edge, await audienceOf(edge), server);
});
