/** ISO/IEC 13818-1 §2.4.3. */
export const PACKET_SIZE = 188;
export const PACKET_HEADER_SIZE = 4;
/** What one packet can carry behind its header: adaptation field and payload. */
export const PACKET_BODY_SIZE = PACKET_SIZE - PACKET_HEADER_SIZE;

const SYNC_BYTE = 0x47;
/** An adaptation field with a PCR and nothing else: length, flags, 6 bytes. */
export const PCR_FIELD_SIZE = 8;
/** An adaptation field with flags only. */
export const FLAGS_FIELD_SIZE = 2;

export const ADAPTATION = { randomAccess: 0x40, pcr: 0x10 } as const;

/** The 4 bytes in front of every packet: ISO/IEC 13818-1 §2.4.3.2. */
export function writePacketHeader(
  out: Uint8Array,
  at: number,
  pid: number,
  continuity: number,
  startsUnit: boolean,
  hasAdaptation: boolean,
  hasPayload: boolean,
): void {
  out[at] = SYNC_BYTE; //                                        sync_byte
  out[at + 1] = (startsUnit ? 0x40 : 0) | (pid >> 8); //         payload_unit_start_indicator, PID[12..8]
  out[at + 2] = pid & 0xff; //                                   PID[7..0]
  out[at + 3] =
    (hasAdaptation ? 0x20 : 0) |
    (hasPayload ? 0x10 : 0) | //    adaptation_field_control
    (continuity & 0x0f); //                                      continuity_counter
}

/**
 * An adaptation field of `size` bytes, its length byte included: ISO/IEC 13818-1 §2.4.3.4. A field of one byte is the
 * length byte alone, which then says 0. What `flags` and the PCR leave free is stuffing.
 *
 * @param pcr in 90 kHz, any size; written where the flags say so
 */
export function writeAdaptationField(
  out: Uint8Array,
  at: number,
  size: number,
  flags: number,
  pcr: number,
): void {
  out[at] = size - 1; //                                         adaptation_field_length
  if (size === 1) return;
  out[at + 1] = flags;
  let filled = FLAGS_FIELD_SIZE;
  if (flags & ADAPTATION.pcr) {
    writePcr(out, at + filled, pcr);
    filled = PCR_FIELD_SIZE;
  }
  out.fill(0xff, at + filled, at + size); //                     stuffing_byte
}

/** Times wrap here: after 26.5 hours. */
export const TIME_MODULUS = 2 ** 33;

/** Into 0 … 2^33 - 1, whatever the sign. */
export function wrapTime(time: number): number {
  const rest = time % TIME_MODULUS;
  return rest < 0 ? rest + TIME_MODULUS : rest;
}

/** program_clock_reference: 33 bits of 90 kHz, 6 reserved, 9 bits of 27 MHz that are 0 here: ISO/IEC 13818-1 §2.4.3.5. */
function writePcr(out: Uint8Array, at: number, pcr: number): void {
  const base = wrapTime(pcr);
  // Bit operators see 32 bits, so bit 32 comes off by a division first.
  const high = Math.floor(base / 2);
  out[at] = high >>> 24;
  out[at + 1] = (high >>> 16) & 0xff;
  out[at + 2] = (high >>> 8) & 0xff;
  out[at + 3] = high & 0xff;
  out[at + 4] = base % 2 === 1 ? 0xfe : 0x7e; //                 base[0], reserved, extension[8]
  out[at + 5] = 0; //                                            extension[7..0]
}
