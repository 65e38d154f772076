import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE, run } from '../load.ts';
import { Running } from '../running.ts';
import type { Peer } from './peer.ts';
import { freePort, listening } from './ports.ts';

/** Installed on demand, apart from the project's own packages. */
const VERSION = '4.4.3';
const HOME = join(CACHE, 'node-media-server');

/** @throws {Error} if npm cannot install it. */
export async function startNodeMediaServer(): Promise<Peer> {
  if (!existsSync(join(HOME, 'node_modules/node-media-server'))) {
    mkdirSync(HOME, { recursive: true });
    writeFileSync(join(HOME, 'package.json'), '{"private":true,"type":"module"}\n');
    run('npm', [
      'install',
      '--prefix',
      HOME,
      '--no-audit',
      '--no-fund',
      '--loglevel=error',
      `node-media-server@${VERSION}`,
    ]);
  }
  const rtmpPort = await freePort();
  const httpPort = await freePort();
  const main = join(HOME, 'main.mjs');
  writeFileSync(
    main,
    `import NodeMediaServer from 'node-media-server';
     const [rtmp, http] = process.argv.slice(2).map(Number);
     new NodeMediaServer({ bind: '127.0.0.1', notify: {}, rtmp: { port: rtmp }, http: { port: http }, auth: {}, static: {}, record: {} }).run();\n`,
  );
  const running = new Running(process.execPath, [main, `${rtmpPort}`, `${httpPort}`]);
  await listening(rtmpPort);
  return { name: 'node-media-server', running, rtmpPort, httpPort, stop: () => running.stop() };
}
