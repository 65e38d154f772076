import { BitReader } from '../../bytes/bit-reader.ts';

/** What the beginning of a syncframe says: ETSI TS 102 366 §4.3 and §E.1.2. */
export interface SyncFrame {
  readonly codec: 'ac3' | 'eac3';
  /** Bytes of the frame. */
  readonly length: number;
  readonly sampleRate: number;
  /** 256 for each audio block: 1,536 in AC-3. */
  readonly samples: number;
  /** fscod: 0 is 48 kHz, 1 44.1, 2 32; 3 is half of one of them. */
  readonly rateCode: number;
  readonly bsid: number;
  /** bsmod: what kind of service; 0, the main one, where it is not looked for. */
  readonly mode: number;
  /** acmod: 0 to 7. */
  readonly acmod: number;
  readonly lfe: boolean;
  /** frmsizecod of AC-3 without its lowest bit: the bit rate's place in the table. */
  readonly rateIndex: number;
  /** Of E-AC-3: stands by itself, or adds channels to the one before. */
  readonly isDependent: boolean;
  readonly substream: number;
  /** chanmap of a dependent substream, 16 bits, left first. */
  readonly channelMap: number | undefined;
}

const SYNC_WORD = 0x0b77;
const RATES = [48_000, 44_100, 32_000] as const;
/** kb/s: Table 4.13. */
const KBPS = [
  32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640,
] as const;
const BLOCK_SAMPLES = 256;
const BLOCKS = [1, 2, 3, 6] as const;
/** bsid of 8 and less is AC-3 (9 and 10: at half and a quarter of the rate), 11 to 16 is E-AC-3. */
const LAST_AC3 = 10;
const LAST_EAC3 = 16;
/** From the sync word to bsid, which says how the rest is to be read. */
const BSID_AT = 5;
/** Bytes that are looked at. */
const HEAD_SIZE = 16;

/** Full channels of each acmod: dual mono, mono, stereo, 3/0, 2/1, 3/1, 2/2, 3/2. */
export const ACMOD_CHANNELS = [2, 1, 2, 3, 3, 4, 4, 5] as const;

/** Reads the syncframe at `at`; undefined if there is none. It may be longer than the bytes there are. */
function readSyncFrame(bytes: Uint8Array, at: number): SyncFrame | undefined {
  if (at + BSID_AT >= bytes.length || ((bytes[at]! << 8) | bytes[at + 1]!) !== SYNC_WORD) return undefined;
  const bsid = bytes[at + BSID_AT]! >> 3;
  try {
    const bits = new BitReader(bytes.subarray(at + 2, at + HEAD_SIZE), 'syncframe');
    return bsid <= LAST_AC3 ? readAc3(bits) : bsid <= LAST_EAC3 ? readEac3(bits) : undefined;
  } catch {
    return undefined;
  }
}

function readAc3(bits: BitReader): SyncFrame | undefined {
  bits.skip(16); //                                crc1
  const rateCode = bits.bits(2);
  const sizeCode = bits.bits(6);
  const [base, kbps] = [RATES[rateCode], KBPS[sizeCode >> 1]];
  if (base === undefined || kbps === undefined) return undefined;
  const bsid = bits.bits(5);
  const mode = bits.bits(3);
  const acmod = bits.bits(3);
  if ((acmod & 1) !== 0 && acmod !== 1) bits.skip(2); // cmixlev
  if ((acmod & 4) !== 0) bits.skip(2); //          surmixlev
  if (acmod === 2) bits.skip(2); //                dsurmod
  const lfe = bits.flag();
  // Words of 16 bits in 1,536 samples; at 44.1 kHz every other frame has one more.
  const words = Math.floor((kbps * 1000 * 1536) / (16 * base)) + (rateCode === 1 ? sizeCode & 1 : 0);
  return {
    codec: 'ac3',
    length: 2 * words,
    sampleRate: base / 2 ** Math.max(0, bsid - 8),
    samples: 6 * BLOCK_SAMPLES,
    rateCode,
    bsid,
    mode,
    acmod,
    lfe,
    rateIndex: sizeCode >> 1,
    isDependent: false,
    substream: 0,
    channelMap: undefined,
  };
}

function readEac3(bits: BitReader): SyncFrame | undefined {
  const type = bits.bits(2); //                    strmtyp: 1 is dependent, 3 reserved
  const substream = bits.bits(3);
  const length = 2 * (bits.bits(11) + 1);
  const rateCode = bits.bits(2);
  const second = bits.bits(2); //                  fscod2 or numblkscod
  const base = RATES[rateCode === 3 ? second : rateCode];
  if (type === 3 || base === undefined) return undefined;
  const acmod = bits.bits(3);
  const lfe = bits.flag();
  const bsid = bits.bits(5);
  for (let program = acmod === 0 ? 2 : 1; program > 0; program--) {
    bits.skip(5); //                               dialnorm
    if (bits.flag()) bits.skip(8); //              compr
  }
  const isDependent = type === 1;
  return {
    codec: 'eac3',
    length,
    sampleRate: rateCode === 3 ? base / 2 : base,
    samples: BLOCK_SAMPLES * (rateCode === 3 ? 6 : BLOCKS[second]!),
    rateCode,
    bsid,
    mode: 0,
    acmod,
    lfe,
    rateIndex: 0,
    isDependent,
    substream,
    channelMap: isDependent && bits.flag() ? bits.bits(16) : undefined,
  };
}

/** A syncframe, or those of all substreams together, as offsets. */
export interface AccessUnit {
  /** The first one stands by itself. */
  readonly frames: readonly SyncFrame[];
  readonly start: number;
  readonly end: number;
}

/** Eight independent substreams with eight dependent ones each: §E.1.3.1.2. */
const MAX_FRAMES = 72;

/**
 * The access units of a message, side by side from its first byte to its last; empty if that is not what it is. In E-AC-3
 * each begins with independent substream 0 and has all the others.
 */
export function splitSyncFrames(bytes: Uint8Array, codec: 'ac3' | 'eac3'): readonly AccessUnit[] {
  const units: { frames: SyncFrame[]; start: number; end: number }[] = [];
  for (let at = 0; at < bytes.length;) {
    const frame = readSyncFrame(bytes, at);
    const end = at + (frame?.length ?? 0);
    // A stream of E-AC-3 may have a core of AC-3, with what is dependent behind it.
    if (!frame || end > bytes.length || end <= at || (codec === 'ac3' && frame.codec !== 'ac3')) return [];
    const last = units.at(-1);
    const begins = frame.codec === 'ac3' || (!frame.isDependent && frame.substream === 0);
    if (begins) units.push({ frames: [frame], start: at, end });
    else if (!last || last.frames.length === MAX_FRAMES) return [];
    else {
      last.frames.push(frame);
      last.end = end;
    }
    at = end;
  }
  return units;
}
