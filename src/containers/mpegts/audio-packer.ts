import type { AudioFrame } from '../../media/frame.ts';
import { TICKS_PER_SECOND } from '../../media/time.ts';
import { MAX_AUDIO_PES_PAYLOAD } from './pes.ts';

/**
 * Audio put into one PES packet, in 90 kHz: Apple's players do not play one frame a packet, and a packet of its own costs a
 * frame about 100 bytes; more than a tenth of a second would set audio too far behind video, and the clock of an
 * audio-only stream too far apart.
 */
const MAX_PACKED = TICKS_PER_SECOND / 10;
/** How far a frame may be from where the frames before it end. Beyond it, it gets a packet (and a time) of its own. */
const MAX_DRIFT = TICKS_PER_SECOND / 100;

/** How frames of a codec stand in a transport stream. */
export interface Framing {
  /** Samples a second, by which a frame's length is counted. */
  readonly rate: number;
  /** Of a frame that does not tell. */
  readonly samplesPerFrame: number;
  /** Bytes that a frame takes; 0: it cannot be carried and is left out. */
  size(payload: Uint8Array): number;
  /** Writes a frame, {@link size} bytes of it, at `at`. */
  write(out: Uint8Array, at: number, payload: Uint8Array): void;
}

/** Frames that tell by themselves where they begin and end, and what they are: AC-3, E-AC-3, MP3. */
export function selfFramed(rate: number, samplesPerFrame: number): Framing {
  return {
    rate,
    samplesPerFrame,
    size: (payload) => (payload.length <= MAX_AUDIO_PES_PAYLOAD ? payload.length : 0),
    write: (out, at, payload) => out.set(payload, at),
  };
}

/** Collects frames of sound to go into one PES packet. Holds views of them until then. */
export class AudioPacker {
  readonly #framing: Framing;
  readonly #frames: Uint8Array[] = [];
  #firstDts = 0;
  #samples = 0;
  #size = 0;

  constructor(framing: Framing) {
    this.#framing = framing;
  }

  /** Bytes the collected frames will take. */
  get size(): number {
    return this.#size;
  }

  /** Time of the first of them, in ticks. */
  get firstDts(): number {
    return this.#firstDts;
  }

  /** True if a frame cannot join those collected. */
  mustFlushBefore(frame: AudioFrame): boolean {
    if (this.#frames.length === 0) return false;
    const length = this.#ticks(this.#samples);
    return (
      length + this.#ticks(this.#samplesOf(frame)) > MAX_PACKED ||
      Math.abs(frame.dts - this.#firstDts - length) > MAX_DRIFT ||
      this.#size + this.#framing.size(frame.payload) > MAX_AUDIO_PES_PAYLOAD
    );
  }

  /** True if the frames collected should not wait any longer for one of time `dts` to be written first. */
  isDue(dts: number): boolean {
    return this.#frames.length > 0 && dts - this.#firstDts >= MAX_PACKED;
  }

  add(frame: AudioFrame): void {
    const size = this.#framing.size(frame.payload);
    if (size === 0) return;
    if (this.#frames.length === 0) this.#firstDts = frame.dts;
    this.#frames.push(frame.payload);
    this.#samples += this.#samplesOf(frame);
    this.#size += size;
  }

  /** Writes the frames at `at`, {@link size} bytes of them, and forgets them. */
  write(out: Uint8Array, at: number): void {
    for (const payload of this.#frames) {
      this.#framing.write(out, at, payload);
      at += this.#framing.size(payload);
    }
    this.#frames.length = 0;
    this.#samples = 0;
    this.#size = 0;
  }

  #samplesOf({ samples }: AudioFrame): number {
    return samples ?? this.#framing.samplesPerFrame;
  }

  #ticks(samples: number): number {
    return (samples * TICKS_PER_SECOND) / this.#framing.rate;
  }
}
