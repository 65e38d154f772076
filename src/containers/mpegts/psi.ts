import { crc32Mpeg } from '../../bytes/crc32-mpeg.ts';
import { PACKET_HEADER_SIZE, PACKET_SIZE, writePacketHeader } from './packet.ts';

export const PAT_PID = 0;
/** The rest are ours to choose in 0x0010 … 0x1ffe; these are what most muxers choose. */
export const PMT_PID = 0x1000;
export const VIDEO_PID = 0x100;
export const AUDIO_PID = 0x101;

/** ISO/IEC 13818-1 Table 2-34; those from 0x80 on are for others to use, these two as ATSC A/52 does. */
export const STREAM_TYPE = {
  mpeg1Audio: 0x03,
  mpeg2Audio: 0x04,
  adtsAac: 0x0f,
  avc: 0x1b,
  hevc: 0x24,
  ac3: 0x81,
  eac3: 0x87,
} as const;

/** format_identifier of a registration descriptor: whose use of a stream type this is. */
export const REGISTRATION = { ac3: 'AC-3', eac3: 'EAC3' } as const;
const REGISTRATION_DESCRIPTOR = 0x05;

const PROGRAM_NUMBER = 1;
const TRANSPORT_STREAM_ID = 1;
const TABLE_PAT = 0;
const TABLE_PMT = 2;

/** What the table says of a stream. */
export interface StreamKind {
  readonly streamType: number;
  /** Four letters of {@link REGISTRATION}. */
  readonly registration?: string;
}

export interface ElementaryStream extends StreamKind {
  readonly pid: number;
}

/** Writes one packet with a program association table of one program: ISO/IEC 13818-1 §2.4.4.3. */
export function writePat(out: Uint8Array, at: number, continuity: number): void {
  const body = [...u16(PROGRAM_NUMBER), ...u16(0xe000 | PMT_PID)];
  writeSection(out, at, PAT_PID, continuity, TABLE_PAT, TRANSPORT_STREAM_ID, 0, body);
}

/**
 * Writes one packet with a program map table: ISO/IEC 13818-1 §2.4.4.8.
 *
 * @param version 0 to 31; another one tells receivers that the table is new
 */
export function writePmt(
  out: Uint8Array,
  at: number,
  continuity: number,
  version: number,
  pcrPid: number,
  streams: readonly ElementaryStream[],
): void {
  const body = [...u16(0xe000 | pcrPid), ...u16(0xf000)]; //     reserved, PCR_PID; reserved, program_info_length 0
  for (const stream of streams) {
    const descriptors = registration(stream); //                 reserved, elementary_PID; reserved, ES_info_length
    body.push(
      stream.streamType,
      ...u16(0xe000 | stream.pid),
      ...u16(0xf000 | descriptors.length),
      ...descriptors,
    );
  }
  writeSection(out, at, PMT_PID, continuity, TABLE_PMT, PROGRAM_NUMBER, version, body);
}

/** registration_descriptor: ISO/IEC 13818-1 §2.6.8. */
function registration({ registration: identifier }: StreamKind): number[] {
  if (identifier === undefined) return [];
  return [REGISTRATION_DESCRIPTOR, identifier.length, ...Buffer.from(identifier, 'latin1')];
}

/** A section that begins and ends in one packet: ISO/IEC 13818-1 §2.4.4. The packet's rest is stuffing. */
function writeSection(
  out: Uint8Array,
  at: number,
  pid: number,
  continuity: number,
  tableId: number,
  tableIdExtension: number,
  version: number,
  body: readonly number[],
): void {
  writePacketHeader(out, at, pid, continuity, true, false, true);
  out.fill(0xff, at + PACKET_HEADER_SIZE, at + PACKET_SIZE);
  out[at + PACKET_HEADER_SIZE] = 0; //                           pointer_field
  const section = at + PACKET_HEADER_SIZE + 1;
  const length = 5 + body.length + 4; //                         from after section_length to the CRC's end
  out[section] = tableId;
  out.set(u16(0xb000 | length), section + 1); //                 section_syntax_indicator, 0, reserved, section_length
  out.set(u16(tableIdExtension), section + 3);
  out[section + 5] = 0xc0 | ((version & 0x1f) << 1) | 1; //      reserved, version_number, current_next_indicator
  out[section + 6] = 0; //                                       section_number
  out[section + 7] = 0; //                                       last_section_number
  out.set(body, section + 8);
  const end = section + 8 + body.length;
  const crc = crc32Mpeg(out, section, end);
  out.set([...u16(crc >>> 16), ...u16(crc & 0xffff)], end);
}

function u16(value: number): [number, number] {
  return [value >> 8, value & 0xff];
}
