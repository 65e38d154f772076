import { CodecError } from '../codecs/codec-error.ts';
import { vpTrack } from '../codecs/picture-tracks.ts';
import { otherVideoTrack } from '../codecs/track-builder.ts';
import { readVpConfig, type VpConfig } from '../codecs/vpx/config.ts';
import type { VpKeyFrame, VpLook } from '../codecs/vpx/key-frame.ts';
import { lookAtVp8 } from '../codecs/vpx/vp8-frame.ts';
import { lookAtVp9 } from '../codecs/vpx/vp9-frame.ts';
import type { Color } from '../media/color.ts';
import type { TrackId, VideoTrack } from '../media/track.ts';
import type { Picture, VideoIntake, VideoMessage } from './intake.ts';
import type { Dropped, Notes } from './notes.ts';

const DIALECTS: Readonly<Record<'vp9' | 'vp8', { look: (frame: Uint8Array) => VpLook; foreign: Dropped }>> = {
  vp9: { look: lookAtVp9, foreign: 'not VP9' },
  vp8: { look: lookAtVp8, foreign: 'not VP8' },
};

/**
 * What is in force for a publisher's VP9 or VP8. A key frame says nearly all of it by itself, so a configuration need not
 * come at all; where one does, it adds the level, and what VP9 cannot say of its colours.
 */
export class VpIntake implements VideoIntake {
  readonly #codec: 'vp9' | 'vp8';
  readonly #id: TrackId;
  readonly #notes: Notes;
  /** Of the publisher before; then the track that is in force. */
  #track: VideoTrack | undefined;
  /** A key frame of this publisher has come. */
  #begun = false;
  #announced: VpConfig | undefined;
  #said: Color | undefined;

  constructor(codec: 'vp9' | 'vp8', track: { id: TrackId; former: VideoTrack | undefined }, notes: Notes) {
    this.#codec = codec;
    this.#id = track.id;
    this.#track = track.former;
    this.#notes = notes;
  }

  configure(data: Uint8Array): void {
    if (data.length === 0) return; // some have nothing to say for VP8
    try {
      this.#announced = readVpConfig(data);
      this.#notes.problem('video', undefined);
    } catch (error) {
      if (!(error instanceof CodecError)) throw error;
      // The key frames say what is needed: no problem, but the publisher may want to know.
      this.#notes.drop('bad video configuration');
    }
  }

  describe(color: Color | undefined): void {
    this.#said = color;
  }

  picture({ data }: VideoMessage): Picture | undefined {
    const { look, foreign } = DIALECTS[this.#codec];
    const found = look(data);
    if (found !== 'other' && found !== 'foreign') this.#settle(found);
    if (found === 'foreign' || !this.#begun) {
      this.#notes.drop(found === 'foreign' ? foreign : 'before the first key frame');
      return undefined;
    }
    const startsGop = found !== 'other';
    return { track: this.#track!, payload: data, startsGop, recovers: false };
  }

  #settle(frame: VpKeyFrame): void {
    this.#begun = true;
    const said = { id: this.#id, color: this.#said, announced: this.#announced };
    this.#track = otherVideoTrack(vpTrack(this.#codec, frame, said), this.#track);
  }
}
