import { Backlog, type LeftOut } from './backlog.ts';
import type { Batch, Opening } from './batch.ts';
import type { ViewerEnd, ViewerSink } from './viewer-sink.ts';
import type { ViewerTally } from './viewer-tally.ts';

export type { ViewerEnd, ViewerProtocol, ViewerSink } from './viewer-sink.ts';

export type ViewerState = 'joining' | 'live' | 'lagging' | 'closed';

export interface ViewerLimits {
  /** A viewer with more bytes than this waiting falls behind. Well above the largest key frame one meets. */
  readonly queueBytes: number;
  /**
   * A viewer that falls behind and does not get as far as another key frame in so many ms is closed. One that reads at
   * half the stream's speed gets every second GOP and stays.
   */
  readonly lagMs: number;
}

/**
 * 4 MiB is 16 s of a 2 Mb/s stream and twice the largest key frame of a 20 Mb/s one. A phone that is in a tunnel or a lift for a
 * minute goes on by itself afterwards.
 */
export const VIEWER_LIMITS: ViewerLimits = { queueBytes: 4 * 1024 * 1024, lagMs: 90_000 };

/**
 * So much of the stream's time may wait for a viewer: 4 MiB of sound would be minutes, and nobody wants to see live
 * what was minutes ago.
 */
export const MAX_QUEUED_MS = 10_000;
/**
 * Bytes given to the connection before it has taken them. They cannot be taken back, and Node does not tell how many of a
 * write are gone until all are: the less, the better. The rest waits in the viewer's backlog, which is looked after up to
 * every 20 ms while the publisher sends, and every 100 ms while it does not.
 */
export const SINK_BYTES = 64 * 1024;
/** Where that is less of the stream's time than this, it is so much time. */
const SINK_MS = 250;

/**
 * One viewer: *joining* until it has been given a key frame, then *live*; *lagging* from the time it does not keep up until
 * it gets to another key frame. A lagging viewer loses whole GOPs, never single frames, and goes on at a key frame with
 * the configurations: first the GOPs between the one it is in and the newest, then the rest of the one it is in.
 */
export class Viewer {
  readonly sink: ViewerSink;
  readonly #limits: ViewerLimits;
  readonly #resumes: boolean;
  readonly #sinkBytes: number;
  readonly #backlog = new Backlog();
  #tally: ViewerTally | undefined;
  #state: ViewerState = 'joining';
  #lagSince = 0;
  /** Nothing is left that could be gone on with: the next thing it gets is a key frame. */
  #needsKey = false;
  /** What it was given at once when it joined, or a huge key frame, does not count as lagging until it has been taken. */
  #allowedBytes = 0;
  #allowedMs = 0;
  /** Batches this viewer never got. */
  skippedBatches = 0;
  /** GOPs of which it was not even given the key frame. */
  skippedGops = 0;
  /** Times it fell behind. */
  lags = 0;
  /** Bytes handed to its sink. */
  bytesOut = 0;

  /** @param resumes a connection that has been given this stream before: it needs no header, and its clock goes on. */
  constructor(sink: ViewerSink, limits: ViewerLimits = VIEWER_LIMITS, resumes = false) {
    this.sink = sink;
    this.#resumes = resumes;
    this.#limits = limits;
    this.#sinkBytes = Math.min(SINK_BYTES, limits.queueBytes / 2);
  }

  /** Counts what happens to this viewer there too. */
  countIn(tally: ViewerTally): void {
    this.#tally = tally;
  }

  /** Bytes that wait for it, here and in its sink. */
  get queuedBytes(): number {
    return this.sink.queuedBytes + this.#backlog.bytes;
  }

  /** False while so much is queued that a whole GOP on top would be too much. */
  get hasRoom(): boolean {
    return this.#isWithin(1 / 2);
  }

  get state(): ViewerState {
    return this.#state;
  }

  /** Starts with everything since the last key frame. `opening` belongs to the first of `batches`. */
  begin(opening: Opening, batches: readonly Batch[]): void {
    if (this.#state === 'closed') return;
    this.#state = 'live';
    this.#allowedBytes = batches.reduce((sum, batch) => sum + batch.bytes.length, 0);
    this.#allowedMs = batches.reduce((sum, batch) => sum + batch.ms, 0);
    // As much as the connection may be given at once leaves in one write, the first batch in any case.
    const together = [this.#resumes ? opening.resume() : opening.first()];
    let bytes = 0;
    for (const batch of batches) {
      if (together.length > 1 && bytes + batch.bytes.length > this.#sinkBytes) this.#backlog.push(batch);
      else together.push(batch);
      bytes += batch.bytes.length;
    }
    this.#writeAll(together);
    this.pump();
  }

  /** Takes the next batch in its turn. `now` in ms, monotonic. */
  deliver(batch: Batch, now: number): void {
    // Nearly always: it has taken all that it was given. This is all a quick viewer costs, so it stands in front.
    if (this.#state === 'live' && !batch.opening && this.#backlog.isEmpty && this.sink.queuedBytes === 0) {
      this.#allowedBytes = this.#allowedMs = 0;
      return this.#write(batch);
    }
    if (this.#state === 'closed') return;
    if (this.#state === 'joining') return this.#deliverFirst(batch);
    if (!this.#backlog.isEmpty) this.pump();
    const queued = this.sink.queuedBytes;
    if (queued === 0 && this.#backlog.isEmpty) this.#allowedBytes = this.#allowedMs = 0;
    if (!this.#needsKey && this.#isOver(queued)) this.#fallBehind(now);
    else if (batch.opening) this.#allowKey(batch);
    if (this.#needsKey) this.#deliverKey(batch, now);
    else if (queued <= this.#sinkBytes && this.#backlog.isEmpty) this.#write(batch);
    else this.#backlog.push(batch);
    if (this.#state === 'lagging' && now - this.#lagSince > this.#limits.lagMs) this.close('too slow');
  }

  /** Hands on what waits, as far as the connection has room. To be called now and then, also when no batch comes. */
  pump(): void {
    if (this.#backlog.bytes === 0) return;
    const ofTime = (this.#backlog.bytes / Math.max(this.#backlog.ms, 1)) * SINK_MS;
    const enough = Math.max(this.#sinkBytes, Math.min(ofTime, this.#limits.queueBytes / 4));
    while (!this.#backlog.isEmpty && this.sink.queuedBytes <= enough) this.#handOn();
  }

  /** The viewer left, or is told to: either way the first reason counts. */
  close(reason: ViewerEnd): void {
    if (this.#state === 'closed') return;
    // What waits for who is too slow would only keep the goodbye waiting.
    while (reason !== 'too slow' && !this.#backlog.isEmpty) this.#handOn();
    this.#backlog.clear();
    this.#state = 'closed';
    this.#tally?.countClosed(this.sink.protocol, reason);
    this.sink.close(reason);
  }

  /** The connection is gone: nothing to tell it any more. */
  gone(): void {
    this.#state = 'closed';
    this.#backlog.clear();
  }

  #isWithin(share: number): boolean {
    return this.queuedBytes <= this.#limits.queueBytes * share && this.#backlog.ms <= MAX_QUEUED_MS * share;
  }

  #isOver(queuedInSink: number): boolean {
    return (
      queuedInSink + this.#backlog.bytes > this.#limits.queueBytes + this.#allowedBytes ||
      this.#backlog.ms > MAX_QUEUED_MS + this.#allowedMs
    );
  }

  /** One key frame may be larger than all that may wait: who takes it in good time has not fallen behind. */
  #allowKey({ bytes }: Batch): void {
    if (bytes.length > this.#limits.queueBytes / 2)
      this.#allowedBytes = Math.max(this.#allowedBytes, bytes.length);
  }

  #fallBehind(now: number): void {
    if (this.#state === 'live') {
      this.#state = 'lagging';
      this.#lagSince = now;
      this.lags++;
      this.#tally?.count('lags', this.sink.protocol);
    }
    this.#allowedBytes = this.#allowedMs = 0;
    this.#skipped(this.#backlog.leaveOutGops());
    if (!this.#isWithin(3 / 4)) this.#skipped(this.#backlog.leaveOutBegun());
    if (!this.hasRoom) this.#skipped(this.#backlog.clear());
    this.#needsKey = this.#backlog.isEmpty;
  }

  #deliverFirst(batch: Batch): void {
    if (batch.opening && this.hasRoom) this.begin(batch.opening, [batch.fromGop()]);
  }

  #deliverKey(batch: Batch, now: number): void {
    if (batch.opening && this.hasRoom) {
      this.#needsKey = false;
      this.#backlog.pushAnew(batch);
      this.#allowKey(batch);
      return this.pump();
    }
    this.#skipped({ batches: 1, gops: batch.opening ? 1 : 0 });
    // A viewer that has read all it was given waits for the publisher's key frame, which is not its fault.
    if (this.sink.queuedBytes <= this.#sinkBytes) this.#lagSince = now;
  }

  #skipped({ batches, gops }: LeftOut): void {
    if (batches === 0) return;
    this.skippedBatches += batches;
    this.skippedGops += gops;
    this.#tally?.count('skippedBatches', this.sink.protocol, batches);
    if (gops > 0) this.#tally?.count('skippedGops', this.sink.protocol, gops);
  }

  /** Gives the next of what waits to the connection. */
  #handOn(): void {
    const isAnew = this.#backlog.startsAnew;
    const batch = this.#backlog.shift()!;
    if (!isAnew) return this.#write(batch);
    this.#state = 'live';
    this.#allowedBytes = batch.bytes.length;
    this.#writeAll([batch.opening!.resume(), batch]);
  }

  #write(batch: Batch): void {
    this.bytesOut += batch.bytes.length;
    this.sink.write(batch);
  }

  #writeAll(batches: readonly Batch[]): void {
    for (const batch of batches) this.bytesOut += batch.bytes.length;
    this.sink.writeAll(batches);
  }
}
