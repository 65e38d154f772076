import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { WebSocket } from 'ws';
import { sleep } from '../scenarios/scenario.ts';
import { placesIn, type CpuProfile } from './self-time.ts';

/** Fine enough for a function of half a percent in a few seconds. */
const SAMPLE_MICROS = 200;

/** Profiles a process that listens for inspectors, for some seconds of what it does now. */
export async function profileProcess(inspectPort: number, seconds: number): Promise<CpuProfile> {
  const answer = await fetch(`http://127.0.0.1:${inspectPort}/json/list`);
  const [target] = (await answer.json()) as { webSocketDebuggerUrl: string }[];
  if (!target) throw new Error('the process cannot be inspected');
  const socket = new WebSocket(target.webSocketDebuggerUrl, { maxPayload: 2 ** 30 });
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  await call(socket, 'Profiler.enable');
  await call(socket, 'Profiler.setSamplingInterval', { interval: SAMPLE_MICROS });
  await call(socket, 'Profiler.start');
  await sleep(seconds * 1000);
  const { profile } = (await call(socket, 'Profiler.stop')) as { profile: CpuProfile };
  socket.close();
  return profile;
}

let lastId = 0;

function call(socket: WebSocket, method: string, params: object = {}): Promise<unknown> {
  const id = ++lastId;
  return new Promise((resolve, reject) => {
    const take = (data: Buffer): void => {
      const answer = JSON.parse(data.toString()) as {
        id?: number;
        result?: unknown;
        error?: { message: string };
      };
      if (answer.id !== id) return;
      socket.off('message', take);
      if (answer.error) reject(new Error(answer.error.message));
      else resolve(answer.result);
    };
    socket.on('message', take);
    socket.send(JSON.stringify({ id, method, params }));
  });
}

const bundles = new Map<string, (line: number) => string | undefined>();

/** Where a function of the built gateway was written. */
export function placeInBundle(url: string, line: number): string {
  if (!url.startsWith('file:')) return url;
  let places = bundles.get(url);
  if (!places) {
    places = placesIn(readFileSync(fileURLToPath(url), 'utf8'));
    bundles.set(url, places);
  }
  const modules = url.lastIndexOf('/node_modules/');
  if (modules >= 0) return url.slice(modules + '/node_modules/'.length);
  return places(line) ?? url.split('/').slice(-2).join('/');
}
