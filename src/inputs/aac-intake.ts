import { configFromAdts, isAllAdts, readAdtsHeader, type AdtsHeader } from '../codecs/aac/adts.ts';
import { readAacConfig, type AacConfig } from '../codecs/aac/config.ts';
import { CodecError } from '../codecs/codec-error.ts';
import type { AudioTrack, TrackId } from '../media/track.ts';
import type { AudioIntake, Sound } from './intake.ts';
import type { Notes } from './notes.ts';
import { aacTrack } from '../codecs/track-builder.ts';

/**
 * What is in force for a publisher's AAC. A configuration takes effect with the next frame, as every frame can be decoded
 * by itself. Frames may come in ADTS, which FLV has no place for: the headers are taken off, and tell the configuration
 * where no sequence header does (or says something else than every single frame).
 */
export class AacIntake implements AudioIntake {
  readonly #id: TrackId;
  readonly #notes: Notes;
  /** Of the last frame, or of the publisher before. */
  #inForce: AudioTrack | undefined;
  #next: AudioTrack | undefined;
  /** Of {@link #next}. */
  #config: AacConfig | undefined;
  #framing: 'raw' | 'ADTS' | undefined;
  /** Used again for frame after frame, and so is the first of them: most messages have no other. */
  readonly #sounds: Sound[] = [];
  readonly #first: { payload: Uint8Array; samples: number } = { payload: new Uint8Array(0), samples: 0 };

  constructor(id: TrackId, former: AudioTrack | undefined, notes: Notes) {
    this.#id = id;
    this.#inForce = former;
    this.#notes = notes;
  }

  get track(): AudioTrack | undefined {
    return this.#inForce;
  }

  configure(data: Uint8Array): void {
    if (this.#use(data) && this.#next !== this.#inForce) this.#framing = undefined;
  }

  /** Raw frames, as views. */
  sounds(data: Uint8Array): readonly Sound[] {
    this.#sounds.length = 0;
    if (data.length === 0) return this.#sounds; // some send nothing, and mean nothing
    // A raw frame that begins like ADTS would have to be an empty one; the length settles it, and what is known stays.
    this.#framing ??= isAllAdts(data) ? 'ADTS' : 'raw';
    if (this.#framing === 'ADTS') this.#takeOffHeaders(data);
    else if (this.#next) this.#put(data);
    else this.#notes.drop('audio before its configuration');
    if (this.#sounds.length > 0) this.#inForce = this.#next;
    // Nothing is known for certain before the first frame that could be used.
    else if (!this.#next) this.#framing = undefined;
    return this.#sounds;
  }

  #put(payload: Uint8Array): void {
    const { samplesPerFrame: samples } = this.#config!;
    if (this.#sounds.length > 0) return void this.#sounds.push({ payload, samples });
    this.#first.payload = payload;
    this.#first.samples = samples;
    this.#sounds.push(this.#first);
  }

  #takeOffHeaders(data: Uint8Array): void {
    if (!isAllAdts(data)) return this.#notes.drop('not ADTS');
    for (let at = 0; at < data.length;) {
      const header = readAdtsHeader(data, at)!;
      if (header.blocks > 1) this.#notes.drop('not ADTS');
      else if (this.#follow(header)) this.#put(data.subarray(at + header.headerSize, at + header.length));
      at += header.length;
    }
  }

  /** Makes the configuration what the header says, if it is not; false if that cannot be. */
  #follow(header: AdtsHeader): boolean {
    const config = this.#config;
    const isSame =
      config?.objectType === header.objectType &&
      config.rateIndex === header.rateIndex &&
      config.channelConfig === header.channelConfig;
    return isSame || this.#use(configFromAdts(header));
  }

  #use(config: Uint8Array): boolean {
    try {
      this.#next = aacTrack(config, this.#inForce, this.#id);
      this.#config = readAacConfig(this.#next.config);
      this.#notes.problem('audio', undefined);
      return true;
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      this.#notes.drop('bad audio configuration');
      this.#notes.problem('audio', error.message);
      return false;
    }
  }
}
