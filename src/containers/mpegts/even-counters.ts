import { PACKET_HEADER_SIZE, PACKET_SIZE } from './packet.ts';
import { PAT_PID, PMT_PID } from './psi.ts';

/** Continuity counters have 4 bits: ISO/IEC 13818-1 §2.4.3.3. */
const ROUND = 16;
const PAYLOAD = 0x10;
const ADAPTATION = 0x20;

/**
 * A segment that was made alone, its counters beginning at 0, so that it can follow any other one like it: of every PID it has a
 * multiple of 16 packets with payload, and the counters go on. PAT and PMT are repeated for that, as they are in any broadcast;
 * of the others one packet is cut into several.
 */
export function evenCounters(segment: Buffer): Buffer {
  const missing = missingPackets(segment);
  const added = [...missing.values()].reduce((sum, count) => sum + count, 0);
  const out = Buffer.alloc(segment.length + added * PACKET_SIZE);
  const tables = tablesOf(segment);
  const rounds = Math.max(1, ...[...tables.keys()].map((pid) => missing.get(pid) ?? 0));
  const every = Math.ceil(segment.length / PACKET_SIZE / (rounds + 1));
  let end = 0;
  for (let at = 0, count = 0; at < segment.length; at += PACKET_SIZE, count++) {
    if (count > 0 && count % every === 0)
      for (const [pid, table] of tables) end = repeat(table, out, end, { pid, missing });
    end = copy(segment.subarray(at, at + PACKET_SIZE), out, end, missing);
  }
  for (const [pid, table] of tables)
    while ((missing.get(pid) ?? 0) > 0) end = repeat(table, out, end, { pid, missing });
  const even = out.subarray(0, end);
  number(even);
  return even;
}

const pidOf = (packet: Uint8Array): number => ((packet[1]! & 0x1f) << 8) | packet[2]!;
const hasPayload = (packet: Uint8Array): boolean => (packet[3]! & PAYLOAD) !== 0;

function* packetsOf(segment: Buffer): Generator<Buffer> {
  for (let at = 0; at < segment.length; at += PACKET_SIZE) yield segment.subarray(at, at + PACKET_SIZE);
}

function missingPackets(segment: Buffer): Map<number, number> {
  const counts = new Map<number, number>();
  for (const packet of packetsOf(segment))
    if (hasPayload(packet)) counts.set(pidOf(packet), (counts.get(pidOf(packet)) ?? 0) + 1);
  for (const [pid, count] of counts) counts.set(pid, (ROUND - (count % ROUND)) % ROUND);
  return counts;
}

/** The last PAT and the last PMT. */
function tablesOf(segment: Buffer): Map<number, Buffer> {
  const tables = new Map<number, Buffer>();
  for (const packet of packetsOf(segment))
    if (pidOf(packet) === PAT_PID || pidOf(packet) === PMT_PID) tables.set(pidOf(packet), packet);
  return tables;
}

function repeat(
  table: Buffer,
  out: Buffer,
  end: number,
  { pid, missing }: { readonly pid: number; readonly missing: Map<number, number> },
): number {
  const left = missing.get(pid) ?? 0;
  if (left === 0) return end;
  missing.set(pid, left - 1);
  out.set(table, end);
  return end + PACKET_SIZE;
}

/** The packet, or those that it is cut into: all of it but one byte for each packet that is missing, and then these. */
function copy(packet: Buffer, out: Buffer, end: number, missing: Map<number, number>): number {
  const pid = pidOf(packet);
  const left = pid === PAT_PID || pid === PMT_PID ? 0 : (missing.get(pid) ?? 0);
  const payloadAt = PACKET_HEADER_SIZE + ((packet[3]! & ADAPTATION) === 0 ? 0 : 1 + packet[4]!);
  // What is left for the first one has room for the head of a PES packet.
  const isLong = hasPayload(packet) && PACKET_SIZE - payloadAt >= 3 * ROUND;
  out.set(packet, end);
  if (left === 0 || !isLong) return end + PACKET_SIZE;
  missing.set(pid, 0);
  shorten(out.subarray(end, end + PACKET_SIZE), payloadAt, left);
  for (let index = 0; index < left; index++) {
    const at = end + (index + 1) * PACKET_SIZE;
    writeByteAlone(out.subarray(at, at + PACKET_SIZE), pid, packet[PACKET_SIZE - left + index]!);
  }
  return end + (left + 1) * PACKET_SIZE;
}

/** Makes room in front of a packet's payload, which loses as many bytes at its end. */
function shorten(packet: Buffer, payloadAt: number, by: number): void {
  packet.copyWithin(payloadAt + by, payloadAt, PACKET_SIZE - by);
  const had = payloadAt - PACKET_HEADER_SIZE;
  packet.fill(0xff, payloadAt, payloadAt + by);
  packet[3]! |= ADAPTATION;
  packet[4] = had + by - 1;
  if (had < 2 && had + by >= 2) packet[5] = 0; // an adaptation field with nothing in it
}

function writeByteAlone(packet: Buffer, pid: number, byte: number): void {
  packet.fill(0xff);
  packet[0] = 0x47;
  packet[1] = pid >> 8;
  packet[2] = pid & 0xff;
  packet[3] = ADAPTATION | PAYLOAD;
  packet[4] = PACKET_SIZE - PACKET_HEADER_SIZE - 2;
  packet[5] = 0;
  packet[PACKET_SIZE - 1] = byte;
}

/** A packet without payload has the counter of the one before it. */
function number(segment: Buffer): void {
  const next = new Map<number, number>();
  for (const packet of packetsOf(segment)) {
    const pid = pidOf(packet);
    const counter = next.get(pid) ?? 0;
    const own = hasPayload(packet) ? counter : (counter + ROUND - 1) % ROUND;
    packet[3] = (packet[3]! & 0xf0) | own;
    if (hasPayload(packet)) next.set(pid, (counter + 1) % ROUND);
  }
}
