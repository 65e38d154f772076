import assert from 'node:assert/strict';
import { ChunkReader } from '../../../src/protocols/rtmp/chunk-reader.ts';
import { ProtocolError } from '../../../src/protocols/rtmp/errors.ts';
import { MessageType } from '../../../src/protocols/rtmp/message.ts';
import { readCommand } from '../../../src/protocols/rtmp/session/command.ts';
import type { SessionHost } from '../../../src/protocols/rtmp/session/host.ts';
import { ServerSession } from '../../../src/protocols/rtmp/session/server-session.ts';
import { fixedRandom } from '../../unit/rtmp/session-tools.ts';
import { Choices } from '../engine/choices.ts';
import { cuts, outcome, type Target } from '../engine/target.ts';
import { scriptOf, type Step } from './rtmp-script.ts';

const WORDS = {
  commands: [
    'connect',
    'createStream',
    'publish',
    'play',
    'deleteStream',
    'closeStream',
    'FCPublish',
    'FCUnpublish',
    'releaseStream',
    'play2',
    'pause',
    'seek',
    'receiveAudio',
    'receiveVideo',
    'FCSubscribe',
    'FCUnsubscribe',
    '_checkbw',
    'getStreamLength',
    '_result',
    'onStatus',
    '',
    'x'.repeat(200),
  ],
  texts: [
    'cam',
    'live',
    'live/cam',
    'cam?token=1',
    'rtmp://h/live',
    'rtmp://h/live/cam?a',
    'a/b/c',
    '',
    '..',
  ],
};

const HANDSHAKE = Buffer.concat([Buffer.from([3]), Buffer.alloc(1536, 1), Buffer.alloc(1536, 2)]);
/** A `publish` that is asked once more is answered with 130 bytes, and can be asked again in some 10. */
const ANSWER_FACTOR = 20;
const ANSWER_SLACK = 8 * 1024;

type Role = 'publisher asks' | 'publishes' | 'player asks' | 'plays';

/** Keeps the book that every door keeps: who has which role on which message stream. Anything out of order is an error. */
class Door implements SessionHost {
  readonly roles = new Map<number, Role>();
  readonly events: string[] = [];
  readonly sent: Buffer[] = [];
  sentBytes = 0;
  session: ServerSession | undefined;
  closed = false;
  readonly #eager: boolean;
  #accepting: number | undefined;

  constructor(eager: boolean) {
    this.#eager = eager;
  }

  send(bytes: Buffer): void {
    assert.ok(!this.closed, 'nothing is sent after the end');
    this.sent.push(bytes);
    this.sentBytes += bytes.length;
  }

  publish({ streamId, app, name, query, type }: Parameters<SessionHost['publish']>[0]): void {
    this.#take(streamId, 'publisher asks');
    this.events.push(`publish ${streamId} ${app} ${name} ${query} ${type}`);
    if (this.#eager) this.act(0, streamId);
  }

  play({ streamId, app, name, query, start }: Parameters<SessionHost['play']>[0]): void {
    this.#take(streamId, 'player asks');
    this.events.push(`play ${streamId} ${app} ${name} ${query} ${start}`);
    if (this.#eager) this.act(1, streamId);
  }

  media(streamId: number, { type, timestamp, body }: Parameters<SessionHost['media']>[1]): void {
    assert.ok(this.#accepting === streamId || this.roles.get(streamId) === 'publishes', 'media of nobody');
    assert.ok(body.length > 0, 'no empty media');
    assert.ok(
      type === MessageType.audio || type === MessageType.video || type === MessageType.data,
      `${type}`,
    );
    this.events.push(`media ${streamId} ${type} ${timestamp} ${Buffer.from(body).toString('latin1')}`);
  }

  unpublish(streamId: number, because: string): void {
    assert.match(this.roles.get(streamId) ?? 'nobody', /^publish/, 'only a publisher can stop publishing');
    this.roles.delete(streamId);
    this.events.push(`unpublish ${streamId} ${because}`);
  }

  stopPlay(streamId: number, because: string): void {
    assert.match(this.roles.get(streamId) ?? 'nobody', /^play/, 'only a player can stop playing');
    this.roles.delete(streamId);
    this.events.push(`stopPlay ${streamId} ${because}`);
  }

  playControl(streamId: number, wish: object): void {
    assert.match(this.roles.get(streamId) ?? 'nobody', /^play/, 'only players have wishes');
    this.events.push(`control ${streamId} ${JSON.stringify(wish)}`);
  }

  refused(streamId: number, code: string, text: string): void {
    assert.ok(text.length <= 200, 'a short reason');
    this.events.push(`refused ${streamId} ${code}`);
  }

  /** What a gateway does with its end. */
  act(act: number, streamId: number): void {
    const session = this.session!;
    if (act === 0)
      this.#accept(streamId, 'publisher asks', 'publishes', () => session.verdicts.acceptPublish(streamId));
    if (act === 1)
      this.#accept(streamId, 'player asks', 'plays', () => session.verdicts.acceptPlay(streamId));
    if (act === 2 && session.verdicts.refusePublish(streamId, 'NetStream.Publish.BadName', 'no'))
      this.#drop(streamId, /^publish/);
    if (act === 3 && session.verdicts.refusePlay(streamId, 'NetStream.Play.StreamNotFound', 'no'))
      this.#drop(streamId, /^play/);
    if (act === 4) session.verdicts.playEnded(streamId);
    if (act === 5) session.verdicts.publisherReturned(streamId);
    if (act === 6) session.ping(streamId * 0x7fffffff);
    if (act === 7) session.sentBeside(1000);
  }

  #take(streamId: number, role: Role): void {
    assert.equal(this.roles.get(streamId), undefined, `${role} on a stream that is taken`);
    assert.ok(streamId >= 0 && this.roles.size < 16, 'as many roles as streams');
    this.roles.set(streamId, role);
  }

  #accept(streamId: number, from: Role, to: Role, accept: () => boolean): void {
    const isDue = this.roles.get(streamId) === from;
    // What was held is delivered inside the call.
    if (isDue && to === 'publishes') this.#accepting = streamId;
    assert.equal(accept(), isDue, `who asked can be accepted, and nobody else (${to})`);
    this.#accepting = undefined;
    if (isDue) this.roles.set(streamId, to);
  }

  #drop(streamId: number, role: RegExp): void {
    assert.match(this.roles.get(streamId) ?? 'nobody', role, 'a refusal is for somebody');
    this.roles.delete(streamId);
  }
}

interface Run {
  readonly events: readonly string[];
  readonly said: readonly string[];
  readonly refusal: string | undefined;
}

function play(steps: readonly Step[], eager: boolean, cut: number): Run {
  const door = new Door(eager);
  const session = new ServerSession(door, { random: fixedRandom });
  door.session = session;
  session.receive(HANDSHAKE);
  let received = 0;
  const done = outcome([ProtocolError], () => {
    for (const step of steps) {
      if (step.kind === 'act') {
        door.act(step.act, step.streamId);
      } else {
        received += step.bytes.length;
        for (const piece of cuts(step.bytes)[cut]!) session.receive(piece);
      }
    }
  });
  const most = 3073 + ANSWER_FACTOR * received + ANSWER_SLACK + 400 * steps.length;
  assert.ok(door.sentBytes <= most, `${received} bytes in, ${door.sentBytes} out`);
  assert.ok(typeof session.phase === 'string' && session.facts.chunkSize > 0, 'facts can be asked for');
  session.end('over');
  assert.equal(door.roles.size, 0, 'at the end nobody publishes or plays');
  door.closed = true;
  session.receive(Buffer.from([1, 2, 3]));
  session.end('again');
  return {
    events: door.events,
    said: saidBy(door.sent.slice(1)),
    refusal: 'error' in done ? done.error.message : undefined,
  };
}

/** Our own reader understands every byte. Acknowledgements count reads, so they are left out of what is compared. */
function saidBy(sent: readonly Buffer[]): string[] {
  const said: string[] = [];
  const reader = new ChunkReader();
  reader.push(Buffer.concat(sent), (message) => {
    if (message.type === MessageType.acknowledgement) return;
    if (message.type === MessageType.command) readCommand(message);
    const { chunkStreamId, type, streamId, body } = message;
    said.push(`${chunkStreamId} ${type} ${streamId} ${Buffer.from(body).toString('latin1')}`);
  });
  return said;
}

export const serverSession: Target = {
  name: 'server-session',
  holds:
    'RTMP server session: whatever a peer says, only a ProtocolError ends it, the book of roles stays in order, answers are bounded and well-formed, cuts change nothing',
  maxBytes: 4096,
  deadlineMs: 250,
  seeds: () => [
    // flags, then: connect; createStream; publish; verdict; media
    Buffer.from([
      1, 12, 1, 0, 0, 8, 2, 0, 1, 1, 4, 0, 1, 1, 3, 0, 12, 1, 1, 0, 0, 0, 0, 12, 1, 2, 0, 0, 2, 1, 0, 1, 1,
    ]),
    Buffer.from([
      0, 12, 1, 0, 0, 7, 1, 0, 1, 1, 0, 3, 0, 0, 12, 1, 1, 0, 0, 0, 12, 1, 3, 0, 0, 1, 1, 0, 0, 1, 1, 1,
    ]),
    Buffer.from([0, 12, 0, 0, 0, 0, 0, 0, 0, 12, 2, 0, 0, 1, 1, 0, 0, 0, 8, 0, 0, 3, 1, 2, 3, 0, 0, 0, 0, 1]),
    Buffer.from([1, 4, 1, 0, 0, 0, 12, 0, 0, 0, 0, 0, 1, 0, 5, 3, 1, 6, 0, 0, 0, 7, 2, 0, 3, 1, 2, 3, 0]),
    Buffer.from([1, 3, 12, 3, 0, 0, 0, 0, 0, 4, 5, 0, 0, 0, 0, 0, 11, 3, 2, 9, 1, 4, 1, 2, 3, 4, 0]),
  ],
  run(bytes) {
    const choices = new Choices(bytes);
    const eager = choices.below(2) === 1;
    const steps = scriptOf(choices, WORDS);
    const whole = play(steps, eager, 0);
    for (const cut of [1, 2])
      assert.deepEqual(play(steps, eager, cut), whole, 'cut otherwise, it goes otherwise');
  },
};
