import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Admit, Fetched } from '../../../src/inputs/relay/admit.ts';
import type { RtmpMessage } from '../../../src/protocols/rtmp/message.ts';
import { ASC_48K, AVCC_360P } from '../../support/media.ts';
import { nameOf } from '../../support/stage.ts';
import type { FakeLink } from '../../support/fake-links.ts';
import { aacConfig, audioBody, avcConfig, videoBody } from '../../support/show.ts';
import { RelayRig } from './rig.ts';

const SHOW = nameOf('live/show');

function say(link: FakeLink, type: number, timestamp: number, body: Uint8Array): void {
  const message: RtmpMessage = { chunkStreamId: 4, type, streamId: 1, timestamp, body };
  link.options.media?.(message);
  link.options.flush?.();
}

/** The server has the stream: configurations and a picture with sound. */
function begin(link: FakeLink, from = 0): void {
  link.start(['source']);
  say(link, 9, from, avcConfig(AVCC_360P));
  say(link, 8, from, aacConfig(ASC_48K));
  say(link, 9, from, videoBody(true, 200, 0));
  say(link, 8, from, audioBody(0));
}

const stateOf = (rig: RelayRig): string | undefined => rig.pulls.reports('pull-1')[0]?.health.state;

test('a stream is fetched while somebody wants it, and is there with its first frame', () => {
  const rig = new RelayRig();
  rig.pull();
  rig.pulls.start();
  assert.equal(rig.links.length, 0, 'nobody wants it yet');
  assert.equal(rig.pulls.want(nameOf('live/other')), 0, 'no rule for this one');
  assert.equal(rig.pulls.want(SHOW), 8000, 'worth the wait');
  assert.equal(rig.links.length, 1);
  assert.equal(rig.link.options.mode, 'play');
  rig.link.start(['source']);
  assert.equal(rig.streams.find('live/show'), undefined, 'not before there is something to see');
  assert.equal(stateOf(rig), 'connecting');
  begin(rig.link);
  const stream = rig.streams.find('live/show');
  assert.equal(stream?.publisher?.address, '192.0.2.7');
  assert.equal(stream.publisher.isPulled, true);
  assert.equal(stream.publisher.encoder, 'relay of rtmp://far.example/live/show');
  assert.deepEqual(stream.relayPath, ['source']);
  assert.equal(stream.facts.tracks.video?.width, 640);
  assert.equal(stateOf(rig), 'running');
  assert.deepEqual(rig.told, ['pull-1 live/show running: running']);
});

test('when the last viewer has left it is fetched for a moment more, and then not', () => {
  const rig = new RelayRig();
  rig.pull();
  rig.pulls.start();
  rig.pulls.want(SHOW);
  begin(rig.link);
  rig.viewers = 1;
  for (let second = 0; second < 60; second++) {
    rig.time.advance(1000);
    say(rig.link, 9, second * 1000, videoBody(true, 200, second));
  }
  assert.equal(rig.link.isClosed, false);
  rig.viewers = 0;
  rig.time.advance(4_000);
  assert.equal(rig.link.isClosed, false, 'viewers who reload come back');
  rig.time.advance(2_000);
  assert.equal(rig.link.isClosed, true, 'goodbye');
  assert.deepEqual(rig.pulls.reports('pull-1'), []);
  assert.equal(rig.streams.find('live/show')?.state, 'grace');
  rig.time.advance(20_000);
  assert.equal(rig.streams.find('live/show'), undefined);
  assert.equal(rig.time.waiting, 0, 'nothing goes on');
  assert.equal(rig.told.at(-1), 'pull-1 live/show idle: nobody watches');
});

test('who waits for a stream counts as a viewer of it', () => {
  const rig = new RelayRig();
  rig.pull();
  rig.pulls.start();
  rig.pulls.want(SHOW);
  const stop = rig.streams.whenPublished('live/show', () => undefined);
  rig.time.advance(20_000);
  assert.equal(rig.link.isClosed, false, 'somebody waits');
  stop();
  rig.time.advance(6_000);
  assert.equal(rig.link.isClosed, true);
});

test('a viewer who comes in the grace time makes it go on, in the same stream', () => {
  const rig = new RelayRig();
  rig.pull();
  rig.pulls.start();
  rig.pulls.want(SHOW);
  begin(rig.link);
  const stream = rig.streams.find('live/show');
  rig.time.advance(14_000);
  assert.equal(stream?.state, 'grace');
  rig.pulls.want(SHOW);
  begin(rig.link, 500_000);
  assert.equal(rig.streams.find('live/show'), stream);
  assert.equal(stream.state, 'live');
});

test('always: from the start, again after each failure, within the grace time in the same stream', () => {
  const rig = new RelayRig();
  rig.pull('always');
  assert.equal(rig.links.length, 0, 'not before the gateway is up');
  rig.pulls.start();
  begin(rig.link);
  const stream = rig.streams.find('live/show');
  rig.link.end('the server closed the connection');
  assert.equal(stream?.state, 'grace');
  assert.equal(stateOf(rig), 'waiting');
  rig.time.advance(1000);
  begin(rig.link, 7_000_000);
  assert.equal(stream.state, 'live', 'resumed');
  assert.equal(rig.streams.find('live/show'), stream);
  rig.time.advance(10_000);
  assert.equal(rig.link.isClosed, false, 'nobody has to watch');
});

test('an hour without the source costs two timers and one line in the log', () => {
  const rig = new RelayRig((link) => rig.time.after(50, () => link.end('there is no host of this name')));
  rig.pull('always');
  rig.pulls.start();
  let most = 0;
  for (let second = 0; second < 3600; second++) {
    rig.time.advance(1000);
    most = Math.max(most, rig.time.waiting);
  }
  assert.ok(most <= 2, `${most} timers`);
  assert.ok(rig.links.length > 110 && rig.links.length < 140, `${rig.links.length} attempts`);
  assert.deepEqual(rig.told, ['pull-1 live/show waiting: there is no host of this name']);
});

test('whoever publishes here takes the name over, and what is fetched waits until it is free', () => {
  const rig = new RelayRig();
  rig.pull('always');
  rig.pulls.start();
  begin(rig.link);
  const stream = rig.streams.find('live/show');
  const local = rig.publish('198.51.100.5');
  assert.equal(local.stream, stream, 'viewers stay');
  assert.equal(rig.links[0]?.isClosed, true, 'the source is told goodbye');
  rig.time.advance(3_600_000);
  assert.equal(rig.links.length, 1, 'the source is left alone meanwhile');
  assert.equal(stream?.publisher?.address, '198.51.100.5');
  assert.match(rig.pulls.reports('pull-1')[0]?.health.problem ?? '', /published here/);
  local.publication.release('done');
  rig.time.advance(30_000);
  assert.equal(rig.links.length, 2, 'it is free');
});

test('what is fetched never takes a name from somebody', () => {
  const rig = new RelayRig();
  rig.pull('always');
  rig.pulls.start();
  rig.link.start(['source']);
  const local = rig.publish('192.0.2.7'); // the same address as the source, in the meantime
  begin(rig.link);
  assert.deepEqual(local.kicks, []);
  assert.equal(rig.link.isClosed, true);
  assert.match(rig.told.at(-1) ?? '', /waiting: "live\/show" is already being published here/);
});

test('a stream that comes from this gateway itself is not taken', () => {
  const rig = new RelayRig();
  rig.pull('always');
  rig.pulls.start();
  rig.link.start(['us', 'them']);
  assert.equal(rig.link.isClosed, true);
  assert.equal(rig.streams.find('live/show'), undefined);
  assert.match(rig.told.at(-1) ?? '', /waiting: relay loop: it has been through this gateway already/);
});

test('who asked for the stream before us is told to the source', () => {
  const rig = new RelayRig();
  rig.pull();
  rig.pulls.start();
  rig.pulls.want(SHOW, ['them']);
  assert.deepEqual(rig.link.options.path, ['them', 'us']);
});

test('a source without pictures and sound for a while is given up, not one that has yet to begin', () => {
  const rig = new RelayRig();
  rig.pull('always');
  rig.pulls.start();
  rig.link.start();
  rig.time.advance(60_000);
  assert.equal(rig.link.isClosed, false, 'it waits for its publisher');
  begin(rig.link);
  rig.time.advance(17_000);
  assert.equal(rig.links[0]?.isClosed, true, 'given up');
  assert.equal(rig.streams.find('live/show')?.state, 'grace');
});

test('a codec that nobody here carries is a problem in words', () => {
  const rig = new RelayRig();
  rig.pull('always');
  rig.pulls.start();
  rig.link.start();
  say(rig.link, 9, 0, Buffer.from('2201', 'hex'));
  assert.match(rig.told.at(-1) ?? '', /waiting: the video is /);
  assert.equal(rig.link.isClosed, true);
});

test('a pattern fetches what is wanted, but not without end', () => {
  const rig = new RelayRig();
  rig.pull('watched', 'live/*', 'rtmp://far.example/{app}/{stream}');
  rig.pulls.start();
  for (let number = 0; number < 300; number++) rig.pulls.want(nameOf(`live/name-${number}`));
  assert.equal(rig.links.length, 256);
  assert.equal(rig.links[7]?.options.target.key, 'name-7');
  rig.time.advance(14_000);
  assert.ok(
    rig.links.every(({ isClosed }) => isClosed),
    'nobody watches any of them',
  );
  assert.equal(rig.time.waiting, 0);
});

test('a rule that goes, and the end of it all, are goodbyes', () => {
  const rig = new RelayRig();
  rig.pull('always');
  rig.pulls.start();
  begin(rig.link);
  assert.equal(rig.pulls.remove('pull-1'), true);
  assert.equal(rig.pulls.remove('pull-1'), false);
  assert.equal(rig.link.isClosed, true);
  rig.pull('always');
  begin(rig.link, 90_000);
  rig.pulls.stop('shutting down');
  assert.equal(rig.link.isClosed, true);
  assert.equal(rig.pulls.want(SHOW), 0);
});

test('what is fetched is asked for at the gate, held meanwhile, and listed with its traffic', () => {
  const asked: Fetched[] = [];
  const events: string[] = [];
  let answer: Parameters<Admit>[1] = () => undefined;
  let kick: (reason: string) => void = () => undefined;
  const rig = new RelayRig(undefined, undefined, (fetched, verdict) => {
    asked.push(fetched);
    answer = verdict;
    return () => void events.push('given up');
  });
  rig.pull('always');
  rig.pulls.start();
  begin(rig.link);
  assert.deepEqual(
    asked.map(({ name, address, program }) => [name.path, address, program]),
    [['live/show', '192.0.2.7', 'relay of rtmp://far.example/live/show']],
  );
  assert.equal(rig.streams.find('live/show'), undefined, 'not before the verdict');
  answer({
    granted: true,
    pass: {
      began: (theirs, traffic) => {
        kick = theirs;
        events.push(`began ${traffic().bytesOut}`);
      },
      over: (reason) => void events.push(`over ${reason}`),
    },
  });
  assert.equal(rig.streams.find('live/show')?.facts.tracks.video?.width, 640, 'nothing was lost');
  kick('by the operator');
  assert.deepEqual(events, ['began 0', 'given up', 'over kicked: by the operator']);
  assert.equal(rig.links[0]?.isClosed, true);
  rig.time.advance(1000);
  begin(rig.link, 50_000);
  answer({ granted: false, reason: 'barred' });
  assert.match(rig.told.at(-1) ?? '', /waiting: (kicked: by the operator|barred)/);
  assert.equal(rig.link.isClosed, true);
  rig.time.advance(2000);
  begin(rig.link, 90_000);
  rig.pulls.stop('shutting down');
  assert.equal(events.at(-1), 'given up', 'nobody waits for an answer any more');
});
