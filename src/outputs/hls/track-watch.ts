import type { MediaFrame } from '../../media/frame.ts';
import { TICKS_PER_SECOND } from '../../media/time.ts';
import type { AudioTrack, Track, TrackSet } from '../../media/track.ts';

/** Ticks of silence after which a track is taken for gone, if the whole segment had nothing of it either. */
const GONE_AFTER = 2 * TICKS_PER_SECOND;
/** A track this far behind another, in ticks, is how a publisher interleaves; video further behind may have stalled. */
export const INTERLEAVE = TICKS_PER_SECOND / 2;
/** The same in frames, for slow video: one a second is not stalled after half of one. */
const STALL_FRAMES = 3;
/** The same while only one frame has come: the next may be as far as slow video's are. */
const FIRST_PATIENCE = 2 * TICKS_PER_SECOND;
/** Length of a video frame in ticks, before two of them have told it. */
const USUAL_VIDEO_INTERVAL = TICKS_PER_SECOND / 25;
/** A longer pause between two frames is not a frame's length: one every two seconds is the slowest video one meets. */
const MAX_VIDEO_INTERVAL = 2.5 * TICKS_PER_SECOND;

/** Sound that is further ahead of the picture, in ticks, has jumped, or the picture has been away: no way to interleave. */
const MAX_LEAD = 10 * TICKS_PER_SECOND;

/** Decides whether a track can be carried. */
export interface TrackJudge {
  /** Why not, in words; undefined if it can. */
  refusal(track: Track): string | undefined;
}

/** Keeps an eye on a stream's tracks: which there are, how far apart their frames and key frames are. */
export class TrackWatch {
  readonly #judge: TrackJudge;
  readonly #judged = new Map<
    Track['kind'],
    { readonly track: Track; readonly refusal: string | undefined }
  >();
  #audio: { track: AudioTrack; dts: number } | undefined;
  #videoDts: number | undefined;
  #videoInterval: number | undefined;
  #keyDts: number | undefined;
  #gop: number | undefined;
  /** How far sound was ahead whenever a picture came, in ticks: the most since the last key frame, and in the GOP before. */
  #lead = 0;
  #formerLead = 0;
  #heard = false;

  constructor(judge: TrackJudge) {
    this.#judge = judge;
  }

  /** Why a track cannot be carried, in words. */
  get problem(): string | undefined {
    for (const { refusal } of this.#judged.values()) if (refusal !== undefined) return refusal;
    return undefined;
  }

  /** Ticks between the last two key frames. */
  get gop(): number | undefined {
    return this.#gop;
  }

  /** Ticks between the last two video frames. */
  get videoInterval(): number {
    return this.#videoInterval ?? USUAL_VIDEO_INTERVAL;
  }

  /** Length of an audio frame in ticks. */
  get audioInterval(): number {
    const track = this.#audio?.track;
    return track ? (track.samplesPerFrame * TICKS_PER_SECOND) / track.coreRate : 0;
  }

  /**
   * Has sound come so far without a picture that there is none to be expected? Where sound is always ahead (a slow encoder
   * of pictures, tracks written by the second), that it is says nothing.
   */
  hasVideoStalledAt(dts: number): boolean {
    const interval = this.#videoInterval;
    const patience = interval === undefined ? FIRST_PATIENCE : Math.max(INTERLEAVE, STALL_FRAMES * interval);
    return dts - (this.#videoDts ?? -Infinity) > patience + Math.max(this.#lead, this.#formerLead);
  }

  /** Each track is judged once. */
  accepts(track: Track): boolean {
    let judged = this.#judged.get(track.kind);
    if (judged?.track !== track) {
      judged = { track, refusal: this.#judge.refusal(track) };
      this.#judged.set(track.kind, judged);
    }
    return judged.refusal === undefined;
  }

  /** Before the first frame is noted: these tracks have been seen at this time. */
  expect(tracks: TrackSet, dts: number): void {
    if (tracks.audio) this.#audio = { track: tracks.audio, dts };
  }

  note(frame: MediaFrame): void {
    if (frame.kind === 'audio') {
      // The picture has just begun: that is where the two stand.
      if (!this.#heard && this.#videoDts !== undefined) this.#noteLead(frame.dts - this.#videoDts);
      this.#heard = true;
      this.#audio = { track: frame.track, dts: frame.dts };
      return;
    }
    if (frame.startsGop) {
      this.#formerLead = this.#lead;
      this.#lead = 0;
    }
    if (this.#heard && this.#audio) this.#noteLead(this.#audio.dts - frame.dts);
    const interval = frame.dts - (this.#videoDts ?? frame.dts);
    if (interval > 0 && interval <= MAX_VIDEO_INTERVAL) this.#videoInterval = interval;
    this.#videoDts = frame.dts;
    if (!frame.startsGop) return;
    if (this.#keyDts !== undefined && frame.dts > this.#keyDts) this.#gop = frame.dts - this.#keyDts;
    this.#keyDts = frame.dts;
  }

  /** The audio track at this time; undefined if there is none, or it has fallen silent. */
  audioAt(dts: number, heardInSegment: boolean): AudioTrack | undefined {
    if (!this.#audio) return undefined;
    const gone = !heardInSegment && dts - this.#audio.dts >= GONE_AFTER;
    return gone ? undefined : this.#audio.track;
  }

  /** Another publisher: nothing can be told from times before it. */
  forget(): void {
    this.#audio = undefined;
    this.#videoDts = undefined;
    this.#videoInterval = undefined;
    this.#keyDts = undefined;
    this.#gop = undefined;
    this.#lead = 0;
    this.#formerLead = 0;
    this.#heard = false;
  }

  #noteLead(lead: number): void {
    if (lead <= MAX_LEAD) this.#lead = Math.max(this.#lead, lead);
  }
}
