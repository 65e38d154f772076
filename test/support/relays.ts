import { afterEach } from 'node:test';
import type { SettingsInput } from '../../src/config/load.ts';
import type { RelayInfo } from '../../src/servers/http/api/parts.ts';
import { startGateway, type TestGateway } from './gateway.ts';
import type { HttpFlvViewer, WsFlvViewer } from './flv-viewer.ts';
import { recordingLog, type LogLine } from './recording-log.ts';
import { publishTo } from './rtmp-peer.ts';
import { RtmpStand, type RtmpStandOptions } from './rtmp-stand.ts';
import { Show } from './show.ts';
import { waitFor } from './wait.ts';

/** What is to be stopped when a test is over, last first. */
export const running: (() => unknown)[] = [];
afterEach(async () => {
  for (const stop of running.splice(0).reverse()) await stop();
});

/** A gateway that keeps its log. */
export interface Logged extends TestGateway {
  readonly lines: LogLine[];
}

export async function gatewayWith(settings: SettingsInput = {}): Promise<Logged> {
  const { log, lines } = recordingLog();
  const gateway = await startGateway({ publish: { graceSeconds: 2 }, ...settings }, log);
  running.push(() => gateway.stop());
  return { ...gateway, lines };
}

export async function showOn(gateway: TestGateway, path = 'live/cam'): Promise<Show> {
  const peer = await publishTo(`${gateway.rtmp}/${path}`);
  const show = new Show(peer, { gop: 25 });
  running.push(() => peer.kill(), show.live());
  show.go(30);
  return show;
}

export const api = async (gateway: TestGateway, method = 'GET', body?: object, id = ''): Promise<Response> =>
  fetch(`${gateway.http}/api/v1/relays${id === '' ? '' : `/${id}`}`, {
    method,
    ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });

export async function relays(gateway: TestGateway): Promise<RelayInfo[]> {
  const { relays } = (await (await api(gateway)).json()) as { relays: RelayInfo[] };
  return relays;
}

export const relay = async (gateway: TestGateway, id: string): Promise<RelayInfo | undefined> =>
  (await relays(gateway)).find((one) => one.id === id);

export const whenRunning = (gateway: TestGateway, id: string): Promise<RelayInfo> =>
  waitFor(`${id} to run`, async () => {
    const info = await relay(gateway, id);
    return info?.state === 'running' ? info : undefined;
  });

export const whenProblem = (gateway: TestGateway, id: string, problem: RegExp): Promise<RelayInfo> =>
  waitFor(`${id} to have the problem ${problem.source}`, async () => {
    const info = await relay(gateway, id);
    return info?.problem !== null && info?.problem !== undefined && problem.test(info.problem)
      ? info
      : undefined;
  });

/** Pictures and configurations. */
export const videosOf = (viewer: HttpFlvViewer | WsFlvViewer): number =>
  viewer.tags.filter(({ type }) => type === 9).length;

/** A server that is stopped with the test. */
export async function standWith(options: RtmpStandOptions = {}): Promise<RtmpStand> {
  const stand = await new RtmpStand(options).start();
  running.push(() => stand.stop());
  return stand;
}
