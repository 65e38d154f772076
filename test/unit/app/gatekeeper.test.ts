import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Gatekeeper } from '../../../src/app/gatekeeper.ts';
import { BARRED_MS, Visits } from '../../../src/app/visits.ts';
import { EventFeed, type GatewayEvent } from '../../../src/observe/events.ts';
import type { Refusal, Verdict, Visit } from '../../../src/servers/gate.ts';
import type { AccessVerdict, HookJudge, HookVerdict, HookVisit } from '../../../src/servers/judges.ts';
import { FakeTime } from '../../support/fake-time.ts';
import { recordingLog } from '../../support/recording-log.ts';
import { nameOf } from '../../support/stage.ts';

const CAM = nameOf('live/cam');

const visitOf = (more: Partial<Visit> = {}): Visit => ({
  ...{
    action: 'play',
    protocol: 'http-flv',
    name: CAM,
    query: '',
    address: '192.0.2.1',
    isThisMachine: false,
  },
  ...more,
});

class House {
  readonly time = new FakeTime();
  readonly events: GatewayEvent[] = [];
  readonly feed = new EventFeed('run', this.time.now);
  readonly visits = new Visits({ events: this.feed, clock: this.time.now });
  readonly record = recordingLog();
  readonly counted: string[] = [];
  access: (visit: Visit) => AccessVerdict | Promise<AccessVerdict> = ({ name }) => ({ allowed: true, name });
  playIsOpen = true;
  readonly gate: Gatekeeper;

  constructor(hooks?: HookJudge) {
    this.feed.listen((event) => this.events.push(event));
    const judge = (visit: Visit) => this.access(visit);
    const isOpen = () => this.playIsOpen;
    const access = {
      judge,
      get playIsOpen() {
        return isOpen();
      },
    };
    const { visits, feed: events } = this;
    const refused = (_action: string, reason: string) => void this.counted.push(reason);
    this.gate = new Gatekeeper({ access, hooks, visits, events, refused, log: this.record.log });
  }

  /** The answer, if it is there at once. */
  ask(visit: Visit): Verdict | undefined {
    let verdict: Verdict | undefined;
    this.gate.ask(visit, (said) => (verdict = said));
    return verdict;
  }

  later(visit: Visit): Promise<Verdict> {
    return new Promise((resolve) => void this.gate.ask(visit, resolve));
  }

  mustEnter(visit: Visit): Extract<Verdict, { granted: true }> {
    const verdict = this.ask(visit);
    if (!verdict?.granted) return assert.fail(`not let in at once: ${verdict?.reason ?? 'no answer'}`);
    return verdict;
  }
}

class Hook implements HookJudge {
  readonly asked: HookVisit[] = [];
  readonly signals: AbortSignal[] = [];
  verdict: HookVerdict | Promise<HookVerdict> = { allowed: true };
  connectVerdict: HookVerdict = { allowed: true };
  readonly #actions: readonly string[];

  constructor(...actions: readonly string[]) {
    this.#actions = actions;
  }

  isAsked(action: 'publish' | 'play'): boolean {
    return this.#actions.includes(action);
  }
  isAskedToConnect(): boolean {
    return this.#actions.includes('connect');
  }
  async decide(visit: HookVisit, signal: AbortSignal): Promise<HookVerdict> {
    this.asked.push(visit);
    this.signals.push(signal);
    return this.verdict;
  }
  connect(): Promise<HookVerdict> {
    return Promise.resolve(this.connectVerdict);
  }
}

const nothing = (): void => undefined;
const noTraffic = () => ({ bytesIn: 0, bytesOut: 0 });

test('where nobody has to be waited for, the answer comes before ask returns', () => {
  const house = new House(new Hook('publish'));
  assert.equal(house.mustEnter(visitOf()).name, CAM);
  house.access = () => ({ allowed: false, reason: 'no', missing: true });
  assert.deepEqual(house.ask(visitOf()), { granted: false, reason: 'no', missing: true });
});

test('a key leads to its stream; hooks are asked about that, and may lead on', async () => {
  const hook = new Hook('publish');
  const house = new House(hook);
  house.access = () => ({ allowed: true, name: CAM, key: { id: 'k1' } });
  hook.verdict = { allowed: true, name: nameOf('live/other') };
  const verdict = await house.later(visitOf({ action: 'publish', name: nameOf('live/sk-secret') }));
  assert.ok(verdict.granted, 'granted');
  assert.deepEqual([verdict.name.path, verdict.key], ['live/other', 'k1']);
  assert.equal(hook.asked[0]?.name, CAM);
  assert.equal(hook.asked[0].id, verdict.pass.id, 'the hook knows the visit by its id');
});

test('a hook that refuses or sends elsewhere; who the rules refuse is not asked about', async () => {
  const hook = new Hook('publish');
  const house = new House(hook);
  hook.verdict = { allowed: false, reason: 'sold out', redirect: 'rtmp://other/live/cam' };
  const asked = visitOf({ action: 'publish' });
  assert.deepEqual(await house.later(asked), {
    granted: false,
    reason: 'sold out',
    redirect: 'rtmp://other/live/cam',
  });
  hook.verdict = { allowed: false, reason: 'sold out', redirect: 'rtmp://other/\r\nX: y' };
  assert.deepEqual(
    await house.later(asked),
    { granted: false, reason: 'sold out' },
    'no header of its own making',
  );
  house.access = () => ({ allowed: false, reason: 'no' });
  assert.equal(house.ask(asked)?.granted, false);
  assert.equal(hook.asked.length, 2);
});

test('who gives up gets no answer, is not written into the book, and the hook is told', async () => {
  const hook = new Hook('play');
  const house = new House(hook);
  let keep!: (verdict: HookVerdict) => void;
  hook.verdict = new Promise((resolve) => (keep = resolve));
  const answers: Verdict[] = [];
  const giveUp = house.gate.ask(visitOf(), (verdict) => answers.push(verdict));
  await Promise.resolve();
  giveUp();
  keep({ allowed: true });
  await new Promise(setImmediate);
  assert.deepEqual([answers.length, hook.signals[0]?.aborted], [0, true]);
  assert.equal(house.visits.viewersOf('k1'), 0);
});

test('a key that is revoked while a hook thinks lets nobody in', async () => {
  const hook = new Hook('publish');
  const house = new House(hook);
  let keep!: (verdict: HookVerdict) => void;
  hook.verdict = new Promise((resolve) => (keep = resolve));
  house.access = () => ({ allowed: true, name: CAM, key: { id: 'k1' } });
  const verdict = house.later(visitOf({ action: 'publish' }));
  house.access = () => ({ allowed: false, reason: 'the key was revoked' });
  keep({ allowed: true });
  assert.deepEqual(await verdict, { granted: false, reason: 'the key was revoked', missing: undefined });
});

test('a judge that fails lets nobody in, and the log says why', async () => {
  const house = new House();
  house.access = () => Promise.reject(new Error('oh dear'));
  const verdict = await house.later(visitOf());
  assert.ok(!verdict.granted, 'granted');
  assert.match(verdict.reason, /failed to decide/);
  assert.match(String(house.record.lines[0]?.fields['err']), /oh dear/);
});

test('a key for two viewers lets two in, those who wait included, and the next when one has gone', () => {
  const house = new House();
  house.access = ({ name }) => ({ allowed: true, name, key: { id: 'k1', maxViewers: 2 } });
  const [first] = [house.mustEnter(visitOf()), house.mustEnter(visitOf())];
  const third = house.ask(visitOf());
  assert.match(third?.granted === false ? third.reason : '', /for 2 viewers at a time/);
  first.pass.over('gone');
  first.pass.over('twice');
  house.mustEnter(visitOf());
  assert.equal(house.ask(visitOf())?.granted, false);
});

test('HLS asked for twice, as Safari does: both come in, one of them may begin, and who watches keeps the place', () => {
  const house = new House();
  house.access = ({ name }) => ({ allowed: true, name, key: { id: 'k1', maxViewers: 1 } });
  const hls = visitOf({ protocol: 'hls' });
  const browser = house.mustEnter({ ...hls, program: 'Safari' });
  assert.equal(house.ask({ ...hls, address: '192.0.2.2' })?.granted, false, 'somebody else');
  house.mustEnter(hls).pass.over('asked for a poster');
  const player = house.mustEnter({ ...hls, program: 'AppleCoreMedia' });
  const kicks: string[] = [];
  player.pass.began((reason) => kicks.push(`player: ${reason}`), noTraffic);
  assert.equal(house.visits.viewersOf('k1'), 1);
  assert.equal(house.ask(hls)?.granted, false, 'the place is taken');
  browser.pass.began((reason) => kicks.push(`browser: ${reason}`), noTraffic);
  assert.deepEqual(kicks, ['browser: another player from this address has taken the place']);
  browser.pass.over('kicked');
  assert.equal(house.visits.viewersOf('k1'), 1);
  player.pass.over('gone');
  assert.equal(house.visits.viewersOf('k1'), 0);
});

test('one viewer that is kicked bars nobody else who came with the same key', () => {
  const house = new House();
  house.access = ({ name }) => ({ allowed: true, name, key: { id: 'k1' } });
  const { pass } = house.mustEnter(visitOf());
  pass.began(() => pass.over('kicked'), noTraffic);
  house.visits.kick(pass.id, 'enough');
  assert.equal(house.ask(visitOf())?.granted, false, 'the same one');
  house.mustEnter(visitOf({ address: '192.0.2.2' }));
});

test('a clock that is set back keeps nobody out for longer', () => {
  let now = 10_000_000;
  const visits = new Visits({ events: new EventFeed('run', () => now), clock: () => now });
  const visit = visitOf();
  const pass = visits.admit('v-1', visit, { name: CAM });
  pass.began(() => pass.over('kicked'), noTraffic);
  visits.kick('v-1', 'enough');
  assert.match(visits.barred(visit, { name: CAM }) ?? '', /enough/);
  now -= 3_600_000;
  assert.equal(visits.barred(visit, { name: CAM }), undefined);
});

test('refusals are counted without what hooks and operators write', async () => {
  const hook = new Hook('publish');
  const house = new House(hook);
  hook.verdict = { allowed: false, reason: 'Bob has not paid' };
  await house.later(visitOf({ action: 'publish' }));
  const { pass } = house.mustEnter(visitOf());
  pass.began(() => pass.over('kicked'), noTraffic);
  house.visits.kick(pass.id, 'Alice said so');
  house.ask(visitOf());
  assert.deepEqual(house.counted, ['a hook has refused', 'kicked a moment ago']);
});

test('events: what came and went, for how long, how much, with secrets masked; waiting is no event', () => {
  const house = new House();
  house.gate.connect({ address: '192.0.2.1', app: 'live', query: 'k=1', tcUrl: '', program: 'OBS' }, nothing);
  const visit = visitOf({ action: 'publish', query: 'token=secret', program: 'OBS' });
  const { pass } = house.mustEnter(visit);
  assert.deepEqual(
    house.events.map(({ type }) => type),
    ['connect'],
  );
  pass.began(nothing, () => ({ bytesIn: 7, bytesOut: 0 }));
  house.time.advance(2_500);
  pass.over('enough');
  pass.over('twice');
  const common = {
    ...{ id: undefined, at: undefined },
    ...{ visit: pass.id, stream: 'live/cam', protocol: 'http-flv', address: '192.0.2.1' },
    ...{ program: 'OBS', query: 'token=***' },
  };
  const [, publish, unpublish, more] = house.events.map((event) => ({
    ...event,
    id: undefined,
    at: undefined,
  }));
  assert.deepEqual(publish, { type: 'publish', ...common });
  assert.deepEqual(unpublish, {
    ...{ type: 'unpublish', ...common, reason: 'enough', seconds: 2.5, bytesIn: 7, bytesOut: 0 },
  });
  assert.equal(more, undefined);
  house.mustEnter(visitOf()).pass.over('never began');
  assert.equal(house.events.length, 3);
});

test('connect: refused and sent elsewhere by a hook', async () => {
  const hook = new Hook('connect');
  const house = new House(hook);
  hook.connectVerdict = { allowed: false, reason: 'closed today', redirect: 'rtmp://other/live' };
  const caller = { address: '192.0.2.1', app: 'live', query: '', tcUrl: '', program: '' };
  const refusal = await new Promise<Refusal | undefined>(
    (resolve) => void house.gate.connect(caller, resolve),
  );
  assert.deepEqual(refusal, { reason: 'closed today', redirect: 'rtmp://other/live' });
  assert.equal(house.events.length, 0);
});

test('HLS is open where neither rules nor hooks are asked about watching', () => {
  assert.equal(new House().gate.isOpen(CAM), true);
  assert.equal(new House(new Hook('publish')).gate.isOpen(CAM), true);
  assert.equal(new House(new Hook('play')).gate.isOpen(CAM), false);
  const closed = new House();
  closed.playIsOpen = false;
  assert.equal(closed.gate.isOpen(CAM), false);
});

test('the book: who is here, since when, with what traffic, by which key', () => {
  const house = new House();
  house.access = ({ name }) => ({ allowed: true, name, key: { id: 'k1' } });
  const { pass } = house.mustEnter(visitOf({ program: 'VLC' }));
  assert.deepEqual(house.visits.list(), [], 'not yet');
  house.time.advance(1_000);
  pass.began(nothing, () => ({ bytesIn: 0, bytesOut: 99 }));
  assert.deepEqual(house.visits.list(), [
    {
      ...{ id: pass.id, action: 'play', protocol: 'http-flv', stream: 'live/cam', address: '192.0.2.1' },
      ...{ program: 'VLC', since: '1970-01-01T00:00:01.000Z', bytesIn: 0, bytesOut: 99, key: 'k1' },
    },
  ]);
  pass.over('gone');
  assert.deepEqual(house.visits.list(), []);
});

test('a kick ends the visit and bars the same visitor from the same stream for half a minute', () => {
  const house = new House();
  const visit = visitOf({ action: 'publish', program: 'OBS' });
  const { pass } = house.mustEnter(visit);
  const kicks: string[] = [];
  assert.equal(house.visits.kick(pass.id, 'the desk said so'), false, 'before it began');
  pass.began((reason) => {
    kicks.push(reason);
    pass.over(`kicked: ${reason}`);
  }, noTraffic);
  assert.equal(house.visits.kick(pass.id, 'the desk said so'), true);
  assert.equal(house.visits.kick(pass.id, 'again'), false);
  assert.deepEqual(kicks, ['the desk said so']);
  const back = house.ask(visit);
  assert.deepEqual(back, { granted: false, reason: 'the desk said so (try again in 30 s)' });
  house.mustEnter({ ...visit, address: '192.0.2.2' });
  house.mustEnter({ ...visit, name: nameOf('live/other') });
  house.time.advance(BARRED_MS);
  house.mustEnter(visit);
});

test('a key that is revoked sends away all who came with it, also who has not begun', () => {
  const house = new House();
  house.access = ({ name, query }) => ({ allowed: true, name, key: { id: query } });
  const [first, waiting, other] = ['k1', 'k1', 'k2'].map((query) => house.mustEnter(visitOf({ query })).pass);
  const kicks: string[] = [];
  first?.began((reason) => kicks.push(`first ${reason}`), noTraffic);
  other?.began((reason) => kicks.push(`other ${reason}`), noTraffic);
  assert.equal(house.visits.kickKey('k1', 'revoked'), 2);
  assert.deepEqual(kicks, ['first revoked']);
  waiting?.began((reason) => kicks.push(`waiting ${reason}`), noTraffic);
  assert.deepEqual(kicks, ['first revoked', 'waiting revoked']);
});

test('a thousand kicks are remembered, not more', () => {
  const house = new House();
  for (let index = 0; index < 1_001; index++) {
    const { pass } = house.mustEnter(visitOf({ address: `192.0.2.${index}` }));
    pass.began(() => pass.over('kicked'), noTraffic);
    house.visits.kick(pass.id, 'all of you');
  }
  assert.equal(house.ask(visitOf({ address: '192.0.2.0' }))?.granted, true, 'the oldest is forgotten');
  assert.equal(house.ask(visitOf({ address: '192.0.2.1' }))?.granted, false);
});
