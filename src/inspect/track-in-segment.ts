import { TICKS_PER_SECOND } from '../media/time.ts';
import type { TrackFacts } from './track-look.ts';

/** Samples in an AAC frame: ISO/IEC 14496-3 §4.5.2.1.1, frameLengthFlag 0, which is all that ADTS can carry. */
const AAC_FRAME_SAMPLES = 1024;
/** Different configurations of one track that are told apart within one segment. */
const MAX_SHAPES = 8;

/** What one segment has of one track. Times in 90 kHz ticks, unwrapped. */
export class TrackInSegment {
  readonly pid: number;
  readonly kind: 'video' | 'audio';
  frames = 0;
  firstDts = 0;
  lastDts = 0;
  minPts = Infinity;
  maxPts = -Infinity;
  /** Ticks that the last frame lasts, where the container says so. */
  lastFrameTicks: number | undefined;
  /** DTS of the last PES packet; an audio packet has several frames. */
  lastPacketDts: number | undefined;
  /** PES packets whose DTS is lower than the one's before. */
  stepsBack = 0;
  /** Ticks between two PES packets, at most. */
  widestStep = 0;
  /** Configurations in the order in which they came, each that differs from the one before. */
  readonly shapes: TrackFacts[] = [];

  constructor(pid: number, kind: 'video' | 'audio') {
    this.pid = pid;
    this.kind = kind;
  }

  packet(dts: number): void {
    if (this.lastPacketDts !== undefined) {
      if (dts < this.lastPacketDts) this.stepsBack++;
      this.widestStep = Math.max(this.widestStep, dts - this.lastPacketDts);
    }
    this.lastPacketDts = dts;
  }

  frame({ dts, pts }: { readonly dts: number; readonly pts: number }): void {
    if (this.frames === 0) this.firstDts = dts;
    this.frames++;
    this.lastDts = dts;
    this.minPts = Math.min(this.minPts, pts);
    this.maxPts = Math.max(this.maxPts, pts);
  }

  describe(facts: TrackFacts): void {
    const last = this.shapes.at(-1);
    const isNew = last === undefined || JSON.stringify(last) !== JSON.stringify(facts);
    if (isNew && this.shapes.length < MAX_SHAPES) this.shapes.push(facts);
  }

  /** Ticks that one frame lasts; undefined where one frame of video alone cannot tell. */
  get frameTicks(): number | undefined {
    if (this.lastFrameTicks !== undefined) return this.lastFrameTicks;
    const rate = this.shapes.at(-1)?.sampleRate;
    if (this.kind === 'audio' && rate) return (AAC_FRAME_SAMPLES * TICKS_PER_SECOND) / rate;
    return this.frames > 1 ? (this.lastDts - this.firstDts) / (this.frames - 1) : undefined;
  }
}
