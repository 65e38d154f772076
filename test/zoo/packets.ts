import { TIME_MODULUS, wrapTime } from '../../src/containers/mpegts/packet.ts';

/** Tools to look into and to break MPEG-TS, packet by packet: ISO/IEC 13818-1 §2.4.3. */

export const PACKET = 188;

export function splitPackets(bytes: Buffer): Buffer[] {
  const packets: Buffer[] = [];
  for (let at = 0; at < bytes.length; at += PACKET)
    packets.push(Buffer.from(bytes.subarray(at, at + PACKET)));
  return packets;
}

export const pidOf = (packet: Buffer): number => packet.readUInt16BE(1) & 0x1fff;
export const startsUnit = (packet: Buffer): boolean => (packet[1]! & 0x40) !== 0;
export const hasPayload = (packet: Buffer): boolean => (packet[3]! & 0x10) !== 0;
const hasField = (packet: Buffer): boolean => (packet[3]! & 0x20) !== 0;
const flagsOf = (packet: Buffer): number => (hasField(packet) && packet[4]! > 0 ? packet[5]! : 0);
export const hasPcr = (packet: Buffer): boolean => (flagsOf(packet) & 0x10) !== 0;
export const isTable = (packet: Buffer): boolean => pidOf(packet) === 0 || pidOf(packet) === 0x1000;

/** Offset of the payload. */
const payloadAt = (packet: Buffer): number => (hasField(packet) ? 5 + packet[4]! : 4);

/** PCR base in 90 kHz. */
export const pcrOf = (packet: Buffer): number => packet.readUInt32BE(6) * 2 + (packet[10]! >> 7);

/** Leaves stuffing where the clock reference was. */
export function dropPcr(packet: Buffer): void {
  packet[5]! &= ~0x10;
  packet.fill(0xff, 6, 12);
}

/** The next packets' counters, PID by PID: a packet without payload does not count (§2.4.3.3). */
export function count(packets: readonly Buffer[], counters: Map<number, number>): void {
  for (const packet of packets) {
    const pid = pidOf(packet);
    const next = counters.get(pid) ?? 0;
    const counter = hasPayload(packet) ? next : (next + 15) & 15;
    packet[3] = (packet[3]! & 0xf0) | counter;
    if (hasPayload(packet)) counters.set(pid, (next + 1) & 15);
  }
}

/** Offsets of PTS and DTS in a packet that begins a PES packet with them. */
function stampsAt(packet: Buffer): number[] {
  if (!startsUnit(packet) || isTable(packet) || !hasPayload(packet)) return [];
  const at = payloadAt(packet);
  const flags = packet[at + 7]! >> 6;
  return flags === 3 ? [at + 9, at + 14] : flags === 2 ? [at + 9] : [];
}

function readStamp(packet: Buffer, at: number): number {
  const top = (packet[at]! >> 1) & 7;
  const middle = packet.readUInt16BE(at + 1) >> 1;
  return top * 2 ** 30 + middle * 2 ** 15 + (packet.readUInt16BE(at + 3) >> 1);
}

function writeStamp(packet: Buffer, at: number, ticks: number): void {
  const time = wrapTime(ticks);
  packet[at] = (packet[at]! & 0xf1) | (Math.floor(time / 2 ** 30) << 1);
  packet.writeUInt16BE(((Math.floor(time / 2 ** 15) & 0x7fff) << 1) | 1, at + 1);
  packet.writeUInt16BE(((time & 0x7fff) << 1) | 1, at + 3);
}

/** PTS, and DTS where there is one, of the PES packet that begins here. */
export const timesOf = (packet: Buffer): number[] => stampsAt(packet).map((at) => readStamp(packet, at));

/** Moves the times of the PES packet that begins here. */
export function moveTimes(packet: Buffer, by: number): void {
  for (const at of stampsAt(packet)) writeStamp(packet, at, readStamp(packet, at) + by);
}

/** A packet that nobody reads: §2.4.1, PID 0x1fff. */
export function nullPacket(): Buffer {
  const packet = Buffer.alloc(PACKET, 0xff);
  packet.set([0x47, 0x1f, 0xff, 0x10]);
  return packet;
}

/** Hides NAL units of a type from decoders: the type becomes one that means nothing. */
export function hideUnits(packets: readonly Buffer[], types: readonly number[]): void {
  for (const packet of packets) {
    for (
      let at = packet.indexOf('00000001', 0, 'hex');
      at >= 0;
      at = packet.indexOf('00000001', at + 4, 'hex')
    ) {
      const header = packet[at + 4];
      if (header !== undefined && types.includes(header & 0x1f)) packet[at + 4] = 30;
    }
  }
}

export { TIME_MODULUS };
