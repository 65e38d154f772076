import { CodecError } from '../codecs/codec-error.ts';
import { otherAudioTrack } from '../codecs/track-builder.ts';
import type { AudioTrack } from '../media/track.ts';
import type { AudioIntake, Sound } from './intake.ts';
import type { Dropped, Notes } from './notes.ts';

/** A codec whose frames tell most of what there is to know. */
export interface SoundDialect {
  /** What is noted of a message that holds something else. */
  readonly foreign: Dropped;
  /** Takes a sequence header. @throws {CodecError} */
  configure(data: Uint8Array): void;
  layout?(data: Uint8Array): void;
  /**
   * Puts the frames of a message into `sounds`, and says what track they belong to; undefined if there are none.
   *
   * @throws {CodecError} if the frames can be told, but cannot be used
   */
  take(data: Uint8Array, sounds: Sound[]): AudioTrack | undefined;
}

/** What is in force for a publisher's Opus, FLAC, AC-3, E-AC-3 or MP3: a configuration takes effect with the next frame. */
export class FramedIntake implements AudioIntake {
  readonly #dialect: SoundDialect;
  readonly #notes: Notes;
  readonly #sounds: Sound[] = [];
  #track: AudioTrack | undefined;
  /** What the dialect has given last. */
  #made: AudioTrack | undefined;

  /** @param former of the publisher before */
  constructor(dialect: SoundDialect, former: AudioTrack | undefined, notes: Notes) {
    this.#dialect = dialect;
    this.#track = former;
    this.#notes = notes;
  }

  get track(): AudioTrack | undefined {
    return this.#track;
  }

  configure(data: Uint8Array): void {
    if (data.length === 0) return;
    try {
      this.#dialect.configure(data);
      this.#notes.problem('audio', undefined);
    } catch (error) {
      this.#refuse(error);
    }
  }

  layout(data: Uint8Array): void {
    this.#dialect.layout?.(data);
  }

  sounds(data: Uint8Array): readonly Sound[] {
    this.#sounds.length = 0;
    if (data.length === 0) return this.#sounds; // some send nothing, and mean nothing
    try {
      const track = this.#dialect.take(data, this.#sounds);
      if (!track) this.#notes.drop(this.#dialect.foreign);
      else if (track !== this.#made) this.#adopt(track);
    } catch (error) {
      this.#sounds.length = 0;
      this.#refuse(error);
    }
    return this.#sounds;
  }

  /** Whatever was wrong before: this is frames and a track. */
  #adopt(made: AudioTrack): void {
    const track = otherAudioTrack(made, this.#track);
    if (track !== this.#track) this.#notes.problem('audio', undefined);
    this.#track = track;
    this.#made = made;
  }

  #refuse(error: unknown): void {
    if (!(error instanceof CodecError)) throw error;
    this.#notes.drop('bad audio configuration');
    this.#notes.problem('audio', error.message);
  }
}
