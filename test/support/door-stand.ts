import type { TestContext } from 'node:test';
import { HlsShelf } from '../../src/app/hls-shelf.ts';
import { numbersByClock } from '../../src/outputs/hls/numbers.ts';
import { Admission } from '../../src/servers/admission.ts';
import { ClientAddresses, type ProxySettings } from '../../src/servers/http/client-address.ts';
import { HlsDoor } from '../../src/servers/http/hls-door.ts';
import { HlsRoute } from '../../src/servers/http/hls-route.ts';
import { HlsSessions } from '../../src/servers/http/hls-sessions.ts';
import { HttpServer } from '../../src/servers/http/http-server.ts';
import { WaitingLimits } from '../../src/servers/http/waiting-limits.ts';
import type { Networks } from '../../src/servers/networks.ts';
import { RtmpServer } from '../../src/servers/rtmp/rtmp-server.ts';
import { Watching } from '../../src/servers/watching.ts';
import { StreamRegistry, type After } from '../../src/stream/registry.ts';
import { hlsSettings } from './hls-settings.ts';
import { recordingLog, type LogLine } from './recording-log.ts';
import { TestGate } from './test-gate.ts';

export interface DoorStandOptions {
  readonly rtmpProxies?: Networks;
  readonly httpProxies?: ProxySettings;
  readonly waitMs?: number;
}

/** Both doors on free ports, with streams and HLS behind them and a gate that does what the test says. */
export interface DoorStand {
  readonly gate: TestGate;
  readonly streams: StreamRegistry;
  readonly sessions: HlsSessions;
  readonly rtmp: string;
  readonly http: string;
  readonly ws: string;
  readonly rtmpPort: number;
  readonly httpPort: number;
  readonly lines: readonly LogLine[];
  /** Reasons for which connections were closed. */
  readonly closed: readonly string[];
}

export async function doorStand(context: TestContext, options: DoorStandOptions = {}): Promise<DoorStand> {
  const { log, lines } = recordingLog();
  const gate = new TestGate();
  const closed: string[] = [];
  const now = (): number => performance.now();
  const timers = new Set<NodeJS.Timeout>();
  const after: After = (ms, callback) => {
    const timer = setTimeout(callback, ms);
    timers.add(timer);
    return () => clearTimeout(timer);
  };
  const numbers = { first: () => numbersByClock(Date.now()), used: () => undefined };
  const hls = new HlsShelf({ settingsOf: () => hlsSettings(), clock: Date.now, after, numbers });
  const streams = new StreamRegistry({
    ...{ now, clock: Date.now, batchMs: 0, graceSeconds: 10, after },
    opened: (stream) => hls.open(stream),
    ended: () => undefined,
  });
  const watching = new Watching(streams, { queueBytes: 4e6, lagMs: 10_000 }, log);
  const admission = new Admission({ connections: 1_000, connectionsPerAddress: 1_000 }, log);
  const shared = { host: '127.0.0.1', port: 0, gate, watching, admission, log };
  const note = (reason: string): void => void closed.push(reason);
  const rtmpServer = new RtmpServer({
    ...shared,
    ...{ streams, waitMs: options.waitMs ?? 0, idleMs: 10_000, closed: note, proxies: options.rtmpProxies },
  });
  const clients = new ClientAddresses(options.httpProxies);
  const sessions = new HlsSessions({ now, goneMs: () => 15_000, maxPerAddress: 100 });
  const route = new HlsRoute({
    find: (path) => hls.find(path),
    whenPublished: (path, ms, callback) => {
      const found = hls.find(path);
      if (found) callback(found);
      return found ? () => undefined : watching.whenPublished(path, ms, () => callback(hls.find(path)));
    },
    seen: () => undefined,
    gzip: true,
    waiting: new WaitingLimits({ clients, connections: 1_000, connectionsPerAddress: 1_000 }),
  });
  const httpServer = new HttpServer({
    ...shared,
    ...{ clients, closed: note, hls: new HlsDoor({ gate, clients, sessions, route, sessionsForAll: true }) },
    pages: (_request, response) => void response.end('page'),
  });
  const { port: rtmpPort } = await rtmpServer.start();
  const { port: httpPort } = await httpServer.start();
  context.after(async () => {
    streams.close('shutting down');
    rtmpServer.destroy();
    httpServer.destroy();
    await Promise.all([rtmpServer.stop(), httpServer.stop()]);
    for (const timer of timers) clearTimeout(timer);
  });
  return {
    ...{ gate, streams, sessions, rtmpPort, httpPort, lines, closed },
    rtmp: `rtmp://127.0.0.1:${rtmpPort}`,
    http: `http://127.0.0.1:${httpPort}`,
    ws: `ws://127.0.0.1:${httpPort}`,
  };
}
