/**
 * gateway-workers COUNT RTMP_PORT HTTP_PORT FREE_RTMP_PORT…: an experiment. One gateway takes in the stream live/cam0; COUNT worker processes, each a
 * gateway of its own, share the HTTP port for viewers. They start at a line on standard input, when the stream is there. Each worker reads the stream once from the first by HTTP-FLV
 * and publishes it to itself.
 */
import cluster from 'node:cluster';
import { mkdtempSync, rmSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as Library from '../../src/index.ts';
import { RtmpClient } from '../../src/clients/rtmp-client.ts';
import { FlvReader } from '../../src/containers/flv/reader.ts';
import { clientTarget } from '../../src/protocols/rtmp/session/client-url.ts';

const [count = 0, rtmpPort = 0, httpPort = 0, ...workerPorts] = process.argv.slice(2).map(Number);
const INDEX = process.env['BENCH_GATEWAY']?.replace(/main\.js$/, 'index.js') ?? 'dist/src/index.js';
const { createGateway } = (await import(pathToFileURL(resolve(INDEX)).href)) as typeof Library;

async function start(rtmp: number, http: number) {
  const dir = mkdtempSync(join(tmpdir(), 'millrace-bench-'));
  process.once('exit', () => rmSync(dir, { recursive: true, force: true }));
  const gateway = createGateway({
    settings: {
      rtmp: { port: rtmp, host: '127.0.0.1' },
      http: { port: http, host: '127.0.0.1' },
      data: { dir },
      log: { level: 'warn' },
      limits: { connections: 20_000, connectionsPerAddress: 20_000 },
    },
  });
  return gateway.start();
}

/** Workers of a cluster share every port they name, so that each must be told an RTMP port of its own. */
async function work(): Promise<void> {
  const own = Number(process.env['WORKER_RTMP_PORT']);
  await start(own, httpPort);
  relay(Number(process.env['ORIGIN_HTTP_PORT']), own);
}

function relay(from: number, to: number): void {
  const client = new RtmpClient({
    target: clientTarget(`rtmp://127.0.0.1:${to}/live/cam0`)!,
    mode: 'publish',
    started: () => {
      const reader = new FlvReader({ owned: true });
      get({ port: from, host: '127.0.0.1', path: '/live/cam0.flv' }, (answer) => {
        answer.on('data', (bytes: Buffer) =>
          reader.push(bytes, ({ type, timestamp, body }) => client.send(type, timestamp, body)),
        );
        process.stdout.write(`${JSON.stringify({ event: 'relaying' })}\n`);
      });
    },
    ended: ({ reason }) => {
      process.stderr.write(`relay: ${reason}\n`);
      process.exit(1);
    },
  });
}

async function lead(): Promise<void> {
  // The first process accepts and hands on in turns: listeners that share a port are not asked evenly by the kernel.
  cluster.schedulingPolicy = cluster.SCHED_RR;
  const origin = await start(rtmpPort, 0);
  process.stdout.write(`${JSON.stringify({ event: 'listening' })}\n`);
  process.stdin.once('data', () => {
    for (const port of workerPorts.slice(0, count))
      cluster.fork({ ORIGIN_HTTP_PORT: `${origin.http}`, WORKER_RTMP_PORT: `${port}` });
  });
  process.once('SIGTERM', () => process.exit(0));
}

await (cluster.isPrimary ? lead() : work());
