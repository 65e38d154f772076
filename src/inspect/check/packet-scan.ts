import { TS_PACKET_BYTES } from '../ts-packets.ts';

const SYNC_BYTE = 0x47;
const PID_PAT = 0;
/** Below it lie the tables of the system layer and DVB's. */
const FIRST_FREE_PID = 0x20;
const PID_NULL = 0x1fff;
/** transport_scrambling_control: broadcasting's own encryption, of which HLS knows nothing. */
const SCRAMBLED = 0xc0;

export interface PacketScan {
  /** What is wrong with the packets' frame; undefined if nothing. */
  readonly framing?: string | undefined;
  readonly hasPat: boolean;
  readonly hasPmt: boolean;
  /** A packet of a track came before the PAT and the PMT. */
  readonly mediaBeforeTables: boolean;
}

/** Goes over a segment packet by packet, without the tolerance of a player: ISO/IEC 13818-1 §2.4.3. */
export function scanPackets(bytes: Uint8Array): PacketScan {
  let pmtPid: number | undefined;
  let hasPat = false;
  let hasPmt = false;
  let mediaBeforeTables = false;
  let framing = framingProblem(bytes);
  for (let at = 0; at + TS_PACKET_BYTES <= bytes.length; at += TS_PACKET_BYTES) {
    if (bytes[at] !== SYNC_BYTE) {
      framing ??= `no packet begins at byte ${at}, where one must`;
      break;
    }
    const pid = ((bytes[at + 1]! & 0x1f) << 8) | bytes[at + 2]!;
    if ((bytes[at + 3]! & SCRAMBLED) !== 0)
      framing ??= `PID ${pid} is scrambled, and players of HLS have no key`;
    if (pid === PID_PAT) {
      hasPat = true;
      pmtPid ??= readPat(bytes.subarray(at, at + TS_PACKET_BYTES));
    } else if (pid === pmtPid) hasPmt = true;
    else if (pid >= FIRST_FREE_PID && pid !== PID_NULL && !hasPmt) mediaBeforeTables = true;
  }
  return { framing, hasPat, hasPmt, mediaBeforeTables };
}

function framingProblem(bytes: Uint8Array): string | undefined {
  if (bytes.length === 0) return 'it is empty';
  const rest = bytes.length % TS_PACKET_BYTES;
  if (rest === 0) return undefined;
  return `its ${bytes.length} bytes are not whole packets of ${TS_PACKET_BYTES}: ${rest} are left over`;
}

/** The first program's PMT: ISO/IEC 13818-1 §2.4.4.3. */
function readPat(packet: Uint8Array): number | undefined {
  const adaptation = (packet[3]! & 0x20) !== 0 ? 1 + packet[4]! : 0;
  const section = 4 + adaptation + 1 + (packet[4 + adaptation] ?? 0);
  for (let at = section + 8; at + 4 <= packet.length; at += 4) {
    const program = (packet[at]! << 8) | packet[at + 1]!;
    if (program !== 0) return ((packet[at + 2]! & 0x1f) << 8) | packet[at + 3]!;
  }
  return undefined;
}
