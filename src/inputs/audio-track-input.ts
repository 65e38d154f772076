import type { AudioPart } from '../containers/flv/parts.ts';
import { ticks, TICKS_PER_SECOND, type Ticks } from '../media/time.ts';
import type { AudioCodec, AudioTrack, TrackId } from '../media/track.ts';
import { ChangeLimit } from './change-limit.ts';
import type { AudioIntake, Sound } from './intake.ts';
import { audioIntake } from './intakes.ts';
import type { Notes } from './notes.ts';
import type { SampleClock } from './sample-clock.ts';
import { notesOf, type TrackHost } from './track-host.ts';
import type { NumberedTrack } from './track-numbers.ts';
import { TrackWords } from './track-words.ts';

type Frame = Extract<AudioPart, { kind: 'frame' }>;

/** One of a publisher's sounds: its messages become frames. */
export class AudioTrackInput implements NumberedTrack {
  readonly number: number;
  hasFrames = false;
  readonly #host: TrackHost;
  readonly #begins: (track: AudioTrackInput) => void;
  readonly #notes: Notes;
  readonly #changes = new ChangeLimit();
  #samples: SampleClock;
  #id: TrackId;
  #codec: AudioCodec | undefined;
  #intake: AudioIntake | undefined;
  /** Of the last frame. */
  #track: AudioTrack | undefined;
  /** For an intake that takes another's place; MultichannelConfig as it came. */
  readonly #words = new TrackWords<AudioCodec, Uint8Array>();

  /** @param begins called before the first frame is written */
  constructor(
    number: number,
    id: TrackId,
    options: {
      readonly host: TrackHost;
      readonly samples: SampleClock;
      readonly begins: (track: AudioTrackInput) => void;
    },
  ) {
    this.number = number;
    this.#id = id;
    this.#host = options.host;
    this.#samples = options.samples;
    this.#begins = options.begins;
    this.#notes = notesOf(this.#host, id);
  }

  configure(codec: AudioCodec, data: Uint8Array): void {
    const intake = this.#intakeFor(codec);
    const config = Uint8Array.from(data);
    this.#words.of(codec).config = config;
    intake?.configure(config);
  }

  /** Takes what Enhanced RTMP's MultichannelConfig says. */
  describe(codec: AudioCodec, data: Uint8Array): void {
    const intake = this.#intakeFor(codec);
    const layout = Uint8Array.from(data);
    this.#words.of(codec).remark = layout;
    intake?.layout?.(layout);
  }

  frame(timestamp: number, { codec, nanos, data }: Frame): void {
    const intake = this.#intakeOf(codec);
    const sounds = intake.sounds(data);
    const { track } = intake;
    if (sounds.length === 0 || !track) return;
    if (!this.hasFrames) {
      this.#begins(this);
      this.hasFrames = true;
    }
    const { dts, claimed } = this.#host.place(this.#id, timestamp, nanos);
    if (track !== this.#track && this.#track !== undefined && !this.#changes.allows(dts))
      return this.#host.drop('a configuration that changes all the time');
    this.#track = track;
    if (sounds.length === 1) return this.#write(sounds[0]!, claimed, track);
    let before = 0;
    for (const sound of sounds) {
      this.#write(sound, ticks(claimed + Math.round((before * TICKS_PER_SECOND) / track.coreRate)), track);
      before += sound.samples;
    }
  }

  #write({ payload, samples }: Sound, claimed: Ticks, track: AudioTrack): void {
    const host = this.#host;
    const { epoch } = host;
    const dts = this.#samples.next(claimed, samples, track.coreRate);
    // A sound that is not the main one has no picture beside it.
    const startsGop = this.#id !== 'audio' || !host.hasPicturesAt(dts);
    if (samples === track.samplesPerFrame)
      host.target.write({ kind: 'audio', track, dts, pts: dts, startsGop, epoch, payload });
    else host.target.write({ kind: 'audio', track, dts, pts: dts, startsGop, epoch, samples, payload });
  }

  /** Time within a track never goes back: what takes the main one's place counts on from where that is. */
  takeOver(former: AudioTrackInput): void {
    [this.#samples, former.#samples] = [former.#samples, this.#samples];
  }

  become(id: TrackId): void {
    const codec = this.#codec;
    this.#host.problem(this.#id, undefined);
    this.#id = id;
    this.#track = undefined;
    this.#intake = undefined;
    if (codec) this.#intakeOf(codec);
  }

  /** What words of this codec are for; undefined: for what frames of it will begin. */
  #intakeFor(codec: AudioCodec): AudioIntake | undefined {
    return this.#intake && codec !== this.#codec ? undefined : this.#intakeOf(codec);
  }

  /** What is in force; another codec than before begins anew. */
  #intakeOf(codec: AudioCodec): AudioIntake {
    if (this.#intake && codec === this.#codec) return this.#intake;
    const former = this.#track ?? this.#host.target.formerTracks[this.#id as 'audio'];
    const intake = audioIntake(codec, this.#id, former, this.#notes);
    const { config, remark } = this.#words.begin(codec);
    if (config) intake.configure(config);
    if (remark) intake.layout?.(remark);
    this.#codec = codec;
    this.#intake = intake;
    return intake;
  }
}
