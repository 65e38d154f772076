import assert from 'node:assert/strict';
import type { HlsLives } from '../../../src/app/hls-lives.ts';
import type { Publication } from '../../../src/stream/publication.ts';
import type { Stream } from '../../../src/stream/stream.ts';
import type { ViewerEnd, ViewerProtocol } from '../../../src/stream/viewer.ts';
import { inter, key, sound } from '../../support/media.ts';
import { RecordingSink } from '../../support/recording-sink.ts';
import { nameOf, publisherFrom } from '../../support/stage.ts';
import { textFormat } from '../../support/text-format.ts';
import { GRACE_MS, House, KEPT_MS, LAG_MS, PlaylistWatch } from './house.ts';

export const PATHS = ['live/one', 'live/two'] as const;
export const PROTOCOLS: readonly ViewerProtocol[] = ['http-flv', 'ws-flv', 'rtmp'];
const ADDRESSES = ['192.0.2.1', '198.51.100.7'];
const GOP_MS = 1_000;

/** What should be so, kept beside what is. */
interface Life {
  readonly path: string;
  readonly stream: Stream;
  readonly hls: HlsLives;
  publisher: PublisherModel | undefined;
  graceEnds: number;
  endedAt: number | undefined;
  publications: number;
  /** The newest playlist's names when the life ended. */
  lastNames: readonly string[];
}

interface PublisherModel {
  readonly address: string;
  readonly publication: Publication;
  readonly kicks: readonly string[];
  expectedKicks: number;
  ms: number;
  readonly epoch: number;
}

interface ViewerModel {
  readonly life: Life;
  readonly sink: RecordingSink;
  readonly left: () => void;
  hasLeft: boolean;
  stalledSince: number | undefined;
  expected: ViewerEnd | undefined;
}

interface Held {
  readonly life: Life;
  calls: number;
  readonly giveUp: () => void;
  gaveUp: boolean;
}

interface Waiter {
  readonly path: string;
  readonly until: number;
  readonly answers: (Stream | undefined)[];
  readonly giveUp: () => void;
  /** What it must have been told by now. */
  expected: { readonly stream: Stream | undefined } | undefined;
  gaveUp: boolean;
}

/** Does what a random story says to the real parts and knows what must come of it. */
export class LivesModel {
  readonly house = new House();
  readonly #lives: Life[] = [];
  readonly #publishers: PublisherModel[] = [];
  readonly #viewers: ViewerModel[] = [];
  readonly #waiters: Waiter[] = [];
  readonly #held: Held[] = [];
  readonly #playlists = new Map(PATHS.map((path) => [path as string, new PlaylistWatch()]));
  #isShut = false;

  #live(path: string): Life | undefined {
    return this.#lives.find((life) => life.path === path && life.endedAt === undefined);
  }

  publish(path: string, which: number): void {
    const address = ADDRESSES[which % 2]!;
    const before = this.#live(path);
    const former = before?.publisher;
    const publisher = publisherFrom(address);
    const claim = this.house.registry.claim(nameOf(path), publisher);
    const isAllowed = !this.#isShut && (!former || former.address === address);
    assert.equal(claim.granted, isAllowed, 'the claim');
    if (!claim.granted) return;
    if (before) assert.equal(claim.stream, before.stream, 'the same stream goes on');
    else this.#playlists.get(path)!.begin();
    if (former) former.expectedKicks = 1;
    const hls = this.house.shelf.find(path);
    assert.ok(hls, 'HLS is on the shelf');
    const life = before ?? this.#newLife(path, claim.stream, hls);
    const { publication } = claim;
    const ms = publication.origin / 90;
    const epoch = publication.newEpoch();
    life.publisher = { address, publication, kicks: publisher.kicks, expectedKicks: 0, ms, epoch };
    life.publications++;
    this.#publishers.push(life.publisher);
    for (const waiter of this.#waiters)
      if (waiter.path === path && !waiter.gaveUp) waiter.expected ??= { stream: life.stream };
  }

  #newLife(path: string, stream: Stream, hls: HlsLives): Life {
    const life = { path, stream, hls, graceEnds: 0, publications: 0, lastNames: [] };
    this.#lives.push({ ...life, publisher: undefined, endedAt: undefined });
    return this.#lives.at(-1)!;
  }

  send(path: string, gops: number, inRealTime: boolean): void {
    const publisher = this.#live(path)?.publisher;
    if (!publisher) return;
    for (let gop = 0; gop < gops; gop++) {
      if (inRealTime) this.advance(GOP_MS);
      writeGop(publisher);
    }
  }

  /** What a connection that was taken over, kicked or closed still had under way. */
  sendLate(who: number): void {
    const publisher = this.#publishers[who % Math.max(1, this.#publishers.length)];
    if (!publisher || this.#lives.some((life) => life.publisher === publisher)) return;
    writeGop(publisher);
    publisher.publication.newEpoch();
    publisher.publication.release('late');
  }

  die(path: string): void {
    const life = this.#live(path);
    if (!life?.publisher) return;
    life.publisher.publication.release('gone');
    this.#departed(life);
  }

  kick(path: string): void {
    const life = this.#live(path);
    const isThere = life?.publisher !== undefined;
    assert.equal(this.house.registry.kick(path, 'kicked'), isThere, 'the answer to a kick');
    if (!life?.publisher) return;
    life.publisher.expectedKicks = 1;
    this.#departed(life);
  }

  #departed(life: Life): void {
    life.publisher = undefined;
    life.graceEnds = this.house.time.now() + GRACE_MS;
  }

  watch(path: string, protocol: number, fromGop: boolean): void {
    const life = this.#live(path);
    if (!life) return;
    const sink = new RecordingSink();
    const format = textFormat({ id: PROTOCOLS[protocol % PROTOCOLS.length]! });
    const watch = this.house.watching.begin(life.stream, format, sink, fromGop);
    const left = (): void => watch.leave();
    this.#viewers.push({ life, sink, left, hasLeft: false, stalledSince: undefined, expected: undefined });
  }

  leave(who: number): void {
    const viewer = this.#viewers[who % Math.max(1, this.#viewers.length)];
    if (!viewer) return;
    viewer.left(); // also a second time: a socket has more than one event for its end
    viewer.hasLeft = true;
  }

  stall(who: number): void {
    const viewer = this.#viewers[who % Math.max(1, this.#viewers.length)];
    if (!viewer) return;
    const isStalled = viewer.stalledSince !== undefined;
    viewer.sink.queuedBytes = isStalled ? 0 : 1e9;
    viewer.stalledSince = isStalled ? undefined : this.house.time.now();
  }

  wait(path: string, ms: number): void {
    const answers: (Stream | undefined)[] = [];
    const existing = this.#live(path)?.stream;
    const giveUp = this.house.watching.whenPublished(path, ms, (stream) => answers.push(stream));
    const expected = existing || this.#isShut || ms === 0 ? { stream: existing } : undefined;
    const until = this.house.time.now() + ms;
    this.#waiters.push({ path, until, answers, giveUp, expected, gaveUp: false });
  }

  giveUp(who: number): void {
    const waiter = this.#waiters[who % Math.max(1, this.#waiters.length)];
    waiter?.giveUp();
    if (waiter) waiter.gaveUp = true;
    const held = this.#held[who % Math.max(1, this.#held.length)];
    held?.giveUp();
    if (held && held.calls === 0) held.gaveUp = true;
  }

  holdPlaylist(path: string): void {
    const life = this.#live(path);
    if (!life) return;
    const held: Held = { life, calls: 0, gaveUp: false, giveUp: () => stop() };
    const stop = life.hls.whenReady(() => held.calls++);
    this.#held.push(held);
  }

  /** Somebody sets the clock of the machine. */
  setClock(byMs: number): void {
    this.house.wall += byMs;
  }

  advance(ms: number): void {
    for (let left = ms; left > 0; left -= 500) {
      this.house.advance(Math.min(left, 500));
      this.#expireAt(this.house.time.now());
    }
  }

  #expireAt(now: number): void {
    for (const life of this.#lives)
      if (life.endedAt === undefined && !life.publisher && now >= life.graceEnds)
        this.#over(life, life.graceEnds, 'stream ended');
    for (const waiter of this.#waiters)
      if (!waiter.gaveUp && now >= waiter.until) waiter.expected ??= { stream: undefined };
  }

  shutDown(): void {
    this.house.registry.close('shutting down');
    this.#isShut = true;
    for (const life of this.#lives) {
      if (life.publisher) life.publisher.expectedKicks = 1;
      if (life.endedAt === undefined) this.#over(life, this.house.time.now(), 'shutting down');
    }
    for (const waiter of this.#waiters) if (!waiter.gaveUp) waiter.expected ??= { stream: undefined };
  }

  #over(life: Life, at: number, reason: ViewerEnd): void {
    life.publisher = undefined;
    life.endedAt = at;
    life.lastNames = namesIn(life.hls);
    for (const viewer of this.#viewers)
      if (viewer.life === life && !viewer.hasLeft) viewer.expected ??= reason;
  }

  /** Compares what is with what should be. */
  check(): void {
    this.#checkStreams();
    for (const viewer of this.#viewers) this.#checkViewer(viewer);
    for (const { kicks, expectedKicks } of this.#publishers)
      assert.equal(kicks.length, expectedKicks, `a publisher was sent away ${kicks.length} times`);
    for (const waiter of this.#waiters) checkWaiter(waiter);
    for (const held of this.#held) this.#checkHeld(held);
    for (const life of this.#lives) this.#checkHls(life);
  }

  #checkStreams(): void {
    const { registry, opened, ended } = this.house;
    for (const path of PATHS) {
      const life = this.#live(path);
      assert.equal(registry.find(path), life?.stream, `${path} in the registry`);
      if (life) assert.equal(life.stream.state, life.publisher ? 'live' : 'grace', path);
    }
    const over = this.#lives.filter(({ endedAt }) => endedAt !== undefined);
    assert.equal(opened.length, this.#lives.length, 'streams opened');
    assert.equal(ended.length, over.length, 'streams ended');
  }

  #checkViewer(viewer: ViewerModel): void {
    const { sink, hasLeft } = viewer;
    assert.ok(sink.closed.length <= 1, `told ${sink.closed.length} times that it is over`);
    if (viewer.expected === undefined && sink.closed[0] === 'too slow') {
      const stalledMs = this.house.time.now() - (viewer.stalledSince ?? Infinity);
      assert.ok(stalledMs >= LAG_MS, 'too slow, and has not been slow for long');
      viewer.expected = 'too slow';
    }
    assert.deepEqual(sink.closed, viewer.expected ? [viewer.expected] : [], hasLeft ? 'left' : 'still there');
    for (const kind of ['[KP]', 'A']) {
      const times = [...sink.text.matchAll(new RegExp(`(?:^| )${kind}(\\d+)`, 'g'))].map((match) =>
        Number(match[1]),
      );
      for (const [index, time] of times.entries())
        assert.ok(index === 0 || time > times[index - 1]!, `${kind} at ${times[index - 1]}, then ${time}`);
    }
  }

  #checkHeld(held: Held): void {
    const isReady = mediaOf(held.life.hls) !== undefined || held.life.endedAt !== undefined;
    const isOwnLife = this.#lives.findLast(({ path }) => path === held.life.path) === held.life;
    if (!isOwnLife) return assert.ok(held.gaveUp || held.calls === 1, 'a held request of an earlier life');
    assert.equal(held.calls, isReady && !held.gaveUp ? 1 : 0, 'calls of a held request');
  }

  #checkHls(life: Life): void {
    const now = this.house.time.now();
    const later = this.#lives.slice(this.#lives.indexOf(life) + 1).filter(({ path }) => path === life.path);
    const isNewest = later.length === 0;
    const isGone = life.endedAt !== undefined && now >= life.endedAt + KEPT_MS;
    const shelved = this.house.shelf.find(life.path);
    if (isNewest) {
      assert.equal(shelved === undefined, isGone, 'HLS on the shelf');
      const text = mediaOf(life.hls)?.bytes.toString();
      if (text !== undefined && !isGone) {
        this.#playlists.get(life.path)!.look(text, (name) => life.hls.file(name));
        assert.equal(text.includes('#EXT-X-ENDLIST'), life.endedAt !== undefined, 'the end mark');
        const seams = text.match(/^#EXT-X-DISCONTINUITY$/gm)?.length ?? 0;
        assert.ok(seams < life.publications, `${seams} seams of ${life.publications} publications`);
      }
    }
    const isPromised = life.endedAt !== undefined && !isGone && later.length <= 2;
    if (isPromised)
      for (const name of life.lastNames) assert.ok(shelved?.file(name), `${name} is still promised`);
    if (isGone)
      for (const name of life.lastNames) assert.equal(shelved?.file(name), undefined, `${name} is kept`);
  }

  /** Everybody goes home; nothing may be left. */
  finish(): void {
    this.shutDown();
    this.check();
    this.house.advance(KEPT_MS);
    for (const [index] of this.#viewers.entries()) this.leave(index);
    this.check();
    const { registry, shelf, time, opened } = this.house;
    assert.deepEqual(registry.list(), [], 'streams');
    assert.equal(time.waiting, 0, 'timers');
    assert.deepEqual([shelf.size.lives, shelf.size.ending], [0, 0], 'HLS');
    for (const stream of opened) assert.deepEqual([...stream.fanouts], [], 'fanouts');
  }
}

function checkWaiter({ answers, expected, gaveUp }: Waiter): void {
  if (gaveUp && !expected) return assert.deepEqual(answers, [], 'it had given up');
  const streams = expected ? [expected.stream] : [];
  assert.equal(answers.length, streams.length, 'answers to one who waits');
  assert.equal(answers[0], streams[0], 'the answer to one who waits');
}

const mediaOf = (hls: HlsLives) => hls.playlist('media.m3u8')?.rendered({ skip: false, dvr: true });

function namesIn(hls: HlsLives): string[] {
  const text = mediaOf(hls)?.bytes.toString() ?? '';
  return text.split('\n').filter((line) => line.endsWith('.ts'));
}

function writeGop(publisher: PublisherModel): void {
  const { publication, epoch } = publisher;
  const from = publisher.ms;
  publication.write(key(from, { epoch }));
  for (let at = 0; at < GOP_MS; at += 250) {
    if (at > 0) publication.write(inter(from + at, { epoch }));
    publication.write(sound(from + at + 5, { epoch }));
    publication.flush();
  }
  publisher.ms += GOP_MS;
}
