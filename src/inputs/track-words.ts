/** What a publisher says of a track beside its frames, of one codec. */
export interface Words<Codec, Remark> {
  readonly codec: Codec;
  /** Its last sequence header. */
  config: Uint8Array | undefined;
  /** Of a picture's colours, of a sound's channels. */
  remark: Remark | undefined;
}

/**
 * A publisher's words about a track: of the codec whose frames come, and of one other. That one may be what the track
 * changes to, so its words wait for its first frame; or they were meant for another track: ffmpeg 8 does not number what it
 * says of the colours of a second picture.
 */
export class TrackWords<Codec, Remark> {
  #current: Words<Codec, Remark> | undefined;
  #other: Words<Codec, Remark> | undefined;

  /** Where to write down what is said of this codec. */
  of(codec: Codec): Words<Codec, Remark> {
    this.#current ??= unsaid(codec);
    if (this.#current.codec === codec) return this.#current;
    if (this.#other?.codec !== codec) this.#other = unsaid(codec);
    return this.#other;
  }

  /** Frames of this codec come from now on: what has been said of it. */
  begin(codec: Codec): Words<Codec, Remark> {
    const words = this.of(codec);
    if (words === this.#other) this.#other = undefined;
    this.#current = words;
    return words;
  }
}

const unsaid = <Codec, Remark>(codec: Codec): Words<Codec, Remark> => ({
  codec,
  config: undefined,
  remark: undefined,
});
