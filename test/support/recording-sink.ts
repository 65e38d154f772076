import type { Batch } from '../../src/stream/batch.ts';
import type { ViewerEnd, ViewerProtocol, ViewerSink } from '../../src/stream/viewer.ts';

/** A viewer's end that keeps what it was given; how much "waits to be sent" is set by hand. */
export class RecordingSink implements ViewerSink {
  readonly protocol: ViewerProtocol = 'http-flv';
  queuedBytes = 0;
  /** One entry per write, with the buffers of that write. */
  readonly writes: Buffer[][] = [];
  /** Every reason it was closed with. */
  readonly closed: ViewerEnd[] = [];

  write(batch: Batch): void {
    this.writes.push([batch.bytes]);
  }

  writeAll(batches: readonly Batch[]): void {
    this.writes.push(batches.map((batch) => batch.bytes));
  }

  close(reason: ViewerEnd): void {
    this.closed.push(reason);
  }

  get buffers(): Buffer[] {
    return this.writes.flat();
  }

  get text(): string {
    return Buffer.concat(this.buffers).toString('latin1').trim();
  }
}
