import type { Frame } from '../media/frame.ts';

/** What a stream feeds: the fan-out of each wire format, the HLS segmenter, later a recorder or a relay. */
export interface FrameSink {
  /** One frame, in the order of arrival. Must not throw and must not wait. */
  write(frame: Frame): void;
  /** What one read from the publisher's socket brought has been written: the time to pass it on. */
  flush(): void;
  /** The stream is over (its grace time too). Called once; nothing is written after it. */
  end(reason: string): void;
}
