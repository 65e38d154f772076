import assert from 'node:assert/strict';
import { ChunkReader } from '../../../src/protocols/rtmp/chunk-reader.ts';
import { ProtocolError } from '../../../src/protocols/rtmp/errors.ts';
import { ClientHandshake } from '../../../src/protocols/rtmp/handshake/client-handshake.ts';
import { ServerHandshake } from '../../../src/protocols/rtmp/handshake/server-handshake.ts';
import { MessageType } from '../../../src/protocols/rtmp/message.ts';
import { ClientSession } from '../../../src/protocols/rtmp/session/client-session.ts';
import { clientTarget } from '../../../src/protocols/rtmp/session/client-url.ts';
import { fixedRandom } from '../../unit/rtmp/session-tools.ts';
import { Choices } from '../engine/choices.ts';
import { cuts, outcome, type Target } from '../engine/target.ts';
import { scriptOf, type Step } from './rtmp-script.ts';

const WORDS = {
  commands: ['_result', 'onStatus', '_error', 'onBWDone', 'close', 'onFCPublish', 'connect', ''],
  texts: [
    'NetStream.Publish.Start',
    'NetStream.Play.Start',
    'NetStream.Play.UnpublishNotify',
    'error',
    'status',
    'onMetaData',
    '',
  ],
};

const TARGET = clientTarget('rtmp://h/live/cam')!;
/** S0, S1 and S2 of a server that does not sign. */
const SERVER_HELLO = Buffer.concat([Buffer.from([3]), Buffer.alloc(3072, 7)]);
const ANSWER_FACTOR = 20;
const ANSWER_SLACK = 8 * 1024;

function play(steps: readonly Step[], mode: 'publish' | 'play', cut: number): unknown {
  const events: string[] = [];
  const sent: Buffer[] = [];
  const count = { started: 0, ended: 0 };
  const session = new ClientSession(
    {
      send: (bytes) => sent.push(bytes),
      started: () => count.started++,
      ended: (code, text) => {
        count.ended++;
        events.push(`ended ${code} ${text}`);
      },
      media: ({ type, timestamp, body }) => {
        assert.ok(count.started === 1 && count.ended === 0 && mode === 'play', 'media while it plays');
        events.push(`${type} ${timestamp} ${Buffer.from(body).toString('latin1')}`);
      },
    },
    { random: fixedRandom, mode, target: TARGET },
  );
  session.start();
  session.receive(SERVER_HELLO);
  const shaken = sent.splice(0).reduce((sum, bytes) => sum + bytes.length, 0);
  assert.ok(shaken < 4096, 'handshake and connect');
  let received = 0;
  const done = outcome([ProtocolError], () => {
    for (const step of steps) {
      if (step.kind === 'act') {
        if (step.act === 0) session.goodbye();
        else session.sendMedia(9, step.streamId * 0x7fffffff, Buffer.alloc(step.act, 1));
        continue;
      }
      received += step.bytes.length;
      for (const piece of cuts(step.bytes)[cut]!) session.receive(piece);
    }
  });
  assert.ok(count.started <= 1 && count.ended <= 1, 'begins once and ends once');
  const out = sent.reduce((sum, bytes) => sum + bytes.length, 0);
  assert.ok(
    out <= ANSWER_FACTOR * received + ANSWER_SLACK + 400 * steps.length,
    `${received} in, ${out} out`,
  );
  const said: string[] = [];
  new ChunkReader().push(Buffer.concat(sent), ({ type, streamId, body }) => {
    if (type !== MessageType.acknowledgement)
      said.push(`${type} ${streamId} ${Buffer.from(body).toString('latin1')}`);
  });
  return { events, said, phase: session.phase, refusal: 'error' in done ? done.error.message : undefined };
}

export const clientSession: Target = {
  name: 'client-session',
  holds:
    'RTMP client session: whatever a server says, only a ProtocolError ends it, it begins and ends once, cuts change nothing',
  maxBytes: 4096,
  deadlineMs: 250,
  seeds: () => [
    Buffer.from([
      0, 12, 1, 0, 0, 0, 0, 1, 0, 0, 1, 12, 1, 0, 2, 0, 1, 3, 0, 1, 0, 1, 12, 1, 1, 1, 0, 1, 8, 1, 4, 1, 0,
    ]),
    Buffer.from([
      1, 12, 1, 0, 0, 0, 0, 1, 0, 0, 1, 12, 1, 0, 2, 0, 1, 3, 0, 1, 0, 1, 12, 1, 1, 1, 0, 1, 8, 1, 4, 1, 1,
    ]),
  ],
  run(bytes) {
    const choices = new Choices(bytes);
    const mode = choices.below(2) === 0 ? 'publish' : 'play';
    const steps = scriptOf(choices, WORDS);
    const whole = play(steps, mode, 0);
    for (const cut of [1, 2])
      assert.deepEqual(play(steps, mode, cut), whole, 'cut otherwise, it goes otherwise');
  },
};

const HELLO_BYTES = 1 + 2 * 1536;

export const handshake: Target = {
  name: 'handshake',
  holds:
    'RTMP handshake: each side takes any bytes or refuses them with a ProtocolError, answers with as many bytes as the standard says, and passes on exactly what came after',
  maxBytes: HELLO_BYTES + 64,
  deadlineMs: 50,
  seeds: () => {
    const signed = new ClientHandshake(fixedRandom, 1).start();
    const c1 = Buffer.concat([signed, Buffer.alloc(1536, 1), Buffer.from('rest')]);
    const s1 = new ServerHandshake(fixedRandom).receive(new ClientHandshake(fixedRandom).start()).send!;
    return [c1, s1, Buffer.concat([Buffer.from([3]), Buffer.alloc(3072, 5), Buffer.from('rest')])];
  },
  run(bytes) {
    const whole = cuts(bytes).map((pieces) => shake(new ServerHandshake(fixedRandom), pieces));
    for (const other of whole) assert.deepEqual(other, whole[0], 'server: cut otherwise, it goes otherwise');
    const { sent, rest } = whole[0]!;
    assert.ok(sent === '' || sent.length === 2 * HELLO_BYTES, `${sent.length / 2} bytes`);
    if (rest !== undefined)
      assert.equal(rest, bytes.subarray(HELLO_BYTES).toString('hex'), 'what came after');
    const client = cuts(bytes).map((pieces) => shake(new ClientHandshake(fixedRandom), pieces));
    for (const other of client)
      assert.deepEqual(other, client[0], 'client: cut otherwise, it goes otherwise');
    assert.ok(client[0]!.sent.length <= 2 * 1536, 'C2');
  },
};

function shake(
  side: ServerHandshake | ClientHandshake,
  pieces: readonly Buffer[],
): { sent: string; rest: string | undefined; refusal: string | undefined } {
  let sent = '';
  let rest: string | undefined;
  const done = outcome([ProtocolError], () => {
    for (const piece of pieces) {
      if (rest !== undefined) {
        rest += piece.toString('hex');
        continue;
      }
      const step = side.receive(piece);
      sent += step.send?.toString('hex') ?? '';
      if (step.rest !== undefined) rest = Buffer.from(step.rest).toString('hex');
    }
  });
  return { sent, rest, refusal: 'error' in done ? done.error.message : undefined };
}
