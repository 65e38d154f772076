/** 8 kHz is a telephone's, 768 kHz what converters reach. Times are counted in samples: by a rate that is none a frame lasts an hour. */
const LEAST_HZ = 1000;
const MOST_HZ = 768_000;

/** A sample rate that a configuration tells with bits to spare: can it be one? */
export function isSampleRate(hz: number): boolean {
  return hz >= LEAST_HZ && hz <= MOST_HZ;
}
