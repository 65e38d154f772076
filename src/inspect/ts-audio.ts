import AdtsStream, { type AdtsEvent } from 'mux.js/lib/codecs/adts.js';
import type { Findings } from './findings.ts';
import type { TrackFacts } from './track-look.ts';
import type { TimedPes } from './timed-pes.ts';

export interface AdtsFrame {
  readonly dts: number;
  readonly pts: number;
  readonly facts: TrackFacts;
}

/** Thrown out of mux.js's loop, which a frame length of 0 would keep running for ever. */
class EmptyFrame extends Error {}

/** channel_configuration 7 is eight channels: ISO/IEC 14496-3 Table 1.19. */
const CHANNELS = [undefined, 1, 2, 3, 4, 5, 6, 8] as const;

/** Takes ADTS apart with mux.js. */
export class AdtsLook {
  readonly #findings: Findings;
  readonly #where: string | undefined;
  readonly #adts = new AdtsStream();
  #frames: AdtsFrame[] = [];

  constructor(findings: Findings, where: string | undefined) {
    this.#findings = findings;
    this.#where = where;
    this.#adts.on('data', (frame) => {
      this.#see(frame);
    });
    this.#adts.on('log', ({ message }) => {
      findings.add('ts-adts', `bytes between ADTS frames (mux.js: ${message})`, where);
    });
  }

  read(pes: TimedPes): AdtsFrame[] {
    this.#frames = [];
    try {
      this.#adts.push(pes);
    } catch (error) {
      if (!(error instanceof EmptyFrame)) throw error;
      this.#adts.reset();
      this.#findings.add('ts-adts', 'an ADTS header announces a frame without any data', this.#where);
    }
    return this.#frames;
  }

  #see(frame: AdtsEvent): void {
    if (frame.data.length === 0) throw new EmptyFrame();
    if (frame.samplerate === undefined) {
      this.#findings.add('ts-adts', 'an ADTS header with a reserved sampling rate', this.#where);
      return;
    }
    this.#frames.push({
      dts: frame.dts,
      pts: frame.pts,
      facts: {
        codec: 'AAC',
        codecString: `mp4a.40.${frame.audioobjecttype}`,
        sampleRate: frame.samplerate,
        channels: CHANNELS[frame.channelcount],
      },
    });
  }
}
