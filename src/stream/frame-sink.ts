import type { Frame } from '../media/frame.ts';

/** What a stream feeds: the fan-out of each wire format, the HLS segmenter, later a recorder or a relay. */
export interface FrameSink {
  /** One frame, in the order of arrival. Must not throw and must not wait. */
  write(frame: Frame): void;
  /** What one read from the publisher's socket brought has been written: the time to pass it on. */
  flush(): void;
  /** So much waits in it that frames will be left out if much more comes at once. */
  isBehind?(): boolean;
  /**
   * The publisher has gone, or another takes its place: whatever comes next, if anything does, does not go on where this
   * one stopped. For sinks that hold frames back.
   */
  interrupt?(): void;
  /** The stream is over (its grace time too). Called once; nothing is written after it. */
  end(reason: string): void;
}
