import type { AudioFrame, MediaFrame, VideoFrame } from '../../media/frame.ts';
import { TICKS_PER_SECOND } from '../../media/time.ts';
import type { AudioTrack, TrackSet } from '../../media/track.ts';

/** Ticks that one track waits for the other. Less than a segment, so nobody sees it; encoders start both within a few frames. */
const TRACK_WAIT = TICKS_PER_SECOND;
/** Ticks that audio waits for a key frame where there is video: as long as the longest first segment. */
const KEY_FRAME_WAIT = 12 * TICKS_PER_SECOND;
/** What may be held meanwhile: 12 s of the shortest frames of audio are 1,100 frames; a second of 8 MiB key frames is nobody's stream. */
const MAX_HELD_FRAMES = 2048;
const MAX_HELD_BYTES = 16 * 1024 * 1024;

export interface Start {
  /** The first of them starts the segment. */
  readonly frames: readonly MediaFrame[];
  readonly tracks: TrackSet;
  /** When the first of them came, ms. */
  readonly arrived: number;
}

/**
 * Holds the first frames of a stream, or of its next publisher, until it is known which tracks there are: a segment
 * declares its tracks at its very beginning. With video, it starts at a key frame and has no older audio.
 */
export class StartBuffer {
  #frames: MediaFrame[] = [];
  #bytes = 0;
  #key: VideoFrame | undefined;
  /** There is video, though it may not be decodable yet. */
  #hasVideo = false;
  #audio: AudioTrack | undefined;
  #since: number | undefined;
  #arrived = 0;

  /** Takes a frame; true if it is time to {@link take} them all. */
  offer(frame: MediaFrame, now: number): boolean {
    if (frame.kind === 'video') this.#offerVideo(frame, now);
    else this.#offerAudio(frame, now);
    return this.#isReady(frame.dts);
  }

  /** What the stream starts with; undefined if nothing that can be started with has come. */
  take(): Start | undefined {
    const key = this.#key;
    const frames = key ? [key, ...this.#frames.filter((frame) => frame !== key)] : this.#frames;
    const audio = frames.find((frame): frame is AudioFrame => frame.kind === 'audio')?.track ?? this.#audio;
    const tracks = { ...(key ? { video: key.track } : {}), ...(audio ? { audio } : {}) };
    return frames.length > 0 ? { frames, tracks, arrived: this.#arrived } : undefined;
  }

  #offerVideo(frame: VideoFrame, now: number): void {
    this.#hasVideo = true;
    if (!this.#key) {
      if (!frame.startsGop) {
        this.#since ??= frame.dts;
        return;
      }
      this.#key = frame;
      this.#since = frame.dts;
      this.#arrived = now;
      this.#frames = this.#frames.filter((held) => held.dts >= frame.dts);
      this.#bytes = this.#frames.reduce((sum, held) => sum + held.payload.length, 0);
    }
    this.#hold(frame);
  }

  #offerAudio(frame: AudioFrame, now: number): void {
    this.#audio = frame.track;
    if (!frame.startsGop) this.#hasVideo = true;
    if (this.#key && frame.dts < this.#key.dts) return;
    if (!this.#key && this.#frames.length === 0) this.#arrived = now;
    this.#since ??= frame.dts;
    this.#hold(frame);
  }

  #hold(frame: MediaFrame): void {
    this.#frames.push(frame);
    this.#bytes += frame.payload.length;
  }

  #isReady(dts: number): boolean {
    if (this.#frames.length === 0) return false;
    if (this.#frames.length >= MAX_HELD_FRAMES || this.#bytes >= MAX_HELD_BYTES) return true;
    const waited = dts - (this.#since ?? dts);
    if (this.#key) return this.#audio !== undefined || waited >= TRACK_WAIT;
    return waited >= (this.#hasVideo ? KEY_FRAME_WAIT : TRACK_WAIT);
  }
}
