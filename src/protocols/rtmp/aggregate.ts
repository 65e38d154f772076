import { ByteReader, TruncatedError } from '../../bytes/byte-reader.ts';
import { ProtocolError } from './errors.ts';
import type { RtmpMessage } from './message.ts';

/** Type (1), size (3), timestamp (3 + 1), stream id (3): the header of an FLV tag. */
const SUB_HEADER_BYTES = 11;
const BACK_POINTER_BYTES = 4;

/**
 * Splits an aggregate message (RTMP 1.0 §7.1.6) into the messages it carries, in order.
 *
 * The aggregate's own timestamp counts: the difference between it and that of the first message inside is added
 * to all of them. The stream id is the aggregate's. Bodies are views into the aggregate's body.
 *
 * @throws ProtocolError when the sizes inside do not fit the body. A last back pointer may be missing.
 */
export function splitAggregate(aggregate: RtmpMessage, onMessage: (message: RtmpMessage) => void): void {
  const reader = new ByteReader(aggregate.body, 'aggregate message');
  let offset: number | undefined;
  try {
    while (reader.left > 0) {
      reader.need(SUB_HEADER_BYTES, 'header');
      const type = reader.u8();
      const size = reader.u24();
      const timestamp = reader.u24() + reader.u8() * 0x1000000; // the high byte comes last, as in FLV
      reader.u24(); // stream id: the aggregate's counts
      const body = reader.take(size, 'body');
      offset ??= aggregate.timestamp - timestamp;
      onMessage({ ...aggregate, type, timestamp: (timestamp + offset) >>> 0, body });
      reader.skip(Math.min(BACK_POINTER_BYTES, reader.left), 'back pointer');
    }
  } catch (error) {
    if (error instanceof TruncatedError)
      throw new ProtocolError('RTMP_AGGREGATE', error.message, { cause: error });
    throw error;
  }
}
