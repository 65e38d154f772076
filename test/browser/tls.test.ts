import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { startGateway, type TestGateway } from '../support/gateway.ts';
import { unlessThere } from '../support/programs.ts';
import { publishTo } from '../support/rtmp-peer.ts';
import { Show } from '../support/show.ts';
import { launchChromium } from './chromium.ts';

/** HTTPS and WSS with a certificate that was made here, as somebody uses it who has gone on past the warning. */

const skip = unlessThere('chromium');
let gateway: TestGateway;
let browser: Browser | undefined;
let stopShow = (): void => undefined;

before(async () => {
  if (skip !== false) return;
  gateway = await startGateway({ tls: { selfSigned: true }, http: { tlsPort: 0 }, rtmp: { tlsPort: 0 } });
  const peer = await publishTo(`${gateway.rtmp}/live/cam`);
  const show = new Show(peer, { gop: 25, bytes: 2_000 });
  stopShow = show.live();
  show.go(30);
  browser = await launchChromium();
});

after(async () => {
  if (skip !== false) return;
  stopShow();
  await browser?.close();
  await gateway.stop();
});

test(
  'Chromium gets pages and HTTP-FLV by HTTP/2, and WebSocket-FLV by WSS, on one port',
  { skip },
  async () => {
    const context = await browser!.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    await page.goto(`https://localhost:${gateway.httpsPort}/api/v1/server`);
    const seen = await page.evaluate(async () => {
      const answer = await fetch('/live/cam.flv');
      const reader = answer.body!.getReader();
      const { value } = await reader.read();
      await reader.cancel();
      const [entry] = performance.getEntriesByType('navigation') as PerformanceNavigationTiming[];
      const first = await new Promise<number[]>((resolve, reject) => {
        const socket = new WebSocket(`wss://${location.host}/live/cam.flv`);
        socket.binaryType = 'arraybuffer';
        socket.onerror = () => reject(new Error('no WebSocket'));
        socket.onmessage = ({ data }) => {
          socket.close();
          resolve([...new Uint8Array(data as ArrayBuffer).subarray(0, 3)]);
        };
      });
      return { protocol: entry?.nextHopProtocol, http: [...value!.subarray(0, 3)], ws: first };
    });
    const flv = [...Buffer.from('FLV')];
    assert.deepEqual(seen, { protocol: 'h2', http: flv, ws: flv });
    await context.close();
  },
);
