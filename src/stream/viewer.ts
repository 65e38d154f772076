import type { Batch, Opening } from './batch.ts';

/** The end of a viewer's connection, as far as the stream cares. */
export interface ViewerSink {
  readonly protocol: ViewerProtocol;
  /** Bytes accepted but not yet taken by the operating system. */
  readonly queuedBytes: number;
  /** Hands over bytes in one write. Must not throw and must not wait. */
  write(batch: Batch): void;
  /** Several batches in one write. */
  writeAll(batches: readonly Batch[]): void;
  /** The stream has nothing more for this viewer. What is queued may still be sent. */
  close(reason: ViewerEnd): void;
}

export type ViewerProtocol = 'rtmp' | 'http-flv' | 'ws-flv';

export type ViewerEnd =
  'stream ended' | 'too slow' | 'timestamps used up, connect again' | 'kicked' | 'shutting down';

export type ViewerState = 'joining' | 'live' | 'lagging' | 'closed';

export interface ViewerLimits {
  /** A viewer with more bytes than this waiting is lagging. Well above the largest key frame one meets. */
  readonly queueBytes: number;
  /** A viewer that lags this long, in ms, is closed. */
  readonly lagMs: number;
}

/** 4 MiB is 16 s of a 2 Mb/s stream and twice the largest key frame of a 20 Mb/s one. */
export const VIEWER_LIMITS: ViewerLimits = { queueBytes: 4 * 1024 * 1024, lagMs: 30_000 };

/**
 * One viewer: *joining* until it has been given a key frame, then *live*; *lagging* while its connection does not keep
 * up. A lagging viewer loses whole GOPs, never single frames, and goes on at a key frame with the configurations.
 */
export class Viewer {
  readonly sink: ViewerSink;
  readonly #limits: ViewerLimits;
  readonly #resumes: boolean;
  #state: ViewerState = 'joining';
  #lagSince = 0;
  /** What it was given at once when it joined does not count as lagging until it has been taken. */
  #allowance = 0;
  /** Batches this viewer never got. */
  skippedBatches = 0;
  /** Times it fell behind. */
  lags = 0;
  /** Bytes handed to its sink. */
  bytesOut = 0;

  /** @param resumes a connection that has been given this stream before: it needs no header, and its clock goes on. */
  constructor(sink: ViewerSink, limits: ViewerLimits = VIEWER_LIMITS, resumes = false) {
    this.sink = sink;
    this.#resumes = resumes;
    this.#limits = limits;
  }

  /** False while so much is queued that a whole GOP on top would be too much. */
  get hasRoom(): boolean {
    return this.sink.queuedBytes <= this.#limits.queueBytes / 2;
  }

  get state(): ViewerState {
    return this.#state;
  }

  /** Starts with everything since the last key frame. `opening` belongs to the first of `batches`. */
  begin(opening: Opening, batches: readonly Batch[]): void {
    if (this.#state === 'closed') return;
    this.#state = 'live';
    this.#allowance = this.#writeAll([this.#resumes ? opening.resume() : opening.first(), ...batches]);
  }

  /** Takes the next batch in its turn. `now` in ms, monotonic. */
  deliver(batch: Batch, now: number): void {
    switch (this.#state) {
      case 'live':
        return this.#deliverLive(batch, now);
      case 'joining':
        return this.#deliverFirst(batch);
      case 'lagging':
        return this.#deliverLagging(batch, now);
      case 'closed':
        return;
    }
  }

  /** The viewer left, or is told to: either way the first reason counts. */
  close(reason: ViewerEnd): void {
    if (this.#state === 'closed') return;
    this.#state = 'closed';
    this.sink.close(reason);
  }

  /** The connection is gone: nothing to tell it any more. */
  gone(): void {
    this.#state = 'closed';
  }

  #deliverLive(batch: Batch, now: number): void {
    const queued = this.sink.queuedBytes;
    if (queued <= this.#limits.queueBytes + this.#allowance) {
      if (queued === 0) this.#allowance = 0;
      this.bytesOut += batch.bytes.length;
      this.sink.write(batch);
      return;
    }
    this.#state = 'lagging';
    this.#lagSince = now;
    this.lags++;
    this.skippedBatches++;
  }

  #deliverFirst(batch: Batch): void {
    if (batch.opening && this.hasRoom) this.begin(batch.opening, [batch.fromGop()]);
  }

  #deliverLagging(batch: Batch, now: number): void {
    if (batch.opening && this.hasRoom) {
      this.#state = 'live';
      this.#allowance = this.#writeAll([batch.opening.resume(), batch.fromGop()]);
      return;
    }
    this.skippedBatches++;
    if (now - this.#lagSince > this.#limits.lagMs) this.close('too slow');
  }

  #writeAll(batches: readonly Batch[]): number {
    const bytes = batches.reduce((sum, batch) => sum + batch.bytes.length, 0);
    this.bytesOut += bytes;
    this.sink.writeAll(batches);
    return bytes;
  }
}
