import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AmfObject } from '../../../src/amf/value.ts';
import type { ConnectRequest } from '../../../src/protocols/rtmp/session/host.ts';
import { RawClient } from './session-tools.ts';

/** A client whose `connect` waits for a verdict. */
function asking() {
  const requests: ConnectRequest[] = [];
  const client = new RawClient({ connect: (request) => void requests.push(request) }).shakeHands();
  return { client, requests };
}

const names = (client: RawClient): unknown[] => client.said().map(({ values }) => values[0]);

test('connect waits for the verdict; what the peer says meanwhile is heard after it, in order', () => {
  const { client, requests } = asking();
  client.connect('live?token=1', { pageUrl: 'https://page', swfUrl: 'https://film' });
  assert.deepEqual(requests, [
    {
      ...{ app: 'live', query: 'token=1', flashVersion: 'FMLE/3.0', tcUrl: 'rtmp://h/live?token=1' },
      ...{ pageUrl: 'https://page', swfUrl: 'https://film' },
    },
  ]);
  client.command(0, 'createStream', 2, null);
  client.command(1, 'publish', 3, null, 'cam', 'live');
  assert.deepEqual(
    [client.session.phase, names(client), client.host.publishes.length],
    ['connecting', [], 0],
  );
  assert.equal(client.session.acceptConnect(), true);
  assert.equal(client.host.publishes[0]?.name, 'cam');
  assert.deepEqual(names(client).filter((name) => name === '_result').length, 2);
  assert.equal(client.session.acceptConnect(), false, 'once');
});

test('a refusal says why, and where else to go in the way of Flash', () => {
  const { client } = asking();
  client.connect();
  assert.equal(client.session.refuseConnect('closed today', 'rtmp://other/live'), true);
  const [name, transaction, , info] = client.said()[0]?.values ?? [];
  assert.deepEqual([name, transaction], ['_error', 1]);
  const said = info as AmfObject;
  assert.deepEqual(
    [said.get('code'), said.get('description')],
    ['NetConnection.Connect.Rejected', 'closed today'],
  );
  const elsewhere = said.get('ex') as AmfObject;
  assert.deepEqual([elsewhere.get('code'), elsewhere.get('redirect')], [302, 'rtmp://other/live']);
});

test('a peer that goes on and on before the verdict is cut off', () => {
  const { client } = asking();
  client.connect();
  const flood = (): void => {
    for (let count = 0; count < 40; count++) client.command(0, 'createStream', 2, null);
  };
  assert.throws(flood, { code: 'RTMP_HELD_BYTES' });
  const media = asking().client;
  media.connect();
  assert.throws(
    () => {
      for (let count = 0; count < 3; count++) media.message(9, 1, Buffer.alloc(30_000));
    },
    { code: 'RTMP_HELD_BYTES' },
  );
});

test('a verdict after the end of the connection does nothing', () => {
  const { client } = asking();
  client.connect();
  client.session.end('gone');
  assert.deepEqual([client.session.acceptConnect(), client.session.refuseConnect('no')], [false, false]);
  assert.deepEqual(names(client), []);
});
