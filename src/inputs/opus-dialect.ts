import { readChannelLayout } from '../codecs/channel-layout.ts';
import { makeOpusHead, readOpusHead } from '../codecs/opus/head.ts';
import { isStereoPacket, opusSamples } from '../codecs/opus/packet.ts';
import { opusTrack } from '../codecs/sound-tracks.ts';
import type { AudioTrack, TrackId } from '../media/track.ts';
import type { SoundDialect } from './framed-intake.ts';
import type { Sound } from './intake.ts';

/**
 * Opus: a message is a packet. Where no header comes, the packets tell mono or stereo, and the publisher's word on channels
 * what goes beyond that, in the order that libopus gives them.
 */
export class OpusDialect implements SoundDialect {
  readonly foreign = 'not Opus';
  readonly #id: TrackId;
  #head: Uint8Array | undefined;
  /** By the publisher's word, where there is no header. */
  #channels: number | undefined;
  #isStereo = false;
  #track: AudioTrack | undefined;

  constructor(id: TrackId) {
    this.#id = id;
  }

  configure(data: Uint8Array): void {
    readOpusHead(data);
    this.#head = Uint8Array.from(data);
    this.#track = undefined;
  }

  layout(data: Uint8Array): void {
    this.#channels = readChannelLayout(data)?.channels;
    if (!this.#head) this.#track = undefined;
  }

  take(data: Uint8Array, sounds: Sound[]): AudioTrack | undefined {
    const samples = opusSamples(data);
    if (samples === undefined) return undefined;
    // An encoder may drop to mono where there is nothing to tell apart; that is no other configuration.
    if (!this.#isStereo && isStereoPacket(data)) {
      this.#isStereo = true;
      if (!this.#head) this.#track = undefined;
    }
    sounds.push({ payload: data, samples });
    const channels = this.#channels ?? (this.#isStereo ? 2 : 1);
    this.#track ??= opusTrack(this.#id, this.#head ?? makeOpusHead(channels), samples);
    return this.#track;
  }
}
