import assert from 'node:assert/strict';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { readFileSync } from 'node:fs';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { AVCC_720P } from '../support/media.ts';
import { publishTo } from '../support/rtmp-peer.ts';
import { frameNumber, Show } from '../support/show.ts';
import { FlvReader, type FlvTag } from '../../src/containers/flv/reader.ts';

/** Recording by the operator's word, over the API. */

interface Recording {
  readonly id: string;
  readonly seconds: number | null;
  readonly bytes: number;
  readonly active: boolean;
}

let gateway: TestGateway;

before(async () => {
  gateway = await startGateway({
    record: { preSeconds: 3, name: '{app}/{stream}/{n}' },
    publish: { graceSeconds: 20 },
  });
});
after(() => gateway.stop());

async function call(
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; json: { recordings: Recording[]; error?: string } }> {
  const response = await fetch(`${gateway.http}/api/v1${path}`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  const text = await response.text();
  return {
    status: response.status,
    json: (text === '' ? {} : JSON.parse(text)) as { recordings: Recording[] },
  };
}

const tagsOf = (id: string): FlvTag[] => {
  const tags: FlvTag[] = [];
  const reader = new FlvReader();
  reader.push(readFileSync(join(gateway.folder, 'data', 'recordings', id)), (tag) => tags.push(tag));
  return tags;
};
/** Numbers of the pictures in a file, and their times. */
const picturesOf = (id: string): { number: number; ms: number }[] =>
  tagsOf(id)
    .filter(({ type, body }) => type === 9 && body[1] === 1)
    .map(({ body, timestamp }) => ({ number: frameNumber(body), ms: timestamp }));

// Each has a stream of its own.
describe('on demand', { concurrency: 4 }, () => {
  test('begins in the past, ends when told, and can be fetched from the list and removed', async () => {
    const publisher = await publishTo(`${gateway.rtmp}/live/past`);
    const show = new Show(publisher);
    show.go(260);
    await publisher.roundTrip();
    const started = await call('POST', '/streams/live/past/recording', { formats: ['flv', 'mp4'] });
    assert.equal(started.status, 201, JSON.stringify(started.json));
    assert.deepEqual(
      started.json.recordings.map(({ id }) => id).sort(),
      ['live/past/1.flv', 'live/past/1.mp4'],
      'both',
    );
    const again = await call('POST', '/streams/live/past/recording', { formats: ['flv'] });
    assert.equal(again.status, 409, 'twice is refused');
    show.go(40);
    await publisher.roundTrip();
    assert.equal(
      (await call('DELETE', '/recordings/live/past/1.flv')).status,
      409,
      'not while it is being written',
    );
    const stopped = await call('DELETE', '/streams/live/past/recording');
    assert.equal(stopped.status, 200, JSON.stringify(stopped.json));
    assert.ok(
      stopped.json.recordings.every(({ active, seconds }) => !active && seconds! > 4),
      JSON.stringify(stopped.json),
    );
    const pictures = picturesOf('live/past/1.flv');
    assert.equal(pictures[0]?.number, 175, 'three whole seconds back');
    assert.deepEqual(
      pictures.map(({ number }) => number),
      Array.from({ length: 125 }, (_, n) => 175 + n),
      'without a gap',
    );
    assert.equal(
      (await call('DELETE', '/streams/live/past/recording')).status,
      409,
      'nothing to stop any more',
    );
    assert.ok([200, 204].includes((await call('DELETE', '/recordings/live/past/1.flv')).status), 'removed');
    const left = (await call('GET', '/recordings?stream=live/past')).json.recordings;
    assert.deepEqual(
      left.map(({ id }) => id),
      ['live/past/1.mp4'],
      'one is left',
    );
    publisher.kill();
  });

  test('a publisher that comes back within the grace time goes on in the same file', async () => {
    const first = await publishTo(`${gateway.rtmp}/live/back`);
    new Show(first).go(60);
    await first.roundTrip();
    assert.equal(
      (await call('POST', '/streams/live/back/recording', { formats: ['flv'] })).status,
      201,
      'started',
    );
    first.kill();
    await first.closed;
    const second = await publishTo(`${gateway.rtmp}/live/back`);
    new Show(second, { from: 5_000_000 }).go(50);
    await second.roundTrip();
    const { json } = await call('DELETE', '/streams/live/back/recording');
    assert.deepEqual(
      json.recordings.map(({ id }) => id),
      ['live/back/1.flv'],
      'one file',
    );
    const pictures = picturesOf('live/back/1.flv');
    assert.deepEqual(
      pictures.map(({ number }) => number),
      [...Array(60).keys(), ...Array(50).keys()],
      'all pictures of both',
    );
    const steps = pictures.slice(1).map(({ ms }, index) => ms - pictures[index]!.ms);
    assert.ok(
      steps.every((step) => step >= 35 && step <= 80),
      `no hole in time: ${Math.min(...steps)} to ${Math.max(...steps)} ms`,
    );
    second.kill();
  });

  test('an encoder that changes its picture size begins a new file', async () => {
    const publisher = await publishTo(`${gateway.rtmp}/live/size`);
    const show = new Show(publisher);
    show.go(50);
    await publisher.roundTrip();
    assert.equal(
      (await call('POST', '/streams/live/size/recording', { formats: ['flv'] })).status,
      201,
      'started',
    );
    show.changeVideo(AVCC_720P);
    show.go(50);
    await publisher.roundTrip();
    await call('DELETE', '/streams/live/size/recording');
    const { recordings } = (await call('GET', '/recordings?stream=live/size')).json;
    assert.deepEqual(
      recordings.map(({ id }) => id).sort(),
      ['live/size/1.flv', 'live/size/2.flv'],
      'two files',
    );
    for (const { id } of recordings)
      assert.equal(
        tagsOf(id).filter(({ type, body }) => type === 9 && body[1] === 0).length,
        1,
        `${id}: one configuration`,
      );
    const numbers = ['1', '2'].flatMap((n) => picturesOf(`live/size/${n}.flv`).map(({ number }) => number));
    assert.deepEqual(numbers, [...Array(100).keys()], 'all pictures');
    publisher.kill();
  });

  test('a stream that is not there cannot be recorded', async () => {
    const { status } = await call('POST', '/streams/live/nobody/recording', { formats: ['mp4'] });
    assert.equal(status, 404, 'not found');
    assert.equal((await call('GET', '/recordings/live/nobody/1.mp4')).status, 404, 'nor its recording');
  });
});
