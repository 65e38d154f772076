import { readAv1Config, sequenceOf } from '../codecs/av1/config.ts';
import { readAv1Unit, type Av1Unit } from '../codecs/av1/frame.ts';
import { CodecError } from '../codecs/codec-error.ts';
import { av1Track, type Av1Header } from '../codecs/picture-tracks.ts';
import { otherVideoTrack } from '../codecs/track-builder.ts';
import type { Color } from '../media/color.ts';
import type { TrackId, VideoTrack } from '../media/track.ts';
import type { Picture, VideoIntake, VideoMessage } from './intake.ts';
import type { Dropped, Notes } from './notes.ts';
import { KEY_PATIENCE_MS, passed } from './patience.ts';

/**
 * What is in force for a publisher's AV1. The sequence header in front of a key frame is what the frames are coded by; the
 * one that came as a configuration counts where a key frame has none, which is given it then, as files want it there.
 */
export class Av1Intake implements VideoIntake {
  readonly #id: TrackId;
  readonly #notes: Notes;
  /** Of the publisher before; then the track that is in force. */
  #track: VideoTrack | undefined;
  /** In force. */
  #header: Av1Header | undefined;
  /** Of the latest configuration. */
  #announced: Av1Header | undefined;
  #said: Color | undefined;
  /** When the last key frame came, or else the first frame. */
  #keyAt: number | undefined;

  constructor(id: TrackId, former: VideoTrack | undefined, notes: Notes) {
    this.#id = id;
    this.#track = former;
    this.#notes = notes;
  }

  configure(data: Uint8Array): void {
    try {
      const { sequenceHeader } = readAv1Config(data);
      this.#announced = sequenceHeader && headerOf(sequenceHeader);
      this.#notes.problem('video', undefined);
    } catch (error) {
      this.#refuse(error);
    }
  }

  describe(color: Color | undefined): void {
    this.#said = color;
  }

  picture(message: VideoMessage): Picture | undefined {
    const picture = this.#lookAt(message);
    if (typeof picture !== 'string') return picture;
    this.#notes.drop(picture);
    return undefined;
  }

  #lookAt(message: VideoMessage): Picture | Dropped | undefined {
    const unit = readAv1Unit(message.data);
    if (!unit) return 'not AV1';
    if (!unit.frame) {
      this.#keepHeader(unit);
      return unit.payload.length === 0 || unit.sequenceHeader ? undefined : this.#inForce(unit.payload);
    }
    const start = this.#startOf(message, unit);
    if (start) this.#settle(unit);
    if (!this.#header)
      return this.#announced ? 'before the first key frame' : 'video before its configuration';
    const payload =
      start && !unit.sequenceHeader ? Buffer.concat([this.#header.unit, unit.payload]) : unit.payload;
    return { track: this.#track!, payload, startsGop: start !== undefined, recovers: start === 'recovers' };
  }

  /** Encoders that put every unit in a message of its own. */
  #keepHeader({ sequenceHeader }: Av1Unit): void {
    if (!sequenceHeader) return;
    try {
      this.#announced = headerOf(Uint8Array.from(sequenceHeader));
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** The rest of a frame whose header came before: nothing that anybody could start with. */
  #inForce(payload: Uint8Array): Picture | Dropped {
    if (!this.#header || !this.#track) return 'before the first key frame';
    return { track: this.#track, payload, startsGop: false, recovers: false };
  }

  /**
   * A key frame that is shown at once, by its own word; one that is shown later, of which the frames before that cannot be
   * decoded; and if none comes for long, an intra frame behind a sequence header that the encoder calls a key frame.
   */
  #startOf({ timestamp, claimsKey }: VideoMessage, unit: Av1Unit): 'clean' | 'recovers' | undefined {
    const isLate = passed((this.#keyAt ??= timestamp), timestamp) > KEY_PATIENCE_MS;
    const isStill = !unit.sequenceHeader && (this.#announced ?? this.#header)?.sequence.isStill === true;
    if (unit.frame === 'key' || unit.frame === 'hidden key' || isStill) {
      this.#keyAt = timestamp;
      return unit.frame === 'hidden key' && !isStill ? 'recovers' : 'clean';
    }
    const isIntra = unit.frame === 'intra' && unit.sequenceHeader !== undefined && claimsKey;
    return isIntra && isLate ? 'recovers' : undefined;
  }

  #settle(unit: Av1Unit): void {
    try {
      const header = this.#headerFor(unit);
      if (!header) return;
      const made = av1Track(header, { id: this.#id, color: this.#said }, unit.metadata);
      this.#track = otherVideoTrack(made, this.#track);
      if (header !== this.#header) this.#notes.problem('video', undefined);
      this.#header = header;
    } catch (error) {
      this.#refuse(error);
    }
  }

  /** The unit's own sequence header; else the one that was announced; else what is in force. */
  #headerFor({ sequenceHeader }: Av1Unit): Av1Header | undefined {
    const announced = this.#announced;
    this.#announced = undefined;
    if (!sequenceHeader) return announced ?? this.#header;
    for (const known of [this.#header, announced])
      if (known && Buffer.compare(known.unit, sequenceHeader) === 0) return known;
    return headerOf(Uint8Array.from(sequenceHeader));
  }

  #refuse(error: unknown): void {
    if (!(error instanceof CodecError)) throw error;
    this.#notes.drop('bad video configuration');
    this.#notes.problem('video', error.message);
  }
}

const headerOf = (unit: Uint8Array): Av1Header => ({ unit, sequence: sequenceOf(unit) });
