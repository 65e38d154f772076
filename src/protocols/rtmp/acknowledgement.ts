/** 2.5 MB: what Flash's server and most after it announce; an acknowledgement every second at 10 Mb/s. */
export const DEFAULT_ACK_WINDOW = 2_500_000;

const WRAP = 2 ** 32;

/**
 * Counts what we receive and says when to acknowledge it (RTMP 1.0 §5.4.3). The sequence number is the count
 * since the connection began, modulo 2^32: an encoder that finds it standing still or jumping stops sending.
 */
export class ReceiveCounter {
  /** Bytes since the connection began; never wraps. */
  total: number;
  #acknowledged: number;
  #window = DEFAULT_ACK_WINDOW;
  /** Acknowledgements wait until this is false again. */
  isPutOff = false;

  /** `total`: bytes received before, for a test near the wrap. */
  constructor(total = 0) {
    this.total = total;
    this.#acknowledged = total;
  }

  /** The window the peer asks us to acknowledge within, bytes. 0 asks for nothing and changes nothing. */
  set window(bytes: number) {
    if (bytes > 0) this.#window = bytes;
  }

  /** Counts bytes; the sequence number to acknowledge now, or `undefined` while half the window is not yet full. */
  add(bytes: number): number | undefined {
    this.total += bytes;
    if (this.isPutOff || this.total - this.#acknowledged < this.#window / 2) return undefined;
    this.#acknowledged = this.total;
    return this.total % WRAP;
  }
}

/** Counts what we send, against what the peer says it has received. */
export class SendCounter {
  /** Bytes since the connection began; never wraps. */
  total: number;
  #acknowledged: number;

  constructor(total = 0) {
    this.total = total;
    this.#acknowledged = total;
  }

  add(bytes: number): void {
    this.total += bytes;
  }

  /**
   * Takes the peer's sequence number. It can only be at or behind what was sent, so of all counts it could stand
   * for, the latest such one is meant; one that would go back is an old or a wrong one and is left alone.
   */
  acknowledge(sequence: number): void {
    const behind = (((this.total - sequence) % WRAP) + WRAP) % WRAP;
    const acknowledged = this.total - behind;
    if (acknowledged > this.#acknowledged) this.#acknowledged = acknowledged;
  }

  /** Bytes sent that the peer has not yet acknowledged. */
  get outstanding(): number {
    return this.total - this.#acknowledged;
  }
}
