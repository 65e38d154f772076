import assert from 'node:assert/strict';
import { createHmac, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { ClientHandshake } from '../../../src/protocols/rtmp/handshake/client-handshake.ts';
import { ServerHandshake } from '../../../src/protocols/rtmp/handshake/server-handshake.ts';

/*
 * The signatures once more, written from what players check and sharing nothing with the code under test:
 * bytes in, true or false out.
 */
const TAIL = [
  0xf0, 0xee, 0xc2, 0x4a, 0x80, 0x68, 0xbe, 0xe8, 0x2e, 0x00, 0xd0, 0xd1, 0x02, 0x9e, 0x7e, 0x57, 0x6e, 0xec,
  0x5d, 0x2d, 0x29, 0x80, 0x6f, 0xab, 0x93, 0xb8, 0xe6, 0x36, 0xcf, 0xeb, 0x31, 0xae,
];
const PLAYER = Buffer.from('Genuine Adobe Flash Player 001', 'latin1');
const SERVER = Buffer.from('Genuine Adobe Flash Media Server 001', 'latin1');
const sha = (key: Uint8Array, data: Uint8Array) => createHmac('sha256', key).update(data).digest();

function placeOf(block: Buffer, scheme: number): number {
  return scheme === 0
    ? ((block[8]! + block[9]! + block[10]! + block[11]!) % 728) + 12
    : ((block[772]! + block[773]! + block[774]! + block[775]!) % 728) + 776;
}
function expectedDigest(block: Buffer, scheme: number, key: Buffer): Buffer {
  const place = placeOf(block, scheme);
  const joined = Buffer.alloc(1504);
  block.copy(joined, 0, 0, place);
  block.copy(joined, place, place + 32);
  return sha(key, joined);
}
function digestIn(block: Buffer, scheme: number): Buffer {
  return block.subarray(placeOf(block, scheme), placeOf(block, scheme) + 32);
}
function expectedSignature(second: Buffer, firstDigest: Buffer, key: Buffer): Buffer {
  return sha(sha(Buffer.concat([key, Buffer.from(TAIL)]), firstDigest), second.subarray(0, 1504));
}
/** C1 as a player of the Flash era makes it. */
function signedC1(scheme: number, fill: Buffer = randomBytes(1536)): Buffer {
  const block = Buffer.from(fill);
  block.writeUInt32BE(0x80000702, 4);
  const digest = expectedDigest(block, scheme, PLAYER);
  digest.copy(block, placeOf(block, scheme));
  return block;
}

const C0 = Buffer.from([3]);
/** Not random at all, and different with each call. */
function counting() {
  let next = 1;
  return (size: number) => Buffer.alloc(size, next++);
}

test('clients compare S2 with C1: the plain handshake gives it back byte for byte, S1 without a version', () => {
  const c1 = randomBytes(1536);
  const server = new ServerHandshake(counting());
  const { send, rest } = server.receive(Buffer.concat([C0, c1]));
  assert.equal(rest, undefined);
  assert.equal(server.scheme, undefined);
  assert.deepEqual(send, Buffer.concat([C0, Buffer.alloc(8), Buffer.alloc(1528, 1), c1]));
});

for (const scheme of [0, 1]) {
  test(`Flash-era clients need digests, scheme ${scheme}: S1 and S2 carry the signatures a player checks`, () => {
    for (const fill of [randomBytes(1536), Buffer.alloc(1536, 0xff), Buffer.alloc(1536)]) {
      const c1 = signedC1(scheme, fill);
      const server = new ServerHandshake(randomBytes);
      const { send } = server.receive(Buffer.concat([C0, c1]));
      assert.ok(send);
      assert.equal(send.length, 3073);
      assert.equal(send[0], 3);
      assert.equal(server.scheme, scheme);
      const s1 = send.subarray(1, 1537);
      const s2 = send.subarray(1537);
      assert.notEqual(s1.readUInt32BE(4), 0);
      assert.deepEqual(digestIn(s1, scheme), expectedDigest(s1, scheme, SERVER));
      assert.deepEqual(s2.subarray(1504), expectedSignature(s2, digestIn(c1, scheme), SERVER));
    }
  });

  test(`one wrong bit in a scheme ${scheme} signature makes the handshake plain`, () => {
    const c1 = signedC1(scheme);
    c1[placeOf(c1, scheme) + 31]! ^= 1;
    const { send } = new ServerHandshake(randomBytes).receive(Buffer.concat([C0, c1]));
    assert.deepEqual(send?.subarray(1537), c1);
  });

  test(`the client signs C1 and C2 by scheme ${scheme}`, () => {
    const client = new ClientHandshake(randomBytes, scheme as 0 | 1);
    const start = client.start();
    assert.equal(start.length, 1537);
    assert.equal(start[0], 3);
    const c1 = start.subarray(1);
    assert.deepEqual(digestIn(c1, scheme), expectedDigest(c1, scheme, PLAYER));

    const { send: answer } = new ServerHandshake(randomBytes).receive(start);
    assert.ok(answer);
    const { send: c2, rest } = client.receive(answer);
    assert.ok(c2);
    assert.equal(client.signed, true);
    assert.deepEqual(
      c2.subarray(1504),
      expectedSignature(c2, digestIn(answer.subarray(1, 1537), scheme), PLAYER),
    );
    assert.equal(rest?.length, 0);
  });
}

test('C0, C1 and C2 may be cut anywhere, and what is glued behind C2 is handed on', () => {
  const c1 = signedC1(1);
  const whole = Buffer.concat([C0, c1, Buffer.alloc(1536, 0x77), Buffer.from('connect')]);
  for (let cut = 1; cut < whole.length; cut += cut > 1530 && cut < 1545 ? 1 : 7) {
    const server = new ServerHandshake(counting());
    const steps = [server.receive(whole.subarray(0, cut)), server.receive(whole.subarray(cut))];
    const sent = steps.flatMap((step) => step.send ?? []);
    assert.equal(sent.length, 1, `cut after ${cut}`);
    assert.equal(sent[0]?.length, 3073);
    const rest = cut >= 3073 ? [...steps[0]!.rest!, ...whole.subarray(cut)] : steps[1]!.rest;
    assert.equal(Buffer.from(rest!).toString(), 'connect', `cut after ${cut}`);
  }
});

test('the handshake comes one byte at a time: the same answer after C1, the end after C2', () => {
  for (const c1 of [randomBytes(1536), signedC1(0), signedC1(1)]) {
    // C2 is rubbish: nobody may insist on what is in it.
    const whole = Buffer.concat([C0, c1, randomBytes(1536)]);
    const server = new ServerHandshake(counting());
    const seen: string[] = [];
    let answer: Buffer | undefined;
    whole.forEach((byte, index) => {
      const step = server.receive(Buffer.from([byte]));
      if (step.send) seen.push(`answer after ${index + 1}`);
      if (step.rest) seen.push(`end after ${index + 1} with ${step.rest.length}`);
      answer ??= step.send;
    });
    assert.deepEqual(seen, ['answer after 1537', 'end after 3073 with 0']);
    assert.deepEqual(answer, new ServerHandshake(counting()).receive(Buffer.concat([C0, c1])).send);
  }
});

test('an empty read changes nothing', () => {
  assert.deepEqual(new ServerHandshake(randomBytes).receive(Buffer.alloc(0)), {});
  assert.deepEqual(new ClientHandshake(randomBytes).receive(Buffer.alloc(0)), {});
});

for (const [first, words] of [
  [6, /RTMPE/],
  [0x16, /TLS/],
  [0x47, /HTTP/],
  [0, /version 0/],
] as const) {
  test(`a first byte of ${first} is refused at once, in words`, () => {
    assert.throws(() => new ServerHandshake(randomBytes).receive(Buffer.from([first])), {
      code: 'RTMP_VERSION',
      message: words,
    });
  });
}

test('the client echoes S1 to a server that does not sign', () => {
  const client = new ClientHandshake(counting());
  const s1 = Buffer.alloc(1536, 0x42);
  const answer = Buffer.concat([C0, s1, client.start().subarray(1), Buffer.from('more')]);
  assert.deepEqual(client.receive(answer.subarray(0, 2000)), {});
  const { send, rest } = client.receive(answer.subarray(2000));
  assert.deepEqual(send, s1);
  assert.equal(client.signed, false);
  assert.equal(Buffer.from(rest!).toString(), 'more');
});

test('the client ends the connection when a server that signs gets S2 wrong', () => {
  const client = new ClientHandshake(randomBytes);
  const { send } = new ServerHandshake(randomBytes).receive(client.start());
  const wrong = Buffer.from(send!);
  wrong[3072]! ^= 1;
  assert.throws(() => client.receive(wrong), { code: 'RTMP_HANDSHAKE' });
});

test('the client ends the connection when the server is not RTMP', () => {
  assert.throws(() => new ClientHandshake(randomBytes).receive(Buffer.from('HTTP/1.1')), {
    code: 'RTMP_VERSION',
  });
});
