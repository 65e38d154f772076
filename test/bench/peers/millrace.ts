import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Placement } from '../placement.ts';
import { Running } from '../running.ts';
import type { Peer } from './peer.ts';
import { freePort, listening } from './ports.ts';

/** The built gateway; another build can be named, so that two can be measured in turns. */
const MAIN = resolve(process.env['BENCH_GATEWAY'] ?? join(import.meta.dirname, '../../../dist/src/main.js'));

export interface MillraceSetup {
  /** Another build's `main.js` than the one that is measured. */
  readonly main?: string;
  /** Settings, e.g. `MILLRACE_DELIVERY_BATCH_MS`. */
  readonly env?: Readonly<Record<string, string>>;
  readonly placement?: Placement;
  /** Node's own options. */
  readonly node?: readonly string[];
}

/** The built gateway, as users run it. */
export async function startMillrace({
  main = MAIN,
  env = {},
  placement = {},
  node = [],
}: MillraceSetup = {}): Promise<Peer> {
  const rtmpPort = await freePort();
  const httpPort = await freePort();
  const data = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  const ports = ['--rtmp-port', `${rtmpPort}`, '--http-port', `${httpPort}`];
  const args = [...node, main, 'serve', ...ports, '--data-dir', data, '--log-level', 'warn'];
  const running = new Running(process.execPath, args, { env, placement });
  await listening(httpPort);
  await listening(rtmpPort);
  const stop = async (): Promise<void> => {
    await running.stop();
    rmSync(data, { recursive: true, force: true });
  };
  return { name: 'millrace', running, rtmpPort, httpPort, stop };
}
