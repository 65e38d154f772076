import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, test, type TestContext } from 'node:test';
import { Parser } from 'm3u8-parser';
import { ClipPublisher } from '../support/clip.ts';
import { startGateway, whenLive, type TestGateway } from '../support/gateway.ts';
import {
  fetchSegment,
  lookAtLowLatency,
  nextPart,
  reload,
  reloadAt,
  type LowLatencyLook,
} from '../support/hls-look.ts';
import { makeWithFfmpeg, runProgram, unlessThere } from '../support/programs.ts';
import { publishTo } from '../support/rtmp-peer.ts';
import { Show } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';

/** Low-Latency HLS from the encoder to the player's requests: RFC 8216bis. */

const skip = unlessThere('ffmpeg', 'ffprobe');
let gateway: TestGateway;
before(async () => {
  gateway = await startGateway({ hls: { segmentSeconds: 1 } });
});
after(() => gateway.stop());

/** The playlist as soon as it has so many whole segments. */
function playlistOf(path: string, segments = 1, on = gateway): Promise<LowLatencyLook> {
  return waitFor(`${segments} segments of ${path}`, async () => {
    const { status, text } = await reload(on, path);
    const look = lookAtLowLatency(text);
    return status === 200 && look.names.length >= segments && look.hint !== undefined ? look : undefined;
  });
}

/** A show in real time. */
async function liveShow(context: TestContext, path: string, on = gateway) {
  const peer = await publishTo(`${on.rtmp}/${path}`);
  const show = new Show(peer);
  const pause = show.live();
  const leave = (): void => {
    pause();
    peer.socket.destroy();
  };
  context.after(leave);
  return { peer, show, pause, leave };
}

const waiting = (count: number, on = gateway): Promise<true> =>
  waitFor(`${count} or more to wait`, async () => {
    const text = await (await fetch(`${on.http}/metrics`)).text();
    return Number(/^millrace_hls_waiting_requests (\d+)$/m.exec(text)?.[1]) >= count;
  });

/** Real pictures, with B-frames and sound. */
async function realClip(context: TestContext, path: string): Promise<void> {
  const file = join(gateway.folder, 'clip.flv');
  makeWithFfmpeg(
    [
      '-f lavfi -i testsrc2=s=320x180:r=25 -f lavfi -i sine=f=440:r=48000 -t 9 -c:a aac -c:v libx264',
      `-preset ultrafast -bf 2 -g 25 -pix_fmt yuv420p ${file}`,
    ].flatMap((text) => text.split(' ')),
  );
  const publisher = new ClipPublisher(file, `${gateway.rtmp}/${path}`);
  context.after(() => publisher.stop());
  await whenLive(gateway, path);
}

/** How many pictures a decoder makes of it, and what it complains about. */
async function decoded(bytes: readonly Buffer[]): Promise<{ pictures: number; complaints: string }> {
  const file = join(gateway.folder, 'look.mp4');
  writeFileSync(file, Buffer.concat(bytes));
  const args = '-v error -count_frames -select_streams v -show_entries stream=nb_read_frames -of csv=p=0';
  const { stdout, stderr } = await runProgram('ffprobe', [...args.split(' '), file]);
  return { pictures: Number(stdout.trim()), complaints: stderr };
}

// Each has a stream of its own, and most of their time goes by with waiting.
describe('low latency', { concurrency: 3 }, () => {
  test(
    'real pictures: parts are told of as they are made, decode alone and together, and are the segment',
    { skip },
    async (context) => {
      const path = 'live/real';
      await realClip(context, path);
      let look = await playlistOf(path, 1);
      const warnings: string[] = [];
      const delays: number[] = [];
      for (let count = 0; count < 12; count++) {
        const wanted = nextPart(look);
        const next = await reloadAt(gateway, path, wanted);
        delays.push(Date.now() - next.edge);
        const isThere = next.msn > look.msn || next.running.length > look.running.length;
        assert.ok(isThere, `what was waited for is there: part ${wanted.part} of ${wanted.msn}`);
        assert.deepEqual([next.targetDuration, next.partTarget], [look.targetDuration, look.partTarget]);
        assert.ok(next.text.includes(`"${look.hint!}"`), `${look.hint!} was promised`);
        const parser = new Parser();
        parser.on('warn', ({ message }: { message: string }) => warnings.push(message));
        parser.push(next.text);
        parser.end();
        look = next;
      }
      assert.deepEqual(warnings, []);
      // PROGRAM-DATE-TIME is when the first frame came in; B-frames are sent after the pictures that they are shown before.
      const median = delays.sort((a, b) => a - b)[6]!;
      assert.ok(median < look.partTarget * 1000, `${median} ms behind the source`);

      const name = look.names.at(-1)!;
      const parts = look.parts.get(name)!;
      assert.ok(parts.length >= 3 && parts[0]!.independent, 'a decoder can begin with the first');
      const init = await fetchSegment(gateway, path, look.init!);
      const bytes = await Promise.all(parts.map(({ uri }) => fetchSegment(gateway, path, uri)));
      const segment = await fetchSegment(gateway, path, name);
      assert.ok(Buffer.concat(bytes).equals(segment), 'the segment is its parts, one behind the other');
      assert.deepEqual(await decoded([init, segment]), { pictures: 25, complaints: '' });
      const pictures = Math.round(parts[0]!.duration * 25);
      assert.deepEqual(await decoded([init, bytes[0]!]), { pictures, complaints: '' });
      assert.equal(
        (await decoded([init, bytes[0]!, bytes[1]!])).complaints,
        '',
        'the second goes on from the first',
      );
    },
  );

  test('a part that is promised is held until it is whole; one that is not is refused; one that was is served', async (context) => {
    const path = 'live/promised';
    await liveShow(context, path);
    const look = await playlistOf(path);
    const promised = await fetch(`${gateway.http}/${path}/${look.hint!}`);
    const bytes = Buffer.from(await promised.arrayBuffer());
    assert.deepEqual([promised.status, promised.headers.get('content-type')], [200, 'video/mp4']);
    assert.match(promised.headers.get('cache-control')!, /immutable/);
    assert.ok(bytes.equals(await fetchSegment(gateway, path, look.hint!)), 'the same afterwards');
    const range = await fetch(`${gateway.http}/${path}/${look.hint!}`, { headers: { range: 'bytes=4-7' } });
    assert.deepEqual([range.status, Buffer.from(await range.arrayBuffer())], [206, bytes.subarray(4, 8)]);
    const { msn } = await playlistOf(path);
    for (const never of [
      `${msn + 1}.99.m4s`,
      `${msn + 9}.0.m4s`,
      `${msn + 9}.m4s`,
      'video7-1.m4s',
      'init-0.mp4',
    ]) {
      const { status, headers } = await fetch(`${gateway.http}/${path}/${never}`);
      assert.deepEqual([status, headers.get('access-control-allow-origin')], [404, '*'], never);
    }
  });

  test('numbers far ahead and garbage are refused at once, numbers long past are answered at once', async (context) => {
    const path = 'live/numbers';
    await liveShow(context, path);
    const { msn } = await playlistOf(path);
    for (const query of [
      `_HLS_msn=${msn + 30}`,
      '_HLS_part=1',
      '_HLS_msn=x',
      `_HLS_msn=${msn + 1}&_HLS_part=500`,
    ]) {
      const { status, headers, ms } = await reload(gateway, path, query);
      assert.deepEqual([status, headers.get('access-control-allow-origin')], [400, '*'], query);
      assert.ok(ms < 250, `${query} took ${ms} ms`);
    }
    for (const query of ['_HLS_msn=0', `_HLS_msn=${msn - 1}&_HLS_part=99`, `_HLS_msn=${msn}&_HLS_foo=1`]) {
      const { status, ms } = await reload(gateway, path, query);
      assert.equal(status, 200, query);
      assert.ok(ms < 250, `${query} took ${ms} ms`);
    }
    const whole = await reload(gateway, path, `_HLS_msn=${msn + 2}`);
    assert.ok(lookAtLowLatency(whole.text).msn >= msn + 2, 'a whole segment, two ahead');
  });

  test('when the source stalls, who waits hears so in less than the target duration, and goes on when it does', async (context) => {
    const path = 'live/stall';
    const { show, pause } = await liveShow(context, path);
    await playlistOf(path);
    pause();
    const { text } = await reload(gateway, path);
    const look = lookAtLowLatency(text);
    const next = nextPart(look);
    const query = `_HLS_msn=${next.msn}&_HLS_part=${next.part + 1}`;
    const stalled = await reload(gateway, path, query);
    assert.deepEqual([stalled.status, stalled.headers.get('retry-after')], [503, '1']);
    assert.ok(stalled.ms < look.targetDuration * 1000, `${stalled.ms} ms`);
    const answer = reload(gateway, path, query);
    show.go(25);
    assert.equal((await answer).status, 200);
  });

  test('a player that waits is carried over a reconnect, and its numbers with it', async (context) => {
    const path = 'live/reconnect';
    const first = await liveShow(context, path);
    const look = await playlistOf(path, 2);
    const waits = reload(gateway, path, `_HLS_msn=${look.msn + 1}`);
    first.leave();
    const interrupted = lookAtLowLatency((await waits).text);
    assert.ok(
      !interrupted.ended && interrupted.msn > look.msn,
      'what there was of the segment is in the playlist',
    );
    assert.equal(interrupted.hint, undefined, 'nothing is promised while nobody publishes');
    const next = reload(gateway, path, `_HLS_msn=${interrupted.msn + 1}&_HLS_part=0`);
    await liveShow(context, path);
    const { status, text } = await next;
    assert.equal(status, 200, text);
    const after = lookAtLowLatency(text);
    assert.deepEqual(
      [after.discontinuities, after.targetDuration, after.partTarget],
      [1, look.targetDuration, look.partTarget],
    );
    assert.equal(after.sequence + after.names.length - 1, after.msn);
  });

  test('ends release all who wait, with the end mark; afterwards, and after a restart, old numbers are answered at once', async (context) => {
    const settings = { hls: { segmentSeconds: 1 }, publish: { graceSeconds: 0 } };
    const other = await startGateway(settings);
    context.after(() => other.stop());
    const shows = await Promise.all(['live/one', 'live/two'].map((path) => liveShow(context, path, other)));
    const [one, two] = await Promise.all(['live/one', 'live/two'].map((path) => playlistOf(path, 1, other)));
    for (const { pause } of shows) pause();
    const waits = [one!, two!].map(({ msn, running }, index) => {
      const path = index === 0 ? 'live/one' : 'live/two';
      const queries = [`_HLS_msn=${msn + 2}`, `_HLS_msn=${msn + 1}&_HLS_part=${running.length + 3}`];
      return queries.map((query) => reload(other, path, query));
    });
    await waiting(4, other);
    const released = async (index: number): Promise<void> => {
      for (const { status, text } of await Promise.all(waits[index]!)) {
        assert.equal(status, 200, text);
        assert.ok(text.includes('#EXT-X-ENDLIST'), 'the end mark');
      }
    };
    shows[0]!.leave();
    await released(0);
    const after = await reload(other, 'live/one', `_HLS_msn=${one!.msn + 50}&_HLS_part=1`);
    assert.deepEqual([after.status, after.headers.get('cache-control')], [200, 'no-cache']);
    const isStopped = other.stop();
    await released(1);
    await isStopped;

    await liveShow(context, 'live/two');
    const look = await playlistOf('live/two');
    assert.ok(look.sequence > two!.msn, `${look.sequence} after ${two!.msn}`);
    const { status, ms } = await reload(gateway, 'live/two', `_HLS_msn=${two!.msn + 1}&_HLS_part=0`);
    assert.equal(status, 200);
    assert.ok(ms < 250, `${ms} ms`);
  });

  test('a player with a session waits as others do, is counted once, and not answered once it is sent away', async (context) => {
    const path = 'live/session';
    await liveShow(context, path);
    await playlistOf(path);
    const multivariant = await (await fetch(`${gateway.http}/${path}.m3u8`)).text();
    const session = /session=[\w-]+/.exec(multivariant)![0];
    let look = lookAtLowLatency((await reload(gateway, path, session)).text);
    for (let count = 0; count < 6; count++) {
      const { msn, part } = nextPart(look);
      const { status, text } = await reload(gateway, path, `${session}&_HLS_msn=${msn}&_HLS_part=${part}`);
      assert.equal(status, 200, text);
      look = lookAtLowLatency(text);
    }
    const report = (await (await fetch(`${gateway.http}/api/v1/streams/${path}`)).json()) as {
      viewers: { hls: number };
    };
    assert.equal(report.viewers.hls, 2, 'one with a session, one without');
    const held = reload(gateway, path, `${session}&_HLS_msn=${look.msn + 2}`);
    await waiting(1);
    const { viewers } = (await (
      await fetch(`${gateway.http}/api/v1/viewers?protocol=hls&stream=${path}`)
    ).json()) as {
      viewers: { id: string }[];
    };
    assert.equal(viewers.length, 1, 'it is one viewer');
    await fetch(`${gateway.http}/api/v1/viewers/${viewers[0]!.id}`, { method: 'DELETE' });
    assert.equal((await held).status, 403);
  });
});
