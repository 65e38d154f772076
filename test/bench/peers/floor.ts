import { join } from 'node:path';
import { CACHE } from '../load.ts';
import { Running } from '../running.ts';
import type { Peer } from './peer.ts';
import { freePort, listening } from './ports.ts';

/** The physical limit: one send of one shared buffer per viewer and period. */
export async function startFloor(bytesPerSecond: number, periodMs: number): Promise<Peer> {
  const port = await freePort();
  const running = new Running(join(CACHE, 'floor'), [port, bytesPerSecond, periodMs].map(String));
  await listening(port);
  return {
    name: `floor at ${periodMs} ms`,
    running,
    rtmpPort: 0,
    httpPort: port,
    stop: () => running.stop(),
  };
}
