import {
  ADAPTATION,
  FLAGS_FIELD_SIZE,
  PACKET_BODY_SIZE,
  PACKET_HEADER_SIZE,
  PACKET_SIZE,
  PCR_FIELD_SIZE,
  writeAdaptationField,
  writePacketHeader,
} from './packet.ts';

/** A second of 2 Mb/s: small streams never grow it, large ones a few times in their first segment. */
const FIRST_CAPACITY = 256 * 1024;
/** A buffer this much larger than what a segment needed is given back. */
const MAX_SLACK = 4;
const NO_ROOM = Buffer.alloc(0);

/**
 * The packets of the segment being made, in one buffer that serves segment after segment.
 *
 * A PES packet is laid down whole at the end of the room its packets will take ({@link reserve}, then bytes at
 * {@link bytes}), and then spread forward in place ({@link spread}): headers go into the gap that is left in front.
 */
export class PacketBuffer {
  /** Without any room until the first packet. */
  #bytes: Buffer = NO_ROOM;
  #size = 0;
  #continuity = new Map<number, number>();

  /** To be written into between {@link reserve} and {@link spread} only; another buffer may stand here afterwards. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** Bytes of finished packets. */
  get size(): number {
    return this.#size;
  }

  /** The continuity counter for the next packet with payload of this PID; counters go on from segment to segment. */
  nextContinuity(pid: number): number {
    const counter = this.#continuity.get(pid) ?? 0;
    this.#continuity.set(pid, (counter + 1) & 0x0f);
    return counter;
  }

  /** Adds one packet that the caller writes whole; returns its offset. */
  addPacket(): number {
    const at = this.#size;
    this.#grow(PACKET_SIZE);
    this.#size += PACKET_SIZE;
    return at;
  }

  /** Adds a packet with nothing but a clock reference. It has no payload, so it does not count: ISO/IEC 13818-1 §2.4.3.3. */
  addPcr(pid: number, pcr: number): void {
    const at = this.addPacket();
    const last = ((this.#continuity.get(pid) ?? 0) + 15) & 0x0f;
    writePacketHeader(this.#bytes, at, pid, last, false, true, false);
    writeAdaptationField(this.#bytes, at + PACKET_HEADER_SIZE, PACKET_BODY_SIZE, ADAPTATION.pcr, pcr);
  }

  /** Makes room for the packets of a PES packet of `length` bytes; returns the offset where to write those bytes. */
  reserve(length: number, adaptationFlags: number): number {
    const room = packetsFor(length, adaptationFlags) * PACKET_SIZE;
    this.#grow(room);
    return this.#size + room - length;
  }

  /**
   * Turns the `length` bytes written at {@link reserve}'s offset into packets. Returns where the first of them now is.
   *
   * Spreading forward never runs over bytes not yet moved: before packet i, the source is at least 4 bytes per
   * packet still to come ahead of its destination.
   */
  spread(pid: number, length: number, adaptationFlags: number, pcr: number): number {
    const bytes = this.#bytes;
    const packets = packetsFor(length, adaptationFlags);
    let source = this.#size + packets * PACKET_SIZE - length;
    let left = length;
    let at = this.#size;
    let continuity = this.#continuity.get(pid) ?? 0;
    let flags = adaptationFlags;
    let payloadStart = 0;
    for (let index = 0; index < packets; index++) {
      const fieldSize = Math.max(fieldSizeFor(flags), PACKET_BODY_SIZE - left);
      const payload = at + PACKET_HEADER_SIZE + fieldSize;
      const count = PACKET_BODY_SIZE - fieldSize;
      writePacketHeader(bytes, at, pid, continuity, index === 0, fieldSize > 0, true);
      if (fieldSize > 0) writeAdaptationField(bytes, at + PACKET_HEADER_SIZE, fieldSize, flags, pcr);
      if (index === 0) payloadStart = payload;
      bytes.copyWithin(payload, source, source + count);
      continuity = (continuity + 1) & 0x0f;
      source += count;
      left -= count;
      at += PACKET_SIZE;
      flags = 0;
    }
    this.#continuity.set(pid, continuity);
    this.#size = at;
    return payloadStart;
  }

  /** The finished packets as a Buffer of their own; the next segment begins empty. */
  take(): Buffer {
    const taken = Buffer.allocUnsafeSlow(this.#size);
    this.#bytes.copy(taken, 0, 0, this.#size);
    if (this.#bytes.length > FIRST_CAPACITY && this.#bytes.length > MAX_SLACK * this.#size) {
      this.#bytes = Buffer.allocUnsafeSlow(Math.max(FIRST_CAPACITY, 2 * this.#size));
    }
    this.#size = 0;
    return taken;
  }

  /** Gives its room back; to be called behind {@link take}. A stream that is over is kept for players to finish, without this. */
  rest(): void {
    if (this.#size === 0) this.#bytes = NO_ROOM;
  }

  #grow(room: number): void {
    const needed = this.#size + room;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2, FIRST_CAPACITY));
    this.#bytes.copy(larger, 0, 0, this.#size);
    this.#bytes = larger;
  }
}

function fieldSizeFor(flags: number): number {
  if (flags & ADAPTATION.pcr) return PCR_FIELD_SIZE;
  return flags === 0 ? 0 : FLAGS_FIELD_SIZE;
}

function packetsFor(length: number, flags: number): number {
  return Math.ceil((length + fieldSizeFor(flags)) / PACKET_BODY_SIZE);
}
