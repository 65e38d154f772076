import assert from 'node:assert/strict';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Writable } from 'node:stream';
import { mock, test } from 'node:test';
import { isLoopback, plainAddress } from '../../../src/servers/address.ts';
import { endSocket, SocketSink } from '../../../src/servers/socket-sink.ts';
import { Batch } from '../../../src/stream/batch.ts';

/** A socket's writing side: what one call to the system would send is one entry; nothing is taken while it is held. */
class Pipe extends Writable {
  readonly calls: Buffer[][] = [];
  #release: (() => void) | undefined;
  isHeld = false;

  override _writev(chunks: { chunk: Buffer }[], done: () => void): void {
    this.calls.push(chunks.map(({ chunk }) => chunk));
    if (this.isHeld) this.#release = done;
    else done();
  }
  /** Sinks take their sockets out of the server's time limit. */
  timeoutMs: number | undefined;

  setTimeout(ms: number): void {
    this.timeoutMs = ms;
  }

  release(): void {
    this.isHeld = false;
    this.#release?.();
  }
}

const batch = (text: string): Batch => Batch.of(Buffer.from(text), 2);

function sinkOf(pipe: Pipe): SocketSink {
  return new SocketSink(pipe as unknown as Socket, {
    protocol: 'rtmp',
    bytesOf: (one) => one.bytes,
    close: () => undefined,
  });
}

test('a batch goes to the socket as the one buffer that it is', () => {
  const pipe = new Pipe();
  const one = batch('one');
  sinkOf(pipe).write(one);
  assert.equal(pipe.calls[0]?.[0], one.bytes);
});

test('several batches are one call to the system', () => {
  const pipe = new Pipe();
  const batches = [batch('header'), batch('gop'), batch('more')];
  sinkOf(pipe).writeAll(batches);
  assert.equal(pipe.calls.length, 1);
  assert.deepEqual(
    pipe.calls[0],
    batches.map(({ bytes }) => bytes),
  );
});

test('queued bytes are those the system has not taken', () => {
  const pipe = new Pipe();
  const sink = sinkOf(pipe);
  pipe.isHeld = true;
  sink.write(batch('12345'));
  sink.write(batch('678'));
  assert.equal(sink.queuedBytes, 8);
  pipe.release();
  return new Promise<void>((resolve) =>
    setImmediate(() => {
      assert.equal(sink.queuedBytes, 0);
      resolve();
    }),
  );
});

test('a socket that has ended or is destroyed is left alone', () => {
  for (const stop of [(pipe: Pipe) => void pipe.end(), (pipe: Pipe) => void pipe.destroy()]) {
    const pipe = new Pipe();
    pipe.on('error', (error) => assert.fail(error));
    stop(pipe);
    sinkOf(pipe).write(batch('one'));
    sinkOf(pipe).writeAll([batch('two')]);
    assert.equal(pipe.writableLength, 0);
    assert.equal(pipe.writableCorked, 0);
  }
});

test('ending lets a peer read what is queued, but does not wait for one that never closes', async () => {
  const server = createServer({ allowHalfOpen: true });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const accepted = new Promise<Socket>((resolve) => server.once('connection', resolve));
  const client = connect({
    port: (server.address() as AddressInfo).port,
    host: '127.0.0.1',
    allowHalfOpen: true,
  });
  const socket = await accepted;
  mock.timers.enable({ apis: ['setTimeout'] });
  try {
    socket.write('the last words');
    endSocket(socket);
    endSocket(socket);
    const read: string[] = [];
    client.on('data', (bytes: Buffer) => read.push(bytes.toString()));
    await new Promise((resolve) => client.once('end', resolve));
    assert.deepEqual([read.join(''), socket.destroyed], ['the last words', false]);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    mock.timers.tick(1_999);
    assert.equal(socket.destroyed, false);
    mock.timers.tick(1);
    assert.equal(socket.destroyed, true);
    await closed;
    endSocket(socket);
  } finally {
    mock.timers.reset();
    client.destroy();
    server.close();
  }
});

test('an IPv4 address is the same peer in both spellings', () => {
  assert.equal(plainAddress('::ffff:192.0.2.1'), '192.0.2.1');
  for (const address of ['192.0.2.1', '2001:db8::1', '::1', '::ffff:c000:201'])
    assert.equal(plainAddress(address), address);
  assert.equal(plainAddress(undefined), 'unknown');
});

test('loopback is 127.0.0.0/8 and ::1, and nothing that only looks like it', () => {
  for (const address of ['127.0.0.1', '127.1.2.3', '::1']) assert.equal(isLoopback(address), true, address);
  for (const address of [
    '128.0.0.1',
    '192.0.2.127',
    '127.0.0.1.example',
    '::2',
    '::',
    'unknown',
    '',
    '0.0.0.0',
  ])
    assert.equal(isLoopback(address), false, address);
});
