import { boxType, type BoxCursor } from './box-cursor.ts';

export interface ProducerReference {
  readonly trackId: number;
  /** When the frame is shown, in its track's units. */
  readonly mediaTime: number;
  /** The same by the clock on the wall, ms since 1970. */
  readonly wallClock: number;
}

/** Version 1, its media_time has 64 bits. */
export const PRODUCER_REFERENCE_BYTES = 32;

const PRFT = boxType('prft');
/** Version 1; flags 24: the wall clock keeps a constant, small distance to when what is shown really happened. */
const VERSION_AND_FLAGS = 0x01000018;
/** From 1900, where NTP begins, to 1970: RFC 5905 §6. */
const NTP_EPOCH_SECONDS = 2_208_988_800;

/** Producer reference time: ISO/IEC 14496-12 §8.16.5. It stands in front of the moof that it is about. */
export function writeProducerReference(
  out: BoxCursor,
  { trackId, mediaTime, wallClock }: ProducerReference,
): void {
  const whole = Math.floor(wallClock / 1000);
  out.fullBox(PRODUCER_REFERENCE_BYTES, PRFT, VERSION_AND_FLAGS);
  out.u32(trackId);
  out.u32((whole + NTP_EPOCH_SECONDS) % 2 ** 32); // its next era begins in 2036
  out.u32(Math.floor(((wallClock - whole * 1000) / 1000) * 2 ** 32));
  out.u64(mediaTime);
}
