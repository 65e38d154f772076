/** What a reader remembers of one chunk stream: the header that later chunks leave out, and the message in progress. */
export class ChunkStream {
  readonly id: number;
  /** Absolute, ms, of the latest message. */
  timestamp = 0;
  /** The latest timestamp field, 24 or 32 bits: absolute for format 0, a delta for 1 and 2. */
  field = 0;
  /** The latest timestamp field was too large for 24 bits. */
  extended = false;
  length = 0;
  type = 0;
  streamId = 0;
  /** Bytes that the message in progress will have. */
  announced = 0;
  /** The message in progress, with room for more than has arrived but not for all of it; `undefined` between messages. */
  body: Buffer | undefined;
  /** Bytes of it that have arrived. */
  filled = 0;

  constructor(id: number) {
    this.id = id;
  }
}
