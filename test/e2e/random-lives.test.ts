import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { HttpFlvViewer, WsFlvViewer } from '../support/flv-viewer.ts';
import { startGateway, streamReport, type TestGateway } from '../support/gateway.ts';
import { RtmpPeer } from '../support/rtmp-peer.ts';
import { Show } from '../support/show.ts';
import { waitFor } from '../support/wait.ts';
import { PlaylistWatch } from '../unit/lives/house.ts';

/**
 * What test/unit/lives does on a clock that is moved by hand, here over real sockets: fewer stories, and no model of what
 * must happen when, but the same things that may never happen.
 */

const PATH = 'live/cam';
const STEPS = ['publish', 'take over', 'stranger', 'send', 'kill', 'leave', 'join', 'drop', 'hold'] as const;
type Step = (typeof STEPS)[number];
/** What segments hold is looked at in restart.test.ts. */
const ANY_SEGMENT = { bytes: Buffer.alloc(0) };
type FlvViewer = HttpFlvViewer | WsFlvViewer;

class Story {
  readonly gateway: TestGateway;
  readonly #publishers: { readonly peer: RtmpPeer; show: Show | undefined }[] = [];
  readonly #viewers: FlvViewer[] = [];
  readonly #players: RtmpPeer[] = [];
  readonly #held: Promise<number>[] = [];
  readonly #playlist = new PlaylistWatch();
  #ended = false;

  constructor(gateway: TestGateway) {
    this.gateway = gateway;
  }

  async act(step: Step): Promise<void> {
    switch (step) {
      case 'publish':
      case 'take over':
        return this.#publish(undefined);
      case 'stranger':
        return this.#publish('127.0.0.2');
      case 'send':
        this.#onAir()?.show?.go(60);
        return;
      case 'kill':
        this.#onAir()?.peer.kill();
        return;
      case 'leave':
        void this.#onAir()?.peer.leave();
        return;
      case 'join':
        this.#join();
        return;
      case 'drop':
        this.#viewers[0]?.drop();
        this.#players[0]?.kill();
        return;
      case 'hold':
        this.#held.push(fetch(`${this.gateway.http}/${PATH}/media.m3u8?wait=1`).then(({ status }) => status));
    }
  }

  #onAir() {
    return this.#publishers.findLast(
      ({ peer }) => peer.isStarted && peer.end === undefined && peer.socket.writable,
    );
  }

  async #publish(localAddress: string | undefined): Promise<void> {
    const peer = new RtmpPeer('publish', `${this.gateway.rtmp}/${PATH}`, {
      ...(localAddress && { localAddress }),
    });
    await peer.started.catch(() => undefined); // a stranger is refused unless the stream is in its grace time
    const show = peer.phase === 'publishing' && peer.socket.writable ? new Show(peer) : undefined;
    show?.go(30);
    this.#publishers.push({ peer, show });
  }

  #join(): void {
    this.#viewers.push(new HttpFlvViewer(this.gateway.httpPort, `/${PATH}.flv?wait=1`));
    this.#viewers.push(new WsFlvViewer(`${this.gateway.ws}/${PATH}.flv?wait=1`));
    this.#players.push(new RtmpPeer('play', `${this.gateway.rtmp}/${PATH}`));
  }

  /** What must be so at any time. */
  async check(): Promise<void> {
    const playlist = await fetch(`${this.gateway.http}/${PATH}/media.m3u8`, {
      signal: AbortSignal.timeout(100),
    })
      .then((response) => (response.ok ? response.text() : undefined))
      .catch(() => undefined); // held for a first segment
    if (playlist === undefined) return;
    const isEnded = playlist.includes('#EXT-X-ENDLIST');
    if (this.#ended && !isEnded) this.#playlist.begin();
    this.#ended = isEnded;
    this.#playlist.look(playlist, () => ANY_SEGMENT);
  }

  async finish(): Promise<void> {
    const before = (await streamReport(this.gateway, PATH))?.viewers.total;
    assert.ok((before ?? 0) <= this.#viewers.length + this.#players.length + 1, `${before} viewers`);
    await this.gateway.stop();
    const all = [...this.#viewers, ...this.#players, ...this.#publishers.map(({ peer }) => peer)];
    await waitFor('every connection to be closed', () =>
      all.every((one) => (one instanceof WsFlvViewer ? isOver(one) : one.isClosed)),
    );
    for (const status of await Promise.all(this.#held)) assert.ok([200, 404].includes(status), `${status}`);
    for (const viewer of this.#viewers)
      if (viewer.length > 13) assertForward(viewer.tags, viewer.constructor.name);
    for (const player of this.#players) assertForward(player.messages, 'RTMP');
  }
}

const isOver = ({ close, refusedWith }: WsFlvViewer): boolean =>
  close !== undefined || refusedWith !== undefined;

function assertForward(
  seen: readonly { readonly type: number; readonly timestamp: number; readonly body: Uint8Array }[],
  who: string,
): void {
  for (const type of [8, 9]) {
    const times = seen
      .filter((one) => one.type === type && one.body[1] === 1)
      .map(({ timestamp }) => timestamp);
    for (const [index, time] of times.entries())
      assert.ok(index === 0 || time > times[index - 1]!, `${who}: ${times[index - 1]}, then ${time}`);
  }
}

test('lives in random order over real sockets: time and numbers only go on, and everybody is let go', async () => {
  const story = fc.array(fc.constantFrom<Step>(...STEPS, 'publish', 'send', 'send'), {
    minLength: 15,
    maxLength: 25,
  });
  await fc.assert(
    fc.asyncProperty(story, async (steps) => {
      const gateway = await startGateway({
        publish: { graceSeconds: 0.3 },
        play: { waitSeconds: 1 },
        hls: { segmentSeconds: 1, windowSegments: 6, container: 'ts' },
      });
      const one = new Story(gateway);
      try {
        for (const step of steps) {
          await one.act(step);
          await one.check();
        }
        await one.finish();
      } finally {
        await gateway.stop();
      }
    }),
    { numRuns: 4, endOnFailure: true },
  );
});
