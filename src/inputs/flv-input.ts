import { readAmf0Values } from '../amf/amf0-reader.ts';
import { AmfObject } from '../amf/value.ts';
import { readAudioBody } from '../containers/flv/audio.ts';
import { readVideoBody, type VideoBody } from '../containers/flv/video.ts';
import type { Frame } from '../media/frame.ts';
import { ticks, TICKS_PER_SECOND, type Ticks } from '../media/time.ts';
import type { TrackSet } from '../media/track.ts';
import { AacIntake } from './aac-intake.ts';
import { AvcIntake } from './avc-intake.ts';
import type { Dropped, Notes } from './notes.ts';
import { SampleClock } from './sample-clock.ts';
import { presentationTime, Timeline, type PlacedTime, type TimedKind } from './timeline.ts';

/** Where an input writes: a stream's publication, or anything that looks like it. */
export interface FrameTarget {
  readonly origin: Ticks;
  readonly formerTracks: TrackSet;
  newEpoch(): number;
  write(frame: Frame): void;
  describe(metadata: AmfObject): void;
}

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
 * A track exists once a media frame of it has come; its configuration alone proves nothing. The first picture of an
 * input is one that a decoder can start with.
 */
export class FlvInput implements Notes {
  readonly #target: FrameTarget;
  readonly #timeline: Timeline;
  readonly #samples: SampleClock;
  readonly #avc: AvcIntake;
  readonly #aac: AacIntake;
  readonly #noticed: (text: string) => void;
  /** Messages left out, by reason. */
  readonly dropped = new Map<Dropped, number>();
  /** Why a track cannot be used, by its kind. */
  readonly problems = new Map<string, string>();
  #epoch = 0;
  /** Pictures come, whether they can be decoded yet or not. */
  #hasVideoFrames = false;
  /** Script data that came before there was a time line to put it on. */
  #early: ScriptData[] = [];

  /** @param noticed told in words, once each, of what is left out: for the log */
  constructor(target: FrameTarget, noticed: (text: string) => void = () => undefined) {
    this.#target = target;
    this.#noticed = noticed;
    this.#timeline = new Timeline(target.origin);
    this.#samples = new SampleClock(target.origin);
    this.#avc = new AvcIntake(target.formerTracks.video, this);
    this.#aac = new AacIntake(target.formerTracks.audio, this);
  }

  /** `timestamp`: ms, 32 bits. `body` is kept by the frames made of it. @throws {UnsupportedCodecError} */
  video(timestamp: number, body: Uint8Array): void {
    const video = readVideoBody(body);
    switch (video.kind) {
      case 'nothing':
        return video.isAdditional ? this.drop('an additional track') : undefined;
      case 'unsupported':
        throw new UnsupportedCodecError(
          `the video is ${video.codec}, which is not supported: set the encoder to H.264 (AVC)`,
        );
      case 'config':
        return this.#avc.configure(video.data);
      case 'frame':
        return this.#videoFrame(timestamp, video);
    }
  }

  /** `timestamp`: ms, 32 bits. @throws {UnsupportedCodecError} */
  audio(timestamp: number, body: Uint8Array): void {
    const audio = readAudioBody(body);
    switch (audio.kind) {
      case 'nothing':
        return audio.isAdditional ? this.drop('an additional track') : undefined;
      case 'unsupported':
        throw new UnsupportedCodecError(
          `the audio is ${audio.codec}, which is not supported: set the encoder to AAC`,
        );
      case 'config':
        return this.#aac.configure(audio.data);
      case 'frame':
        return this.#audioFrame(timestamp, audio.data);
    }
  }

  drop(why: Dropped): void {
    const count = this.dropped.get(why) ?? 0;
    if (count === 0) this.#noticed(`left out: ${why}`);
    this.dropped.set(why, count + 1);
  }

  problem(kind: 'video' | 'audio', why: string | undefined): void {
    if (why === undefined) this.problems.delete(kind);
    else {
      const text = `the ${kind} configuration cannot be used: ${why}`;
      if (this.problems.get(kind) === text) return;
      this.problems.set(kind, text);
      this.#noticed(text);
    }
  }

  /** Script data: the event's name and its values in AMF0. What cannot be decoded is dropped: it is only a hint. */
  data(body: Uint8Array): void {
    let values;
    try {
      values = readAmf0Values(body);
    } catch {
      return this.drop('bad script data');
    }
    const [name, value] = values;
    if (typeof name !== 'string') return this.drop('bad script data');
    if (name === 'onMetaData') {
      if (!(value instanceof AmfObject)) return this.drop('bad script data');
      this.#target.describe(value);
    }
    const data = { name, payload: body };
    if (this.#epoch > 0) this.#write(data);
    else if (this.#early.length < MAX_EARLY_DATA) this.#early.push(data);
  }

  #videoFrame(timestamp: number, body: Extract<VideoBody, { kind: 'frame' }>): void {
    this.#hasVideoFrames = true;
    const picture = this.#avc.picture({ timestamp, claimsKey: body.keyFrame, data: body.data });
    if (!picture) return;
    const { track, payload, startsGop, recovers } = picture;
    const { dts } = this.#place('video', timestamp);
    const pts = presentationTime(dts, body.compositionMs);
    const epoch = this.#epoch;
    this.#target.write({ kind: 'video', track, dts, pts, startsGop, recovers, epoch, payload });
  }

  #audioFrame(timestamp: number, data: Uint8Array): void {
    const payloads = this.#aac.unwrap(data);
    const { track } = this.#aac;
    if (payloads.length === 0 || !track) return;
    const first = this.#place('audio', timestamp);
    const length = (track.samplesPerFrame * TICKS_PER_SECOND) / track.coreRate;
    const startsGop = !this.#hasVideoFrames;
    for (const [index, payload] of payloads.entries()) {
      const claimed = ticks(first.claimed + Math.round(index * length));
      const dts = this.#samples.next(claimed, track.samplesPerFrame, track.coreRate);
      this.#target.write({ kind: 'audio', track, dts, pts: dts, startsGop, epoch: this.#epoch, payload });
    }
  }

  #place(kind: TimedKind, timestamp: number): PlacedTime {
    const placed = this.#timeline.place(kind, timestamp);
    if (placed.isNewEpoch) this.#epoch = this.#target.newEpoch();
    if (this.#early.length > 0) this.#passOnEarly();
    return placed;
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
}
