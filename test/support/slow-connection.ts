import type { Batch } from '../../src/stream/batch.ts';
import type { ViewerEnd, ViewerProtocol, ViewerSink } from '../../src/stream/viewer.ts';
import { seeTags, type SeenTag } from './flv-tags.ts';

/** What a viewer of FLV was given: one line a tag. */
export interface GivenTag {
  readonly kind: 'configuration' | 'key' | 'inter' | 'sound' | 'script';
  readonly timestamp: number;
}

function kindOf({ type, body }: SeenTag): GivenTag['kind'] {
  if (type === 18) return 'script';
  if (body[1] === 0) return 'configuration';
  if (type === 8) return 'sound';
  return body[0]! >> 4 === 1 ? 'key' : 'inter';
}

/**
 * A connection that carries so many bytes a second of a clock that is moved by hand. Like Node's sockets it has one write
 * under way, of all that waited when that began, and tells of its bytes until the last of them is gone.
 */
export class SlowConnection implements ViewerSink {
  readonly protocol: ViewerProtocol = 'http-flv';
  readonly given: GivenTag[] = [];
  readonly closed: ViewerEnd[] = [];
  /** All bytes it was given, if it keeps them. */
  readonly file: Buffer[] | undefined;
  /** The most that has waited. */
  worst = 0;
  readonly #now: () => number;
  #bytesPerSecond: number;
  #at = 0;
  #underWay = 0;
  #underWayLeft = 0;
  #waiting = 0;
  #hasHeader = false;

  constructor(now: () => number, bytesPerSecond: number, keepsBytes = false) {
    this.file = keepsBytes ? [] : undefined;
    this.#now = now;
    this.#bytesPerSecond = bytesPerSecond;
    this.#at = now();
  }

  set bytesPerSecond(value: number) {
    this.#carry();
    this.#bytesPerSecond = value;
  }

  get queuedBytes(): number {
    this.#carry();
    return this.#underWay + this.#waiting;
  }

  write(batch: Batch): void {
    this.writeAll([batch]);
  }

  writeAll(batches: readonly Batch[]): void {
    this.#carry();
    for (const { bytes } of batches) {
      for (const tag of seeTags(this.#hasHeader ? bytes : bytes.subarray(13)))
        this.given.push({ kind: kindOf(tag), timestamp: tag.timestamp });
      this.#hasHeader = true;
      this.file?.push(bytes);
      this.#waiting += bytes.length;
    }
    this.#carry();
    this.worst = Math.max(this.worst, this.#underWay + this.#waiting);
  }

  close(reason: ViewerEnd): void {
    this.closed.push(reason);
  }

  #carry(): void {
    const now = this.#now();
    let room = ((now - this.#at) / 1000) * this.#bytesPerSecond;
    this.#at = now;
    for (;;) {
      if (this.#underWay === 0) {
        this.#underWay = this.#underWayLeft = this.#waiting;
        this.#waiting = 0;
      }
      const carried = Math.min(room, this.#underWayLeft);
      this.#underWayLeft -= carried;
      room -= carried;
      if (this.#underWayLeft > 0 || this.#underWay === 0) return;
      this.#underWay = 0;
    }
  }
}
