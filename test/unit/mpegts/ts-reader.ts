import assert from 'node:assert/strict';

/** A second pair of eyes: reads MPEG-TS strictly, from the standard and not from our muxer. */
export interface TsPacket {
  readonly pid: number;
  readonly startsUnit: boolean;
  readonly continuity: number;
  readonly randomAccess: boolean;
  /** 27 MHz / 300, as the 33 bits have it. */
  readonly pcr: number | undefined;
  readonly payload: Buffer;
}

export interface PesUnit {
  /** Index of its first packet. */
  readonly packet: number;
  readonly pid: number;
  readonly streamId: number;
  readonly length: number;
  readonly pts: number;
  readonly dts: number;
  readonly hasDts: boolean;
  readonly randomAccess: boolean;
  readonly payload: Buffer;
}

export interface Program {
  readonly version: number;
  readonly pcrPid: number;
  readonly streams: ReadonlyMap<number, number>;
  /** format_identifier by PID, where there is one. */
  readonly registrations: ReadonlyMap<number, string>;
}

export interface TsFile {
  readonly packets: readonly TsPacket[];
  readonly program: Program;
  readonly units: readonly PesUnit[];
}

export function readTs(bytes: Buffer): TsFile {
  assert.equal(bytes.length % 188, 0, 'whole packets');
  const packets: TsPacket[] = [];
  for (let at = 0; at < bytes.length; at += 188) packets.push(readPacket(bytes.subarray(at, at + 188)));
  const [pat, pmt] = packets;
  assert.ok(pat && pmt, 'PAT and PMT come first');
  assert.equal(pat.pid, 0);
  const patBody = readSection(pat, 0);
  assert.equal(patBody.length, 4, 'one program');
  assert.equal(pmt.pid, patBody.readUInt16BE(2) & 0x1fff);
  return { packets, program: readProgram(pmt), units: readUnits(packets) };
}

export const videoOf = (file: TsFile): PesUnit[] => file.units.filter((unit) => unit.streamId === 0xe0);
export const audioOf = (file: TsFile): PesUnit[] =>
  file.units.filter((unit) => unit.streamId === 0xc0 || unit.streamId === 0xbd);

/** Splits Annex B at its start codes. */
export function nalUnits(payload: Buffer): Buffer[] {
  const units: Buffer[] = [];
  let at = payload.indexOf('000001', 0, 'hex');
  while (at >= 0) {
    const next = payload.indexOf('000001', at + 3, 'hex');
    let end = next < 0 ? payload.length : next;
    while (payload[end - 1] === 0) end--;
    units.push(payload.subarray(at + 3, end));
    at = next;
  }
  return units;
}

/** Splits ADTS into raw frames. */
export function adtsFrames(payload: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 0; at < payload.length;) {
    assert.equal(payload.readUInt16BE(at) & 0xfff6, 0xfff0, 'ADTS syncword');
    const length = ((payload.readUInt32BE(at + 3) >>> 13) & 0x1fff) >>> 0;
    assert.ok(length > 7 && at + length <= payload.length, 'ADTS frame within its PES packet');
    frames.push(payload.subarray(at + 7, at + length));
    at += length;
  }
  return frames;
}

function readPacket(packet: Buffer): TsPacket {
  assert.equal(packet[0], 0x47, 'sync byte');
  const control = (packet[3]! >> 4) & 3;
  assert.equal(packet[3]! >> 6, 0, 'not scrambled');
  let at = 4;
  let randomAccess = false;
  let pcr: number | undefined;
  if (control & 2) {
    const length = packet[4]!;
    assert.ok(control === 2 ? length === 183 : length <= 182, `adaptation field of ${length}`);
    const flags = length > 0 ? packet[5]! : 0;
    randomAccess = (flags & 0x40) !== 0;
    if (flags & 0x10) {
      const field = packet.readBigUInt64BE(4) & 0xffff_ffff_ffffn;
      pcr = Number(field >> 15n);
      assert.equal(Number(field & 0x1ffn), 0, 'PCR extension');
    }
    const used = length === 0 ? 0 : flags & 0x10 ? 7 : 1;
    for (let index = 5 + used; index < 5 + length; index++) assert.equal(packet[index], 0xff, 'stuffing');
    at = 5 + length;
  }
  return {
    pid: packet.readUInt16BE(1) & 0x1fff,
    startsUnit: (packet[1]! & 0x40) !== 0,
    continuity: packet[3]! & 0x0f,
    randomAccess,
    pcr,
    payload: control & 1 ? packet.subarray(at) : packet.subarray(188),
  };
}

/** The bits of CRC_32, one by one. */
function crc(bytes: Buffer): bigint {
  let register = 0xffffffffn;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      const top = (register >> 31n) ^ BigInt((byte >> bit) & 1);
      register = (register << 1n) & 0xffffffffn;
      if (top & 1n) register ^= 0x04c11db7n;
    }
  }
  return register;
}

function readSection(packet: TsPacket, tableId: number): Buffer {
  assert.ok(packet.startsUnit);
  assert.equal(packet.payload[0], 0, 'pointer field');
  const length = packet.payload.readUInt16BE(2) & 0xfff;
  const section = packet.payload.subarray(1, 4 + length);
  assert.equal(section[0], tableId);
  assert.equal(crc(section), 0n, 'CRC over the whole section');
  assert.ok(
    packet.payload.subarray(4 + length).every((byte) => byte === 0xff),
    'stuffing',
  );
  return section.subarray(8, -4);
}

function readProgram(packet: TsPacket): Program {
  const body = readSection(packet, 2);
  const streams = new Map<number, number>();
  assert.equal(body.readUInt16BE(2) & 0xfff, 0, 'no descriptors');
  const registrations = new Map<number, string>();
  for (let at = 4; at < body.length;) {
    const pid = body.readUInt16BE(at + 1) & 0x1fff;
    streams.set(pid, body[at]!);
    const length = body.readUInt16BE(at + 3) & 0xfff;
    if (length > 0) {
      assert.deepEqual(
        [...body.subarray(at + 5, at + 7)],
        [5, 4],
        'a registration descriptor and nothing else',
      );
      assert.equal(length, 6, 'its length');
      registrations.set(pid, body.toString('latin1', at + 7, at + 11));
    }
    at += 5 + length;
  }
  return {
    registrations,
    version: (packet.payload[6]! >> 1) & 0x1f,
    pcrPid: body.readUInt16BE(0) & 0x1fff,
    streams,
  };
}

function readUnits(packets: readonly TsPacket[]): PesUnit[] {
  const open = new Map<number, { first: TsPacket; order: number; parts: Buffer[] }>();
  const done: { first: TsPacket; order: number; parts: Buffer[] }[] = [];
  packets.forEach((packet, order) => {
    if (packet.pid === 0 || packet.pid === 0x1000 || packet.payload.length === 0) return;
    if (packet.startsUnit) {
      const unit = { first: packet, order, parts: [packet.payload] };
      open.set(packet.pid, unit);
      done.push(unit);
    } else {
      const unit = open.get(packet.pid);
      assert.ok(unit, 'a packet before its unit starts');
      unit.parts.push(packet.payload);
    }
  });
  return done.map(({ first, order, parts }) => readPes(first, order, Buffer.concat(parts)));
}

function readPes(first: TsPacket, packet: number, pes: Buffer): PesUnit {
  assert.equal(pes.readUIntBE(0, 3), 1, 'start code prefix');
  const length = pes.readUInt16BE(4);
  if (length > 0) assert.equal(pes.length, 6 + length, 'PES_packet_length');
  else assert.equal(pes[3], 0xe0, 'only video may leave its length open');
  const flags = pes[7]! >> 6;
  const pts = timestamp(pes, 9, flags);
  return {
    packet,
    pid: first.pid,
    streamId: pes[3]!,
    length,
    pts,
    dts: flags === 3 ? timestamp(pes, 14, 1) : pts,
    hasDts: flags === 3,
    randomAccess: first.randomAccess,
    payload: pes.subarray(9 + pes[8]!),
  };
}

function timestamp(pes: Buffer, at: number, prefix: number): number {
  const field = BigInt(pes.readUIntBE(at, 5));
  assert.equal(Number(field >> 36n), prefix, 'prefix of the timestamp');
  assert.equal(field & 0x100010001n, 0x100010001n, 'marker bits');
  const part = (shift: bigint, mask: bigint): number => Number((field >> shift) & mask);
  return part(33n, 7n) * 2 ** 30 + part(17n, 0x7fffn) * 2 ** 15 + part(1n, 0x7fffn);
}
