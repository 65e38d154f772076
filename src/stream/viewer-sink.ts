import type { Batch } from './batch.ts';

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

/** `relay`: another server that the stream is pushed to. */
export type ViewerProtocol = 'rtmp' | 'http-flv' | 'ws-flv' | 'relay';

export type ViewerEnd =
  | 'stream ended'
  | 'too slow'
  | 'timestamps used up, connect again'
  | 'kicked'
  | 'shutting down'
  /** The publisher has changed to one that the viewer has not named. */
  | 'codec not asked for';
