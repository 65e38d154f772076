import { InspectError } from './errors.ts';
import { seconds } from './numbers.ts';
import { MAX_BYTES_BEFORE_PMT, MAX_PES_BYTES } from './limits.ts';

export const TS_PACKET_BYTES = 188;
const PID_PAT = 0;
const PID_NULL = 0x1fff;
/** Below it lie the tables of the system layer and DVB's (SDT and the like), which may stand anywhere. */
const FIRST_FREE_PID = 0x20;

/** What goes on from one segment to the next, unless a discontinuity is announced: RFC 8216 §3. */
export class TransportClock {
  /** Last DTS, to take the 33 bits over their wrap. */
  near: number | undefined;
  readonly counters = new Map<number, number>();
  /** Last PCR's 33-bit base. */
  pcr: number | undefined;

  breakClock(): void {
    this.near = undefined;
    this.counters.clear();
    this.pcr = undefined;
  }
}

/**
 * Watches what mux.js passes over: continuity counters, PCR, and how many packets each PES packet took.
 * ISO/IEC 13818-1 §2.4.3.2 and §2.4.3.4.
 */
export class PacketWatch {
  packets = 0;
  continuityErrors = 0;
  pcrCount = 0;
  #pcrPairs = 0;
  #longestPcrTicks = 0;
  #pmtPid: number | undefined;
  readonly #clock: TransportClock;
  /** PIDs of the first two packets that are not other tables. */
  readonly #opening: number[] = [];
  readonly #inProgress = new Map<number, number>();
  readonly #complete = new Map<number, number>();

  constructor(clock: TransportClock) {
    this.#clock = clock;
  }

  /** Call for each packet before mux.js gets it. `pmtPid`: as far as a PAT has told. */
  see(packet: Uint8Array, pmtPid: number | undefined): void {
    this.packets++;
    this.#pmtPid = pmtPid;
    if (pmtPid === undefined && this.packets * TS_PACKET_BYTES > MAX_BYTES_BEFORE_PMT) {
      throw new InspectError(
        'FORMAT',
        `no program table in the first ${MAX_BYTES_BEFORE_PMT / 2 ** 20} MiB of MPEG-TS`,
      );
    }
    const pid = ((packet[1]! & 0x1f) << 8) | packet[2]!;
    if (pid === PID_NULL) return;
    if (this.#opening.length < 2 && (pid === PID_PAT || pid >= FIRST_FREE_PID)) this.#opening.push(pid);
    this.#weigh(pid, (packet[1]! & 0x40) !== 0); // payload_unit_start_indicator
    const hasAdaptation = (packet[3]! & 0x20) !== 0 && packet[4]! > 0;
    const flags = hasAdaptation ? packet[5]! : 0;
    this.#count(pid, packet[3]!, (flags & 0x80) !== 0); // discontinuity_indicator
    if ((flags & 0x10) !== 0 && packet[4]! >= 7) this.#seePcr(packet);
  }

  #weigh(pid: number, startsUnit: boolean): void {
    const before = this.#inProgress.get(pid) ?? 0;
    if (startsUnit) this.#complete.set(pid, before);
    const now = startsUnit ? TS_PACKET_BYTES : before + TS_PACKET_BYTES;
    if (now > MAX_PES_BYTES) {
      throw new InspectError(
        'BROKEN',
        `a PES packet of PID ${pid} does not end within ${MAX_PES_BYTES / 2 ** 20} MiB`,
      );
    }
    this.#inProgress.set(pid, now);
  }

  /** Bytes of transport packets that the PES packet took which mux.js has just put together. */
  bytesOfPes(pid: number): number {
    return this.#complete.get(pid) ?? 0;
  }

  /** The end: what was in progress is complete. */
  end(): void {
    for (const [pid, bytes] of this.#inProgress) this.#complete.set(pid, bytes);
  }

  #count(pid: number, fourth: number, announced: boolean): void {
    const counter = fourth & 0x0f;
    const hasPayload = (fourth & 0x10) !== 0;
    const last = this.#clock.counters.get(pid);
    this.#clock.counters.set(pid, counter);
    if (last === undefined || announced) return;
    const expected = hasPayload ? (last + 1) & 0x0f : last;
    if (counter === expected || counter === last) return; // a packet may be sent twice
    this.continuityErrors++;
  }

  #seePcr(packet: Uint8Array): void {
    // program_clock_reference_base: 33 bits, of which bit operators would lose the first.
    const base =
      packet[6]! * 2 ** 25 + packet[7]! * 2 ** 17 + packet[8]! * 2 ** 9 + packet[9]! * 2 + (packet[10]! >> 7);
    this.pcrCount++;
    if (this.#clock.pcr !== undefined) {
      const interval = (base - this.#clock.pcr + 2 ** 33) % 2 ** 33;
      this.#pcrPairs++;
      if (interval < 2 ** 32) this.#longestPcrTicks = Math.max(this.#longestPcrTicks, interval);
    }
    this.#clock.pcr = base;
  }

  get longestPcrIntervalSeconds(): number | undefined {
    return this.#pcrPairs > 0 ? seconds(this.#longestPcrTicks) : undefined;
  }

  get startsWithPat(): boolean {
    return this.#opening[0] === PID_PAT;
  }

  get startsWithPmt(): boolean {
    return this.#opening[1] !== undefined && this.#opening[1] === this.#pmtPid;
  }
}
