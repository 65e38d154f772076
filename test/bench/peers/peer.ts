import type { Running } from '../running.ts';

/** A server that is measured. */
export interface Peer {
  readonly name: string;
  readonly running: Running;
  readonly rtmpPort: number;
  readonly httpPort: number;
  stop(): Promise<void>;
}
