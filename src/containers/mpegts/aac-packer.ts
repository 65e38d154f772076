import { ADTS_HEADER_SIZE, MAX_ADTS_PAYLOAD, writeAdtsHeader } from '../../codecs/aac/adts.ts';
import type { AacConfig } from '../../codecs/aac/config.ts';
import { ELEMENT_PCE } from '../../codecs/aac/program-config.ts';
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

/** Collects raw AAC frames to go as ADTS into one PES packet. Holds views of them until then. */
export class AacPacker {
  readonly #config: AacConfig;
  readonly #frameTicks: number;
  readonly #frames: Uint8Array[] = [];
  #firstDts = 0;
  #size = 0;

  constructor(config: AacConfig) {
    this.#config = config;
    this.#frameTicks = (config.samplesPerFrame * TICKS_PER_SECOND) / config.coreRate;
  }

  /** Bytes the collected frames will take. */
  get size(): number {
    return this.#size;
  }

  /** Time of the first of them, in ticks. */
  get firstDts(): number {
    return this.#firstDts;
  }

  /** True if a frame of this time and size cannot join those collected. */
  mustFlushBefore(dts: number, payloadLength: number): boolean {
    if (this.#frames.length === 0) return false;
    const expected = this.#firstDts + this.#frames.length * this.#frameTicks;
    return (
      expected - this.#firstDts + this.#frameTicks > MAX_PACKED ||
      Math.abs(dts - expected) > MAX_DRIFT ||
      this.#size + this.#frameSize(payloadLength) > MAX_AUDIO_PES_PAYLOAD
    );
  }

  /** True if the frames collected should not wait any longer for one of time `dts` to be written first. */
  isDue(dts: number): boolean {
    return this.#frames.length > 0 && dts - this.#firstDts >= MAX_PACKED;
  }

  /** A frame too long for ADTS is left out; no encoder makes one. */
  add(dts: number, payload: Uint8Array): void {
    if (this.#elementSize(payload) + payload.length > MAX_ADTS_PAYLOAD) return;
    if (this.#frames.length === 0) this.#firstDts = dts;
    this.#frames.push(payload);
    this.#size += ADTS_HEADER_SIZE + this.#elementSize(payload) + payload.length;
  }

  /** Writes the frames at `at`, {@link size} bytes of them, and forgets them. */
  write(out: Uint8Array, at: number): void {
    for (const payload of this.#frames) {
      const element = this.#elementSize(payload);
      writeAdtsHeader(out, at, this.#config, element + payload.length);
      at += ADTS_HEADER_SIZE;
      if (element > 0) out.set(this.#config.pce!, at);
      out.set(payload, at + element);
      at += element + payload.length;
    }
    this.#frames.length = 0;
    this.#size = 0;
  }

  #frameSize(payloadLength: number): number {
    return ADTS_HEADER_SIZE + (this.#config.pce?.length ?? 0) + payloadLength;
  }

  /**
   * A program config element goes in front of each frame whose encoder did not put one there: ADTS has no other place
   * for it, and every segment has to be decodable by itself.
   */
  #elementSize(payload: Uint8Array): number {
    const pce = this.#config.pce;
    return pce === undefined || payload[0]! >> 5 === ELEMENT_PCE ? 0 : pce.length;
  }
}
