import { AmfError } from '../amf/errors.ts';
import { readColorInfo, type ColorInfo } from '../containers/flv/color-info.ts';
import type { VideoPart } from '../containers/flv/parts.ts';
import type { Ticks } from '../media/time.ts';
import type { TrackId, VideoCodec, VideoTrack } from '../media/track.ts';
import { ChangeLimit } from './change-limit.ts';
import type { Picture, VideoIntake } from './intake.ts';
import { videoIntake } from './intakes.ts';
import type { Notes } from './notes.ts';
import { presentationTime } from './timeline.ts';
import { notesOf, type TrackHost } from './track-host.ts';
import type { NumberedTrack } from './track-numbers.ts';
import { TrackWords } from './track-words.ts';

type Frame = Extract<VideoPart, { kind: 'frame' }>;

/** One of a publisher's pictures: its messages become frames. */
export class VideoTrackInput implements NumberedTrack {
  readonly number: number;
  hasFrames = false;
  readonly #host: TrackHost;
  readonly #begins: (track: VideoTrackInput) => void;
  readonly #notes: Notes;
  readonly #changes = new ChangeLimit();
  #id: TrackId;
  #codec: VideoCodec | undefined;
  #intake: VideoIntake | undefined;
  /** Of the last frame. */
  #track: VideoTrack | undefined;
  /** For an intake that takes another's place. */
  readonly #words = new TrackWords<VideoCodec, ColorInfo>();

  /** @param begins called before the first frame is written */
  constructor(
    number: number,
    id: TrackId,
    options: { readonly host: TrackHost; readonly begins: (track: VideoTrackInput) => void },
  ) {
    this.number = number;
    this.#id = id;
    this.#host = options.host;
    this.#begins = options.begins;
    this.#notes = notesOf(this.#host, id);
  }

  configure(codec: VideoCodec, data: Uint8Array): void {
    const intake = this.#intakeFor(codec);
    const config = Uint8Array.from(data);
    this.#words.of(codec).config = config;
    intake?.configure(config);
  }

  /** Takes what Enhanced RTMP's Metadata say of the colours. */
  describe(codec: VideoCodec, data: Uint8Array): void {
    const intake = this.#intakeFor(codec);
    try {
      const said = readColorInfo(data);
      if (!said) return;
      this.#words.of(codec).remark = said;
      intake?.describe?.(said.color);
    } catch (error) {
      if (!(error instanceof AmfError)) throw error;
      this.#host.drop('bad colour metadata');
    }
  }

  frame(timestamp: number, { codec, keyFrame, compositionMs, nanos, data }: Frame): void {
    const picture = this.#intakeOf(codec).picture({ timestamp, claimsKey: keyFrame, data });
    if (!picture) return;
    if (!this.hasFrames) {
      this.#begins(this);
      this.hasFrames = true;
    }
    const { track, payload, startsGop, recovers } = picture;
    const { dts } = this.#host.place(this.#id, timestamp, nanos);
    if (track !== this.#track && !this.#mayChange(dts, picture))
      return this.#host.drop('a configuration that changes all the time');
    this.#track = track;
    const pts = presentationTime(dts, compositionMs);
    const { epoch } = this.#host;
    this.#host.target.write({ kind: 'video', track, dts, pts, startsGop, recovers, epoch, payload });
  }

  become(id: TrackId): void {
    const codec = this.#codec;
    this.#host.problem(this.#id, undefined);
    this.#id = id;
    this.#track = undefined;
    this.#intake = undefined;
    if (codec) this.#intakeOf(codec);
  }

  /** To the first track there is, or where one can start with the next. */
  #mayChange(at: Ticks, { startsGop }: Picture): boolean {
    return this.#track === undefined || (startsGop && this.#changes.allows(at));
  }

  /** What words of this codec are for; undefined: for what frames of it will begin. */
  #intakeFor(codec: VideoCodec): VideoIntake | undefined {
    return this.#intake && codec !== this.#codec ? undefined : this.#intakeOf(codec);
  }

  /** What is in force; another codec than before begins anew. */
  #intakeOf(codec: VideoCodec): VideoIntake {
    if (this.#intake && codec === this.#codec) return this.#intake;
    const former = this.#track ?? this.#host.target.formerTracks[this.#id as 'video'];
    const intake = videoIntake(codec, this.#id, former, this.#notes);
    const { config, remark } = this.#words.begin(codec);
    if (config) intake.configure(config);
    if (remark) intake.describe?.(remark.color);
    this.#codec = codec;
    this.#intake = intake;
    return intake;
  }
}
