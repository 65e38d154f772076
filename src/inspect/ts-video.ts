import h264, { type NalEvent } from 'mux.js/lib/codecs/h264.js';
import { isRecoveryPoint } from '../codecs/avc/sei.ts';
import { readSps } from '../codecs/avc/sps.ts';
import type { Findings } from './findings.ts';
import type { TrackFacts } from './track-look.ts';
import type { TimedPes } from './timed-pes.ts';

/** What one PES packet of video holds. */
export interface AccessUnit {
  readonly idr: boolean;
  /** An SEI message says that decoding may begin here: open GOPs, and encoders that refresh bit by bit. */
  readonly recoveryPoint: boolean;
  readonly sps: boolean;
  readonly pps: boolean;
  /** Of its last sequence parameter set. */
  readonly facts?: TrackFacts;
}

const NAL_IDR = 5;
const NAL_SEI = 6;
const NAL_SPS = 7;
const NAL_PPS = 8;

/** Takes access units apart with mux.js. */
export class AccessUnitLook {
  readonly #findings: Findings;
  readonly #where: string | undefined;
  readonly #h264 = new h264.H264Stream();
  #nals: NalEvent[] = [];

  constructor(findings: Findings, where: string | undefined) {
    this.#findings = findings;
    this.#where = where;
    this.#h264.on('data', (nal) => this.#nals.push(nal));
  }

  read(pes: TimedPes): AccessUnit {
    this.#nals = [];
    try {
      this.#h264.push(pes);
      // mux.js would hold the last NAL unit back until the next packet, and give it that one's time.
      this.#h264.flush();
    } catch (error) {
      this.#h264.reset();
      this.#findings.add('config-unreadable', `H.264 that cannot be read: ${String(error)}`, this.#where);
    }
    const has = (type: number): boolean => this.#nals.some((nal) => nal.nalUnitTypeCode === type);
    const sps = this.#nals.findLast((nal) => nal.config !== undefined);
    return {
      idr: has(NAL_IDR),
      recoveryPoint: this.#nals.some((nal) => nal.nalUnitTypeCode === NAL_SEI && isRecoveryPoint(nal.data)),
      sps: has(NAL_SPS),
      pps: has(NAL_PPS),
      ...(sps ? { facts: factsOf(sps) } : {}),
    };
  }
}

function factsOf(nal: NalEvent): TrackFacts {
  const { profileIdc, profileCompatibility, levelIdc } = nal.config!;
  return {
    codec: 'H.264',
    codecString: `avc1.${[profileIdc, profileCompatibility, levelIdc].map(hexByte).join('')}`,
    ...sizeOf(nal),
  };
}

/** mux.js crops as if every picture were progressive 4:2:0, so the size is read by our own parser where it can. */
function sizeOf(nal: NalEvent): { width: number; height: number } {
  try {
    const { width, height } = readSps(nal.data);
    return { width, height };
  } catch {
    return { width: nal.config!.width, height: nal.config!.height };
  }
}

function hexByte(byte: number): string {
  return byte.toString(16).toUpperCase().padStart(2, '0');
}
