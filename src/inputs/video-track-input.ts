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
  /** The publisher's last words, for an intake that takes another's place. */
  #config: Uint8Array | undefined;
  #said: ColorInfo | undefined;

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
    const intake = this.#intakeOf(codec);
    this.#config = Uint8Array.from(data);
    intake.configure(this.#config);
  }

  /** Takes what Enhanced RTMP's Metadata say of the colours. */
  describe(codec: VideoCodec, data: Uint8Array): void {
    const intake = this.#intakeOf(codec);
    try {
      const said = readColorInfo(data);
      if (!said) return;
      this.#said = said;
      intake.describe?.(said.color);
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
    const [config, said] = [this.#config, this.#said];
    if (!codec) return;
    const intake = this.#intakeOf(codec);
    this.#config = config;
    this.#said = said;
    if (config) intake.configure(config);
    if (said) intake.describe?.(said.color);
  }

  /** To the first track there is, or where one can start with the next. */
  #mayChange(at: Ticks, { startsGop }: Picture): boolean {
    return this.#track === undefined || (startsGop && this.#changes.allows(at));
  }

  /** What is in force; another codec than before begins anew. */
  #intakeOf(codec: VideoCodec): VideoIntake {
    if (this.#intake && codec === this.#codec) return this.#intake;
    const former = this.#track ?? this.#host.target.formerTracks[this.#id as 'video'];
    this.#codec = codec;
    this.#config = undefined;
    this.#said = undefined;
    this.#intake = videoIntake(codec, this.#id, former, this.#notes);
    return this.#intake;
  }
}
