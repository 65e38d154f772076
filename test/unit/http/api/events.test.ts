import assert from 'node:assert/strict';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { after, test } from 'node:test';
import { EventFeed, type GatewayEvent } from '../../../../src/observe/events.ts';
import { EventRing } from '../../../../src/servers/http/api/event-ring.ts';
import { EventStreams } from '../../../../src/servers/http/api/event-streams.ts';
import { eventSchema, eventTypes } from '../../../../src/servers/http/api/schemas/server.ts';
import { ApiStand, TOKEN } from '../../../support/api-stand.ts';
import { FakeTime } from '../../../support/fake-time.ts';
import { waitFor } from '../../../support/wait.ts';

/** Somebody who listens, and what has come. */
class Ear {
  text = '';
  response: IncomingMessage | undefined;
  isOver = false;
  readonly client: ClientRequest;

  constructor(port: number, query = '', headers: Record<string, string> = {}) {
    const path = `/api/v1/events${query}`;
    this.client = request({
      host: '127.0.0.1',
      port,
      path,
      agent: false,
      headers: { authorization: `Bearer ${TOKEN}`, ...headers },
    });
    this.client.on('response', (response) => {
      this.response = response;
      response.setEncoding('utf8');
      response.on('data', (text: string) => (this.text += text));
      response.on('close', () => (this.isOver = true));
      response.on('error', () => undefined);
    });
    this.client.on('error', () => (this.isOver = true));
    this.client.end();
  }

  get blocks(): string[] {
    return this.text.split('\n\n').filter((block) => block.includes('data: '));
  }

  get events(): GatewayEvent[] {
    return this.blocks.map((block) => JSON.parse(/^data: (.*)$/m.exec(block)![1]!) as GatewayEvent);
  }

  async hears(count: number): Promise<GatewayEvent[]> {
    await waitFor(`${count} events`, () => this.events.length >= count);
    return this.events;
  }
}

const stand = await new ApiStand().start();
after(() => stand.stop());
const { feed } = stand.parts;

const listening = async (query = '', headers = {}): Promise<Ear> => {
  const ear = new Ear(stand.port, query, headers);
  await waitFor('the answer to begin', () => ear.text.startsWith('retry: 2000\n\n'));
  return ear;
};
const visit = (stream: string) => ({
  visit: 'v-1',
  stream,
  protocol: 'rtmp',
  address: '192.0.2.1',
  program: 'p',
  query: '',
});
const alarm = (text: string) => ({ type: 'alarm', text }) as const;

test('an event reaches every listener at once, as text that browsers understand', async () => {
  const ears = [await listening(), await listening()];
  feed.tell({ type: 'publish', ...visit('live/cam') });
  feed.tell(alarm('line one\nline two'));
  for (const ear of ears) {
    const [first, second] = await ear.hears(2);
    assert.deepEqual([first?.type, second?.type], ['publish', 'alarm']);
    assert.match(ear.blocks[1]!, /^id: run-\d+\nevent: alarm\ndata: \{[^\n]*\}$/, 'one line of data');
    for (const event of ear.events) eventSchema.parse(event);
    const { headers } = ear.response!;
    assert.equal(headers['content-type'], 'text/event-stream; charset=utf-8');
    assert.match(String(headers['cache-control']), /no-store, no-transform/);
    assert.equal(headers['x-accel-buffering'], 'no');
    ear.client.destroy();
  }
});

test('HEAD is told the type, and ends', async () => {
  const { status, headers } = await stand.operate('/events', { method: 'HEAD' });
  assert.equal(status, 200);
  assert.match(String(headers['content-type']), /^text\/event-stream/);
});

test('who comes back with the last id hears what was missed, once and in order', async () => {
  const ear = await listening();
  for (const text of ['a', 'b', 'c']) feed.tell(alarm(text));
  const [, second] = (await ear.hears(3)).slice(-3);
  ear.client.destroy();
  const texts = (who: Ear): unknown[] => who.events.map((event) => 'text' in event && event.text);
  const back = await listening('', { 'last-event-id': second!.id });
  feed.tell(alarm('d'));
  await back.hears(2);
  assert.deepEqual(texts(back), ['c', 'd']);
  const other = await listening(`?lastEventId=${second!.id}`);
  await other.hears(2);
  assert.deepEqual(texts(other), ['c', 'd'], 'programs that cannot send the header');
  const lost = await listening('', { 'last-event-id': 'of-another-run-7' });
  await lost.hears(4);
  assert.match(lost.blocks[0]!, /^event: gap\n/, 'it is said that something may be missing');
  const latest = await listening('?replay=1');
  assert.deepEqual(texts(latest), ['d']);
  for (const one of [back, other, lost, latest]) one.client.destroy();
});

test('listeners hear the types and streams they asked for', async () => {
  const ear = await listening('?type=publish,alarm&stream=live/*,event/a');
  feed.tell(alarm('of no stream'));
  feed.tell({ type: 'play', ...visit('live/cam') });
  feed.tell({ type: 'publish', ...visit('other/cam') });
  feed.tell({ type: 'publish', ...visit('live/cam') });
  feed.tell({ type: 'alarm', stream: 'event/a', text: 'mine' });
  const events = await ear.hears(2);
  assert.deepEqual(
    events.map((event) => 'stream' in event && event.stream),
    ['live/cam', 'event/a'],
  );
  ear.client.destroy();
});

test('every type of event has a schema', () => {
  const known: Record<GatewayEvent['type'], true> = {
    connect: true,
    disconnect: true,
    publish: true,
    unpublish: true,
    play: true,
    stop: true,
    recordStarted: true,
    recordDone: true,
    alarm: true,
    health: true,
    relay: true,
  };
  assert.deepEqual(Object.keys(known).sort(), [...eventTypes].sort());
  const told: string[] = [];
  const own = new EventFeed('x', () => 0);
  own.listen((event) => told.push(eventSchema.parse(event).type));
  const traffic = { reason: 'r', seconds: 1, bytesIn: 1, bytesOut: 1 };
  own.tell({ type: 'connect', address: 'a', app: 'b', program: 'c' });
  own.tell({ type: 'unpublish', ...visit('live/cam'), ...traffic });
  own.tell({ type: 'recordDone', stream: 's', recording: 'r', seconds: 1, bytes: 1, reason: 'r' });
  const verdict = {
    code: 'c',
    severity: 'advice' as const,
    text: 't',
    remedy: 'r',
    measured: { gopSeconds: 5 },
  };
  own.tell({ type: 'health', stream: 's', verdicts: [verdict] });
  own.tell({ type: 'relay', stream: 's', relay: 'r', state: 's', text: 't' });
  assert.equal(told.length, 5);
});

test('silence is broken by comments, and who was signed out is hung up on', async () => {
  const { headers } = await stand.call('/session', { method: 'POST', body: { token: TOKEN } });
  const cookie = String(headers['set-cookie']).split(';')[0]!;
  const withToken = await listening();
  const session = request({
    host: '127.0.0.1',
    port: stand.port,
    path: '/api/v1/events',
    headers: { cookie },
  });
  let text = '';
  let isOver = false;
  session.on('response', (response) => {
    response.on('data', (bytes: Buffer) => (text += bytes.toString()));
    response.on('close', () => (isOver = true));
  });
  session.end();
  await waitFor('the answer', () => text.includes('retry'));
  stand.time.advance(15_000);
  await waitFor(
    'a comment',
    () => text.includes(': still here\n\n') && withToken.text.includes(': still here\n\n'),
  );
  await stand.call('/session', { method: 'DELETE', headers: { cookie } });
  stand.time.advance(15_000);
  await waitFor('the end', () => isOver);
  assert.equal(withToken.isOver, false, 'others stay');
  withToken.client.destroy();
  await waitFor('nobody to be woken for', () => stand.time.waiting === 0);
});

/** A response that takes nothing. */
function deafResponse() {
  const state = { waiting: 0, isDestroyed: false, text: '', closers: [] as (() => void)[] };
  const response = {
    get writableLength() {
      return state.waiting;
    },
    writeHead: () => undefined,
    write: (text: string) => {
      state.waiting += text.length;
      state.text += text;
    },
    end: () => undefined,
    destroy: () => (state.isDestroyed = true),
    once: (_: string, callback: () => void) => state.closers.push(callback),
  };
  return { state, response: response as never };
}

const ALL = { types: [], streams: [], lastId: undefined, replay: 0, isStillWelcome: () => true };

test('a listener that does not read is dropped, and does not hold up the others', () => {
  const own = new EventFeed('x', () => 0);
  const streams = new EventStreams({
    listen: (listener) => own.listen(listener),
    after: new FakeTime().after,
  });
  const [deaf, good] = [deafResponse(), deafResponse()];
  streams.open(deaf.response, ALL);
  streams.open(good.response, ALL);
  for (let told = 0; told < 1000; told++) {
    own.tell(alarm('x'.repeat(1000)));
    good.state.waiting = 0;
  }
  assert.equal(deaf.state.isDestroyed, true);
  assert.ok(deaf.state.waiting < 600 * 1024, `${deaf.state.waiting} bytes were kept for it`);
  assert.deepEqual([good.state.isDestroyed, streams.listeners], [false, 1]);
  assert.ok(good.state.text.length > 1_000_000, 'the other has heard everything');
});

test('there are only so many listeners, and their places are given back', () => {
  const time = new FakeTime();
  const streams = new EventStreams({ listen: () => () => undefined, after: time.after });
  const all = Array.from({ length: 64 }, () => deafResponse());
  for (const { response } of all) streams.open(response, ALL);
  assert.throws(() => streams.open(deafResponse().response, ALL), /64 are listening already/);
  all[0]!.state.closers[0]!();
  streams.open(deafResponse().response, ALL);
  streams.close();
  assert.deepEqual([streams.listeners, time.waiting], [0, 0]);
  assert.throws(() => streams.open(deafResponse().response, ALL), /shutting down/);
});

test('the past is bounded in events and in bytes', () => {
  const ring = new EventRing();
  const event = (id: string, text: string): GatewayEvent => ({ id, at: '', type: 'alarm', text });
  for (let count = 0; count < 3000; count++) ring.add(event(`e-${count}`, 'short'));
  assert.equal(ring.size, 1000);
  assert.equal(ring.after('e-1999'), undefined, 'it has made room');
  assert.equal(ring.after('e-2998')?.length, 1);
  assert.deepEqual(ring.after('e-2999'), []);
  for (let count = 0; count < 50; count++) ring.add(event(`long-${count}`, 'x'.repeat(100_000)));
  const kept = ring.last(1000).length;
  assert.ok(kept <= 10, `${kept} long ones are kept`);
  assert.equal(ring.last(1)[0]?.event.id, 'long-49');
});
