import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { ClientAddresses } from '../../../src/servers/http/client-address.ts';
import { ClipRoute, type Clip } from '../../../src/servers/http/clip-route.ts';
import type { HlsGuest } from '../../../src/servers/http/playlist-sender.ts';
import { recordingLog } from '../../support/recording-log.ts';

const NAME = { app: 'live', stream: 'cam', path: 'live/cam' };

/** Sound whose frames all have the same size: the same tables, whenever it was. */
function clip(startedAt: number): Clip {
  const head = Buffer.from('the same tables');
  const bytes = Buffer.from(`${startedAt}`);
  return {
    ...{ head, startedAt, heldBytes: 0, bytes: bytes.length },
    async *read(from, to) {
      yield await Promise.resolve(bytes.subarray(from, to));
    },
  };
}

async function asked(clips: readonly Clip[], guest?: HlsGuest): Promise<Response[]> {
  const left = [...clips];
  const route = new ClipRoute({
    make: () => Promise.resolve(left.shift()!),
    clients: new ClientAddresses(),
    longestSeconds: () => 600,
    clock: () => 1e12,
    log: recordingLog().log,
  });
  const server = createServer((request, response) => {
    const target = { kind: 'clip', name: NAME } as const;
    route.serve({ target, query: new URLSearchParams(), request, response, guest });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const answers: Response[] = [];
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/live/cam/clip.mp4`;
  while (answers.length < clips.length) answers.push(await fetch(url));
  for (const answer of answers) await answer.arrayBuffer();
  server.close();
  return answers;
}

test('clips of other times are told apart, though their tables are the same', async () => {
  const [one, other] = await asked([clip(1e12), clip(1e12 + 1000)]);
  assert.equal(one!.status, 200);
  assert.notEqual(one!.headers.get('etag'), other!.headers.get('etag'));
});

test('who has been sent away gets no clip', async () => {
  const nothing = (): undefined => undefined;
  const guest = { path: NAME.path, isPrivate: true, refusal: 'sent away' };
  const [answer] = await asked([clip(1e12)], { ...guest, waits: nothing, enter: nothing, sent: nothing });
  assert.equal(answer!.status, 403);
});
