import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Running } from '../running.ts';
import type { Peer } from './peer.ts';
import { freePort, listening } from './ports.ts';

const MAIN = join(import.meta.dirname, '../../../dist/src/main.js');

/** The built gateway, as users run it. `env`: settings, e.g. `MILLRACE_DELIVERY_BATCH_MS`. */
export async function startMillrace(env: Readonly<Record<string, string>> = {}): Promise<Peer> {
  const rtmpPort = await freePort();
  const httpPort = await freePort();
  const data = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const ports = ['--rtmp-port', `${rtmpPort}`, '--http-port', `${httpPort}`];
  const args = [MAIN, 'serve', ...ports, '--data-dir', data, '--log-level', 'warn'];
  const running = new Running(process.execPath, args, env);
  await listening(httpPort);
  await listening(rtmpPort);
  const stop = async (): Promise<void> => {
    await running.stop();
    rmSync(data, { recursive: true, force: true });
  };
  return { name: 'millrace', running, rtmpPort, httpPort, stop };
}
