/**
 * Media of one connection that waits for a verdict, bytes and messages, beyond which no more is read until it is there.
 * Nothing is lost by it: what the peer sends waits in the network, and an encoder copes with that as with a slow line.
 * Encoders that wait for the answer, which are most, send nothing at all.
 */
const MAX_BYTES = 1024 * 1024;
const MAX_MESSAGES = 2_048;
/** All connections together; beyond it each has only its own little. Nobody of them has been let in yet. */
const MAX_TOTAL = 256 * 1024 * 1024;
const OWN_BYTES = 64 * 1024;

/** What all connections hold, bytes. */
export interface HeldTotal {
  bytes: number;
}

/** One connection's part of it. */
export class HeldShare {
  readonly #total: HeldTotal;
  #bytes = 0;

  constructor(total: HeldTotal) {
    this.#total = total;
  }

  /** This much is held now. False: read no more. */
  hold(held: { readonly bytes: number; readonly messages: number }): boolean {
    this.#total.bytes += held.bytes - this.#bytes;
    this.#bytes = held.bytes;
    const most = this.#total.bytes > MAX_TOTAL ? OWN_BYTES : MAX_BYTES;
    return held.bytes < most && held.messages < MAX_MESSAGES;
  }
}
