import assert from 'node:assert/strict';
import { HlsShelf } from '../../../src/app/hls-shelf.ts';
import { numbersByClock } from '../../../src/outputs/hls/numbers.ts';
import { Watching } from '../../../src/servers/watching.ts';
import { StreamRegistry, type After } from '../../../src/stream/registry.ts';
import type { Stream } from '../../../src/stream/stream.ts';
import { hlsSettings } from '../../support/hls-settings.ts';
import { FakeTime } from '../../support/fake-time.ts';
import { recordingLog } from '../../support/recording-log.ts';

export const GRACE_MS = 10_000;
/** What HlsShelf promises for windows as short as these. */
export const KEPT_MS = 30_000;
export const LAG_MS = 5_000;
const TICK_MS = 500;

/** The parts of a gateway that have to do with lives, without sockets, on a clock that is moved by hand. */
export class House {
  readonly time = new FakeTime();
  /** Wall clock minus time passed: somebody may set it. */
  wall = Date.UTC(2026, 10, 22);
  readonly opened: Stream[] = [];
  readonly ended: [Stream, string][] = [];
  readonly shelf: HlsShelf;
  readonly registry: StreamRegistry;
  readonly watching: Watching;
  readonly #restore: () => void;

  constructor() {
    this.#restore = takeTimers(this.time);
    const after: After = (ms, callback) => {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    };
    const clock = (): number => this.wall + this.time.now();
    this.shelf = new HlsShelf({
      settingsOf: () => hlsSettings({ windowSegments: 3 }),
      clock,
      after,
      numbers: { first: () => numbersByClock(clock()), used: () => undefined },
    });
    this.registry = new StreamRegistry({
      now: this.time.now,
      clock,
      batchMs: 0,
      graceSeconds: GRACE_MS / 1000,
      after,
      opened: (stream) => {
        this.opened.push(stream);
        this.shelf.open(stream);
      },
      ended: (stream, reason) => void this.ended.push([stream, reason]),
    });
    this.watching = new Watching(this.registry, { queueBytes: 4_000, lagMs: LAG_MS }, recordingLog().log);
  }

  advance(ms: number): void {
    for (let left = ms; left > 0; left -= TICK_MS) {
      this.time.advance(Math.min(left, TICK_MS));
      for (const stream of this.registry.list()) stream.flush();
      this.shelf.tick();
    }
  }

  /** Gives the timers back. */
  leave(): void {
    this.#restore();
  }
}

/** Everything that asks for a timer gets one of this clock, so that none can be forgotten. */
function takeTimers(time: FakeTime): () => void {
  const { setTimeout: set, clearTimeout: clear } = globalThis;
  const cancels = new Map<object, () => void>();
  globalThis.setTimeout = ((callback: () => void, ms: number) => {
    const timer = { unref: () => timer };
    cancels.set(
      timer,
      time.after(ms, () => {
        cancels.delete(timer);
        callback();
      }),
    );
    return timer;
  }) as unknown as typeof setTimeout;
  globalThis.clearTimeout = ((timer: object | undefined) => {
    if (timer === undefined) return;
    cancels.get(timer)?.();
    cancels.delete(timer);
  }) as typeof clearTimeout;
  return () => {
    globalThis.setTimeout = set;
    globalThis.clearTimeout = clear;
  };
}

/** One path's playlists over all its lives: numbers never go back and names never come twice. */
export class PlaylistWatch {
  readonly #bytesOf = new Map<string, Buffer>();
  #next = 0;
  #sequence = 0;
  #discontinuity = 0;
  #seams = 0;
  #target: number | undefined;
  /** Names in the playlist when last seen. */
  names: readonly string[] = [];

  /** Another life begins: another target duration is allowed, numbers must be beyond. */
  begin(): void {
    this.#sequence = this.#next;
    this.#discontinuity += this.#seams + (this.names.length > 0 ? 1 : 0);
    this.#seams = 0;
    this.#target = undefined;
    this.names = [];
  }

  look(text: string, segment: (name: string) => { readonly bytes: Buffer } | undefined): void {
    const value = (tag: string): number => Number(new RegExp(`^#${tag}:(\\d+)$`, 'm').exec(text)?.[1]);
    const sequence = value('EXT-X-MEDIA-SEQUENCE');
    const discontinuity = value('EXT-X-DISCONTINUITY-SEQUENCE');
    this.names = text.split('\n').filter((line) => line.endsWith('.ts'));
    this.#target ??= value('EXT-X-TARGETDURATION');
    assert.equal(value('EXT-X-TARGETDURATION'), this.#target, 'TARGETDURATION within a life');
    assert.ok(sequence >= this.#sequence, `MEDIA-SEQUENCE ${sequence} after ${this.#sequence}`);
    assert.ok(
      discontinuity >= this.#discontinuity,
      `DISCONTINUITY-SEQUENCE ${discontinuity} after ${this.#discontinuity}`,
    );
    assert.ok(sequence + this.names.length >= this.#next, 'the end of the playlist goes on');
    this.#sequence = sequence;
    this.#discontinuity = discontinuity;
    this.#next = sequence + this.names.length;
    this.#seams = text.match(/^#EXT-X-DISCONTINUITY$/gm)?.length ?? 0;
    for (const name of this.names) {
      const bytes = segment(name)?.bytes;
      assert.ok(bytes, `${name} is in the playlist and cannot be fetched`);
      assert.equal(this.#bytesOf.get(name) ?? bytes, bytes, `${name} means something else now`);
      this.#bytesOf.set(name, bytes);
    }
  }
}
