declare const unit: unique symbol;
type In<Name extends string> = number & { readonly [unit]: Name };

/** RTMP and FLV time: milliseconds. Wraps at 2^32 on the wire; unwrapped in `inputs`. */
export type Ms = In<'ms'>;

/** Time inside the gateway: 90 kHz, whole, counted from the stream's first frame, never wraps (2^53 is 3,100 years). */
export type Ticks = In<'90 kHz ticks'>;

export const TICKS_PER_SECOND = 90_000;
export const TICKS_PER_MS = 90;

export const ticks = (value: number): Ticks => value as Ticks;
export const ms = (value: number): Ms => value as Ms;
export const ticksFromMs = (value: number): Ticks => (value * TICKS_PER_MS) as Ticks;
/** Rounds to the nearest millisecond, so that an error never adds up from frame to frame. */
export const msFromTicks = (value: Ticks): Ms => Math.round(value / TICKS_PER_MS) as Ms;
export const secondsFromTicks = (value: number): number => value / TICKS_PER_SECOND;
export const ticksFromSeconds = (value: number): Ticks => Math.round(value * TICKS_PER_SECOND) as Ticks;
