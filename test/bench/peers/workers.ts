import { join } from 'node:path';
import { publishOne } from '../load.ts';
import { Running } from '../running.ts';
import { sleep } from '../scenarios/scenario.ts';
import type { Peer } from './peer.ts';
import { freePort, listening } from './ports.ts';

/** One stream, watched through so many worker processes: the stream is on the air when this resolves. */
export async function startWorkers(count: number): Promise<Peer> {
  const rtmpPort = await freePort();
  const httpPort = await freePort();
  const workerPorts: number[] = [];
  for (let worker = 0; worker < count; worker++) workerPorts.push(await freePort());
  const program = join(import.meta.dirname, '../gateway-workers.ts');
  const args = [count, rtmpPort, httpPort, ...workerPorts].map(String);
  const running = new Running(process.execPath, ['--import', 'tsx', program, ...args]);
  await running.event('listening');
  const publisher = await publishOne(rtmpPort);
  await sleep(2_500);
  running.tell('go');
  await listening(httpPort);
  while (running.events('relaying').length < count && !running.isOver) await sleep(50);
  const stop = async (): Promise<void> => {
    await publisher.stop();
    await running.stop();
  };
  return { name: `${count} workers`, running, rtmpPort, httpPort, stop };
}
