import { readAmf0Values } from '../amf/amf0-reader.ts';
import { AmfObject } from '../amf/value.ts';
import { coversExactly, hasIdr, hasRecoveryPoint, lengthPrefixedFromAnnexB } from '../codecs/avc/nal.ts';
import { readAudioBody } from '../containers/flv/audio.ts';
import { readVideoBody } from '../containers/flv/video.ts';
import type { Frame } from '../media/frame.ts';
import { ticks, ticksFromMs, type Ticks } from '../media/time.ts';
import type { AudioTrack, TrackSet, VideoTrack } from '../media/track.ts';
import { SampleClock } from './sample-clock.ts';
import { Timeline, type TimedKind } from './timeline.ts';
import { aacTrack, avcTrack } from './track-builder.ts';

/** Where an input writes: a stream's publication, or anything that looks like it. */
export interface FrameTarget {
  readonly origin: Ticks;
  readonly formerTracks: TrackSet;
  newEpoch(): number;
  write(frame: Frame): void;
  describe(metadata: AmfObject): void;
}

/** Why some of a publisher's messages did not become frames; counts, for logs and metrics. */
export type Dropped =
  'no configuration yet' | 'bad configuration' | 'not AVC nor Annex B' | 'bad script data';

interface ScriptData {
  readonly name: string;
  readonly payload: Uint8Array;
}

/** Encoders send one or two before the first frame. */
const MAX_EARLY_DATA = 16;

/** A codec that this gateway does not carry. Named, so that the publisher can be told. */
export class UnsupportedCodecError extends Error {
  override readonly name = 'UnsupportedCodecError';
}

/**
 * Turns a publisher's FLV tag bodies (RTMP messages carry the same bytes) into frames on the stream's time line.
 * A track exists once a media frame of it has come; its configuration alone proves nothing.
 */
export class FlvInput {
  readonly #target: FrameTarget;
  readonly #timeline: Timeline;
  readonly #samples = new SampleClock();
  readonly dropped = new Map<Dropped, number>();
  #epoch = 0;
  #video: VideoTrack | undefined;
  #audio: AudioTrack | undefined;
  #hasVideoFrames = false;
  /** Script data that came before there was a time line to put it on. */
  #early: ScriptData[] = [];

  constructor(target: FrameTarget) {
    this.#target = target;
    this.#timeline = new Timeline(target.origin);
  }

  /** `timestamp`: ms, 32 bits. `body` is kept by the frames made of it. @throws {UnsupportedCodecError} */
  video(timestamp: number, body: Uint8Array): void {
    const video = readVideoBody(body);
    switch (video.kind) {
      case 'nothing':
        return;
      case 'unsupported':
        throw new UnsupportedCodecError(`video codec ${video.codec} is not supported; send H.264`);
      case 'config':
        return this.#configureVideo(video.data);
      case 'frame':
        return this.#videoFrame(timestamp, video.keyFrame, video.compositionMs, video.data);
    }
  }

  /** `timestamp`: ms, 32 bits. @throws {UnsupportedCodecError} */
  audio(timestamp: number, body: Uint8Array): void {
    const audio = readAudioBody(body);
    switch (audio.kind) {
      case 'nothing':
        return;
      case 'unsupported':
        throw new UnsupportedCodecError(`audio codec ${audio.codec} is not supported; send AAC`);
      case 'config':
        return this.#configureAudio(audio.data);
      case 'frame':
        return this.#audioFrame(timestamp, audio.data);
    }
  }

  /** Script data: the event's name and its values in AMF0. What cannot be decoded is dropped: it is only a hint. */
  data(body: Uint8Array): void {
    let values;
    try {
      values = readAmf0Values(body);
    } catch {
      return this.#drop('bad script data');
    }
    const [name, value] = values;
    if (typeof name !== 'string') return this.#drop('bad script data');
    if (name === 'onMetaData') {
      if (!(value instanceof AmfObject)) return this.#drop('bad script data');
      this.#target.describe(value);
    }
    const data = { name, payload: body };
    if (this.#epoch > 0) this.#write(data);
    else if (this.#early.length < MAX_EARLY_DATA) this.#early.push(data);
  }

  #configureVideo(data: Uint8Array): void {
    try {
      this.#video = avcTrack(data, this.#video ?? this.#target.formerTracks.video);
    } catch {
      this.#drop('bad configuration');
    }
  }

  #configureAudio(data: Uint8Array): void {
    try {
      this.#audio = aacTrack(data, this.#audio ?? this.#target.formerTracks.audio);
    } catch {
      this.#drop('bad configuration');
    }
  }

  #videoFrame(timestamp: number, claimsKey: boolean, compositionMs: number, data: Uint8Array): void {
    const track = this.#video;
    if (!track) return this.#drop('no configuration yet');
    const lengthSize = track.nalLengthSize;
    const payload = coversExactly(data, lengthSize) ? data : lengthPrefixedFromAnnexB(data, lengthSize);
    if (!payload) return this.#drop('not AVC nor Annex B');
    const startsGop = hasIdr(payload, lengthSize) || (claimsKey && hasRecoveryPoint(payload, lengthSize));
    const dts = this.#place('video', timestamp);
    this.#hasVideoFrames = true;
    const pts = ticks(dts + ticksFromMs(compositionMs));
    this.#target.write({ kind: 'video', track, dts, pts, startsGop, epoch: this.#epoch, payload });
  }

  #audioFrame(timestamp: number, payload: Uint8Array): void {
    const track = this.#audio;
    if (!track) return this.#drop('no configuration yet');
    const dts = this.#samples.next(this.#place('audio', timestamp), track.samplesPerFrame, track.coreRate);
    const startsGop = !this.#hasVideoFrames;
    this.#target.write({ kind: 'audio', track, dts, pts: dts, startsGop, epoch: this.#epoch, payload });
  }

  #place(kind: TimedKind, timestamp: number): Ticks {
    const { dts, isNewEpoch } = this.#timeline.place(kind, timestamp);
    if (isNewEpoch) this.#epoch = this.#target.newEpoch();
    if (this.#early.length > 0) this.#passOnEarly();
    return dts;
  }

  /** Viewers of a former publisher are still there: they get what this one said before its first frame. */
  #passOnEarly(): void {
    const early = this.#early;
    this.#early = [];
    for (const data of early) this.#write(data);
  }

  #write({ name, payload }: ScriptData): void {
    this.#target.write({ kind: 'data', dts: this.#timeline.newest, epoch: this.#epoch, name, payload });
  }

  #drop(why: Dropped): void {
    this.dropped.set(why, (this.dropped.get(why) ?? 0) + 1);
  }
}
