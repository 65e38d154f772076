import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createGateway, type Gateway } from '../../src/app/gateway.ts';
import type { SettingsInput } from '../../src/config/load.ts';
import type { Log } from '../../src/observe/log.ts';
import type { StreamReport } from '../../src/servers/http/stream-report.ts';
import { Background } from './programs.ts';
import { waitFor } from './wait.ts';

/** A gateway on free ports with a directory of its own. */
export interface TestGateway {
  readonly gateway: Gateway;
  readonly rtmp: string;
  readonly http: string;
  readonly ws: string;
  readonly rtmpPort: number;
  readonly httpPort: number;
  /** 0: none. */
  readonly rtmpsPort: number;
  readonly httpsPort: number;
  /** A directory that is removed with the gateway. */
  readonly folder: string;
  stop(): Promise<void>;
}

export async function startGateway(settings: SettingsInput = {}, log?: Log): Promise<TestGateway> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-'));
  const gateway = createGateway({
    settings: {
      ...settings,
      rtmp: { host: '127.0.0.1', port: 0, ...settings['rtmp'] },
      http: { host: '127.0.0.1', port: 0, ...settings['http'] },
      data: { dir: join(folder, 'data') },
      log: { level: process.env['TEST_LOG'] ?? 'silent', ...settings['log'] },
    },
    ...(log && { log }),
  });
  const ports = await gateway.start();
  return {
    gateway,
    rtmp: `rtmp://127.0.0.1:${ports.rtmp}`,
    http: `http://127.0.0.1:${ports.http}`,
    ws: `ws://127.0.0.1:${ports.http}`,
    rtmpPort: ports.rtmp,
    httpPort: ports.http,
    rtmpsPort: ports.rtmps ?? 0,
    httpsPort: ports.https ?? 0,
    folder,
    stop: async () => {
      await gateway.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Sends a file in real time, as an encoder would. */
export function publishFile(file: string, url: string, ...more: string[]): Background {
  return new Background('ffmpeg', [
    '-loglevel',
    'error',
    '-re',
    ...more,
    '-i',
    file,
    '-c',
    'copy',
    '-f',
    'flv',
    url,
  ]);
}

export async function streamReport(test: TestGateway, path: string): Promise<StreamReport | undefined> {
  const response = await fetch(`${test.http}/api/v1/streams/${path}`);
  return response.ok ? ((await response.json()) as StreamReport) : undefined;
}

export function whenLive(test: TestGateway, path: string): Promise<StreamReport> {
  return waitFor(`${path} to be live with all its tracks`, async () => {
    const report = await streamReport(test, path);
    return report?.state === 'live' && report.video && report.audio ? report : undefined;
  });
}
