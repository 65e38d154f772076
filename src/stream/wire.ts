import type { Frame } from '../media/frame.ts';
import type { Batch } from './batch.ts';
import { BatchWriter, type WireSource } from './batch-writer.ts';
import type { GopCache } from './gop-cache.ts';
import { RENEW_MS } from './time-base.ts';
import type { Viewer, ViewerEnd } from './viewer.ts';
import type { WireFormat } from './wire-format.ts';

/**
 * A GOP of 10 s at 20 Mb/s is 25 MB: in one batch a viewer's queue would not show how much of it has been read. So many
 * frames are about half a second.
 */
const CACHED_FRAMES_PER_BATCH = 32;
/**
 * Bytes of frames with which a batch is closed whatever its age: a machine that cannot keep up makes batches longer, and a
 * publisher who is ahead of time could put seconds into one, which a viewer's queue cannot take in part.
 */
const FULL_BATCH_BYTES = 256 * 1024;

/**
 * One wire format of one stream with one time base. Frames go in; each closed batch is made once and goes to every
 * viewer in one write. Exists only while somebody watches.
 */
export class Wire {
  readonly #format: WireFormat;
  readonly #gop: GopCache;
  readonly #writer: BatchWriter;
  readonly #viewers = new Set<Viewer>();
  /** When the open batch got its first frame; ms, monotonic. */
  #openedAt = 0;
  /** Closed batches from the GOP's start on; empty when there is nothing to start from. */
  #recent: Batch[] = [];
  /** The frame that opened the GOP of `#recent`. Once the stream has a later one, that is in the open batch. */
  #recentFrom: Frame | undefined;
  /** What viewers who have left were given. */
  #bytesToFormer = 0;

  /** Takes over what the stream has of the current GOP, so that the first viewer can start at once. */
  constructor(format: WireFormat, source: WireSource) {
    this.#format = format;
    this.#gop = source.gop;
    this.#writer = new BatchWriter(format, source);
    for (const frame of this.#gop.frames) {
      this.write(frame, 0);
      if (this.#writer.frames >= CACHED_FRAMES_PER_BATCH) this.#remember(this.#writer.close());
    }
    if (this.#writer.frames > 0) this.#remember(this.#writer.close());
  }

  get viewers(): ReadonlySet<Viewer> {
    return this.#viewers;
  }

  get bytesOut(): number {
    let sum = this.#bytesToFormer;
    for (const viewer of this.#viewers) sum += viewer.bytesOut;
    return sum;
  }

  /** True when new viewers should be given a wire with a later time base. */
  get isOld(): boolean {
    return this.#writer.elapsed > RENEW_MS;
  }

  /** `fromGop`: start with what is there of the current GOP; otherwise at the next key frame. */
  join(viewer: Viewer, fromGop: boolean): void {
    this.#viewers.add(viewer);
    const first = this.#recent[0];
    if (fromGop && viewer.hasRoom && first?.opening && this.#recentFrom === this.#gop.first)
      viewer.begin(first.opening, [first.fromGop(), ...this.#recent.slice(1)]);
  }

  leave(viewer: Viewer): void {
    if (this.#viewers.delete(viewer)) this.#bytesToFormer += viewer.bytesOut;
  }

  /** Adds a frame to the open batch. `now` in ms, monotonic. */
  write(frame: Frame, now: number): void {
    const writer = this.#writer;
    // One read may bring hours, if a publisher's clock races: the bound holds for every frame of a batch.
    if (writer.isSpent || !this.#format.wants(frame)) return;
    if (writer.frames === 0) this.#openedAt = now;
    writer.add(frame);
  }

  /** Writes the open batch to every viewer if it is due: at once with video if `batchMs` is 0, else by its age, or when it is full. */
  flush(now: number, batchMs: number, audioHoldMs: number): void {
    const writer = this.#writer;
    if (writer.frames === 0) return;
    const holdMs = batchMs > 0 ? batchMs : writer.hasVideo ? 0 : audioHoldMs;
    if (now - this.#openedAt < holdMs && writer.bytes < FULL_BATCH_BYTES) return;
    const batch = writer.close();
    this.#remember(batch);
    for (const viewer of this.#viewers) viewer.deliver(batch, now);
    if (writer.isSpent) this.end('timestamps used up, connect again', now);
  }

  /** Closes every viewer. `now` in ms, monotonic. */
  end(reason: ViewerEnd, now: number): void {
    const isOver = reason === 'stream ended' || reason === 'shutting down';
    const ending = isOver ? this.#writer.ending() : undefined;
    if (ending) for (const viewer of this.#viewers) viewer.deliver(ending, now);
    for (const viewer of [...this.#viewers]) viewer.close(reason);
  }

  #remember(batch: Batch): void {
    if (batch.opening) {
      this.#recent = [batch];
      this.#recentFrom = this.#gop.first;
    } else if (!this.#gop.first) this.#recent = [];
    else if (this.#recent.length > 0) this.#recent.push(batch);
  }
}
