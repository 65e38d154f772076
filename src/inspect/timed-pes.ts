import type { PesEvent } from 'mux.js/lib/m2ts/m2ts.js';

/** A PES packet whose times are there and unwrapped. */
export interface TimedPes extends PesEvent {
  readonly dts: number;
  readonly pts: number;
}
