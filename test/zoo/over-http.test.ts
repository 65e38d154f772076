import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, describe, test } from 'node:test';
import type { Animal } from './animal.ts';
import { HEALTHY } from './animals/index.ts';
import { HTTP } from './animals/http.ts';
import { Crowd } from './crowd.ts';
import { HighZoo } from './high-zoo.ts';
import { toRequest } from './wire.ts';

const SECONDS = 4;
const ALL = [...HTTP, ...HEALTHY.filter(({ name, needsHttp }) => needsHttp ?? name === 'plain')];

let zoo: HighZoo;
let crowd: Crowd<Animal>;
const server = createServer((request, response) => void serve(request, response));

async function serve({ method, url, headers }: IncomingMessage, response: ServerResponse): Promise<void> {
  const asked = new Request(new URL(url ?? '/', zoo.base), {
    method: method!,
    headers: headers as HeadersInit,
  });
  const answer = toRequest(asked, zoo.answer(new URL(asked.url)));
  response.writeHead(answer.status, Object.fromEntries(answer.headers));
  response.end(Buffer.from(await answer.arrayBuffer()));
}

before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  zoo = new HighZoo(ALL, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  crowd = new Crowd<Animal>(zoo, () => SECONDS);
  await crowd.look(ALL);
});

after(() => {
  server.close();
  server.closeAllConnections();
});

describe('over real connections', () => {
  for (const animal of ALL) test(`${animal.name}: ${animal.what}`, () => crowd.judge(animal));
});
