import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import type { Log } from '../../../src/observe/log.ts';
import { Watching } from '../../../src/servers/watching.ts';
import { StreamRegistry } from '../../../src/stream/registry.ts';
import type { Stream } from '../../../src/stream/stream.ts';
import { inter, key, sound } from '../../support/media.ts';
import { RecordingSink } from '../../support/recording-sink.ts';
import { nameOf, publisherFrom } from '../../support/stage.ts';
import { textFormat } from '../../support/text-format.ts';

function open() {
  const lines: { fields: Record<string, unknown>; text: string }[] = [];
  const note = (fields: Record<string, unknown>, text: string) => void lines.push({ fields, text });
  const streams = new StreamRegistry({
    now: () => 0,
    clock: () => 0,
    batchMs: 0,
    graceSeconds: 10,
    after: () => () => undefined,
    opened: () => undefined,
    ended: () => undefined,
  });
  const limits = { queueBytes: 1000, lagMs: 5000 };
  const watching = new Watching(streams, limits, { debug: note } as unknown as Log);
  const publish = () => {
    const claim = streams.claim(nameOf('live/show'), publisherFrom());
    assert.ok(claim.granted);
    return claim;
  };
  return { watching, streams, publish, lines };
}

test('without patience: now or never, at once', () => {
  const { watching, publish } = open();
  const answers: (Stream | undefined)[] = [];
  watching.whenPublished('live/show', 0, (found) => answers.push(found));
  const { stream } = publish();
  watching.whenPublished('live/show', 0, (found) => answers.push(found));
  watching.whenPublished('live/show', 5000, (found) => answers.push(found));
  assert.deepEqual(answers, [undefined, stream, stream]);
  assert.equal(watching.find('live/show'), stream);
});

test('with patience: one answer, the stream or nothing, and none to who has given up', () => {
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    const { watching, publish } = open();
    const answers: string[] = [];
    const ask = (who: string, ms: number) =>
      watching.whenPublished('live/show', ms, (found) =>
        answers.push(`${who} ${found?.name.path ?? 'nothing'}`),
      );
    ask('short', 1000);
    ask('long', 5000);
    const giveUp = ask('gone', 5000);
    mock.timers.tick(999);
    assert.deepEqual(answers, []);
    mock.timers.tick(1);
    assert.deepEqual(answers, ['short nothing']);
    giveUp();
    publish();
    mock.timers.tick(60_000);
    assert.deepEqual(answers, ['short nothing', 'long live/show']);
  } finally {
    mock.timers.reset();
  }
});

test('a viewer has the limits of the settings and leaves once', () => {
  const { watching, publish, lines } = open();
  const { stream, publication } = publish();
  publication.write(key(0));
  publication.write(sound(0));
  publication.flush();
  const sink = new RecordingSink();
  const watch = watching.begin(stream, textFormat(), sink, true);
  const [fanout] = stream.fanouts;
  assert.equal(fanout?.viewerCount, 1);
  publication.write(inter(40));
  publication.flush();
  sink.queuedBytes = 1001;
  publication.write(inter(80));
  publication.flush();
  assert.equal([...fanout.viewers()][0]?.state, 'lagging');
  watch.leave();
  watch.leave();
  assert.equal(fanout.viewerCount, 0);
  stream.end('shutting down');
  assert.deepEqual(sink.closed, [], 'who has left is not told');
  assert.deepEqual(
    lines.map(({ text }) => text),
    ['viewer joined', 'viewer left'],
  );
  const { state, lags, skippedBatches, bytesOut } = lines[1]!.fields;
  assert.deepEqual([state, lags, skippedBatches], ['lagging', 1, 1]);
  assert.equal(bytesOut, Buffer.concat(sink.buffers).length);
});

test('a track is waited for with its stream, and told of in words where there is none', () => {
  const { watching, publish } = open();
  const answers: string[] = [];
  const ask = (path: string, number?: number, wait = 0) =>
    watching.whenShown({ path, wait, track: number === undefined ? undefined : { number } }, (found) =>
      answers.push(typeof found === 'string' ? found : `${found.stream.name.path} ${found.rendition.id}`),
    );
  ask('live/none', 1);
  assert.deepEqual(answers.splice(0), ['no stream "live/none" is being published']);
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    ask('live/show', 1, 1000);
    ask('live/show', undefined, 1000);
    ask('live/show', 2, 1000)();
    const { publication } = publish();
    assert.deepEqual(answers.splice(0), ['live/show main'], 'the main tracks need not be there yet');
    const track = { ...key(0).track, id: 'video1' as const };
    publication.write(key(0));
    publication.write({ ...key(0), track });
    assert.deepEqual(answers.splice(0), ['live/show video1']);
    ask('live/show', 3);
    const giveUp = ask('live/show', 4);
    giveUp();
    publication.write(key(20_000));
    assert.deepEqual(answers, ['"live/show" has no track 3: there are 0 and 1']);
  } finally {
    mock.timers.reset();
  }
});
