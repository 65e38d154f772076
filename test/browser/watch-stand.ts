import assert from 'node:assert/strict';
import { after, before, type TestContext } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import type { SettingsInput } from '../../src/config/load.ts';
import { ClipPublisher, numberedClip, type ClipPublisherOptions } from '../support/clip.ts';
import { startGateway, whenLive, type TestGateway } from '../support/gateway.ts';
import { launchChromium, playerState } from './chromium.ts';
import { waitFor } from '../support/wait.ts';

/** A gateway and a browser for all tests of a file. What a test puts on the air, and its pages, end with it. */
export interface WatchStand {
  readonly gateway: TestGateway;
  readonly browser: Browser;
  /** The numbered clip, live. */
  onAir(context: TestContext, stream: string, options?: ClipPublisherOptions): Promise<ClipPublisher>;
  /** An empty page whose errors fail the test. */
  blank(context: TestContext): Promise<Page>;
  /** A page of the gateway. */
  open(context: TestContext, path: string): Promise<Page>;
}

export interface WatchStandOptions {
  readonly settings?: SettingsInput;
  /** What else is to be done before the first test. */
  readonly ready?: () => Promise<void>;
}

/** Starts both before the first test of the file and stops them behind the last. */
export function watchStand(skip: string | false, { settings, ready }: WatchStandOptions = {}): WatchStand {
  let gateway: TestGateway;
  let browser: Browser;
  before(async () => {
    if (skip !== false) return;
    numberedClip(); // while nobody waits for anything yet
    [gateway, browser] = await Promise.all([startGateway(settings), launchChromium()]);
    await ready?.();
  });
  after(async () => {
    if (skip !== false) return;
    await browser.close();
    await gateway.stop();
  });
  const blank = async (context: TestContext): Promise<Page> => {
    const page = await browser.newPage({ viewport: { width: 1000, height: 700 } });
    context.after(async () => {
      await page.unrouteAll({ behavior: 'ignoreErrors' }); // an answer that is on its way has nowhere to go
      await page.close();
    });
    page.on('pageerror', (error) => assert.fail(`error in the page: ${error.message}`));
    return page;
  };
  return {
    get gateway() {
      return gateway;
    },
    get browser() {
      return browser;
    },
    onAir: async (context, stream, options) => {
      const publisher = new ClipPublisher(numberedClip(), `${gateway.rtmp}/live/${stream}`, options);
      context.after(() => publisher.stop());
      await whenLive(gateway, `live/${stream}`);
      return publisher;
    },
    blank,
    open: async (context, path) => {
      const page = await blank(context);
      await page.goto(`${gateway.http}${path}`);
      return page;
    },
  };
}

/** Until the player page says that it plays. */
export const plays = (opened: Page): Promise<unknown> =>
  waitFor('the page to play', async () => (await playerState(opened)).state === 'playing');

/** What the page itself says of how it plays. */
export interface PageStats {
  readonly latencySeconds?: number;
  readonly isByClock: boolean;
  readonly isLowLatency: boolean;
  readonly behindSeconds?: number;
  readonly currentTime: number;
  readonly stalls: number;
}

export const statsOf = (opened: Page): Promise<PageStats> =>
  opened.evaluate(() => (window as unknown as { millrace: { stats: () => PageStats } }).millrace.stats());
