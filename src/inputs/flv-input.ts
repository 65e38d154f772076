import { readAudioBody } from '../containers/flv/audio.ts';
import type { Damage } from '../containers/flv/enhanced.ts';
import type { AudioPart, VideoPart } from '../containers/flv/parts.ts';
import { readVideoBody } from '../containers/flv/video.ts';
import { ticksFromSeconds, type Ticks } from '../media/time.ts';
import { trackNumber, type TrackId, type TrackKind } from '../media/track.ts';
import { AudioTrackInput } from './audio-track-input.ts';
import { ChangeLimit } from './change-limit.ts';
import type { FrameTarget } from './frame-target.ts';
import type { Dropped } from './notes.ts';
import { SampleClock } from './sample-clock.ts';
import { ScriptInput } from './script-input.ts';
import { Timeline, type PlacedTime } from './timeline.ts';
import type { TrackHost } from './track-host.ts';
import { TrackNumbers } from './track-numbers.ts';
import { unsupported } from './unsupported.ts';
import { VideoTrackInput } from './video-track-input.ts';

/**
 * Sound alone is all there is when pictures have not come for so long. A slide show has some that are ten seconds apart, and
 * players stand still without them.
 */
const GONE_AFTER = ticksFromSeconds(12);

const DAMAGE: Readonly<Record<Damage, Dropped>> = {
  'cut short': 'an Enhanced RTMP message that is cut short',
  'track too long': 'a track that is longer than its message',
  'track twice': 'a track that is in one message twice',
  'unknown kind': 'an unknown kind of Enhanced RTMP message',
};

/**
 * Turns a publisher's FLV tag bodies (RTMP messages carry the same bytes) into frames on the stream's time line.
 * A track exists once a media frame of it has come; its configuration alone proves nothing. The first picture of a
 * track is one that a decoder can start with.
 */
export class FlvInput implements TrackHost {
  readonly target: FrameTarget;
  readonly #timeline: Timeline;
  /** Beyond it the time line goes on without a word. */
  readonly #jumps = new ChangeLimit();
  readonly #script: ScriptInput;
  readonly #pictures: TrackNumbers<VideoTrackInput>;
  readonly #sounds: TrackNumbers<AudioTrackInput>;
  readonly #noticed: (text: string) => void;
  /** Messages left out, by reason. */
  readonly dropped = new Map<Dropped, number>();
  /** Why a track cannot be used, by track. */
  readonly problems = new Map<TrackId, string>();
  epoch = 0;
  #hasPictures = false;
  /** When the newest one that could be decoded was due. */
  #pictureAt: Ticks | undefined;

  /** @param noticed told in words, once each, of what is left out: for the log */
  constructor(target: FrameTarget, noticed: (text: string) => void = () => undefined) {
    this.target = target;
    this.#noticed = noticed;
    this.#timeline = new Timeline(target.origin);
    this.#script = new ScriptInput({
      drop: (why) => this.drop(why),
      describe: (metadata) => target.describe(metadata),
      write: ({ name, payload }) =>
        target.write({ kind: 'data', dts: this.#timeline.newest, epoch: this.epoch, name, payload }),
    });
    this.#pictures = new TrackNumbers<VideoTrackInput>('video', (number, id) => {
      const begins = (track: VideoTrackInput): void => this.#pictures.begin(track);
      return new VideoTrackInput(number, id, { host: this, begins });
    });
    this.#sounds = new TrackNumbers<AudioTrackInput>('audio', (number, id) => {
      const begins = (track: AudioTrackInput): void => this.#sounds.begin(track);
      const samples = new SampleClock(target.origin);
      return new AudioTrackInput(number, id, { host: this, samples, begins });
    });
  }

  /** `timestamp`: ms, 32 bits. `body` is kept by the frames made of it. @throws {UnsupportedCodecError} */
  video(timestamp: number, body: Uint8Array): void {
    const read = readVideoBody(body);
    if (read.kind === 'frame') {
      // Nearly all of them.
      this.#hasPictures = true;
      return this.#picture(read.track)?.frame(timestamp, read);
    }
    if (read.kind !== 'tracks') return this.#video(timestamp, read);
    seeAll(this.#pictures, read.parts);
    for (const part of read.parts) this.#video(timestamp, part);
  }

  /** `timestamp`: ms, 32 bits. @throws {UnsupportedCodecError} */
  audio(timestamp: number, body: Uint8Array): void {
    const read = readAudioBody(body);
    if (read.kind === 'frame') return this.#sound(read.track)?.frame(timestamp, read);
    if (read.kind !== 'tracks') return this.#audio(timestamp, read);
    seeAll(this.#sounds, read.parts);
    for (const part of read.parts) this.#audio(timestamp, part);
  }

  /** Script data: the event's name and its values in AMF0. What cannot be decoded is dropped: it is only a hint. */
  data(body: Uint8Array): void {
    this.#script.take(body, this.epoch > 0);
  }

  place(id: TrackId, timestamp: number, nanos: number): PlacedTime {
    const placed = this.#timeline.place(id, timestamp, nanos);
    if (id !== 'audio' && id.startsWith('video')) this.#pictureAt = placed.dts;
    if (placed.isNewEpoch && this.#jumps.allows(placed.dts)) this.epoch = this.target.newEpoch();
    if (this.#script.waits) this.#script.passOn();
    return placed;
  }

  hasPicturesAt(dts: Ticks): boolean {
    const since = this.#pictureAt;
    return this.#hasPictures && (since === undefined || dts - since <= GONE_AFTER);
  }

  drop(why: Dropped): void {
    const count = this.dropped.get(why) ?? 0;
    if (count === 0) this.#noticed(`left out: ${why}`);
    this.dropped.set(why, count + 1);
  }

  problem(id: TrackId, why: string | undefined): void {
    if (why === undefined) this.problems.delete(id);
    else this.#complain(id, `the ${configurationOf(id)} cannot be used: ${why}`);
  }

  #video(timestamp: number, part: VideoPart): void {
    switch (part.kind) {
      case 'frame':
        this.#hasPictures = true;
        return this.#picture(part.track)?.frame(timestamp, part);
      case 'config':
        return this.#picture(part.track)?.configure(part.codec, part.data);
      case 'metadata':
        return this.#picture(part.track)?.describe(part.codec, part.data);
      case 'unsupported':
        return this.#refuse('video', this.#pictures.main?.number, part);
      case 'damaged':
        return this.drop(DAMAGE[part.why]);
      case 'nothing':
    }
  }

  #audio(timestamp: number, part: AudioPart): void {
    switch (part.kind) {
      case 'frame':
        return this.#sound(part.track)?.frame(timestamp, part);
      case 'config':
        return this.#sound(part.track)?.configure(part.codec, part.data);
      case 'layout':
        return this.#sound(part.track)?.describe(part.codec, part.data);
      case 'unsupported':
        return this.#refuse('audio', this.#sounds.main?.number, part);
      case 'damaged':
        return this.drop(DAMAGE[part.why]);
      case 'nothing':
    }
  }

  // One for each kind: a message's way is hot, and shorter where it meets only one class.
  #picture(number: number): VideoTrackInput | undefined {
    const { main } = this.#pictures;
    const track = main?.number === number ? main : this.#pictures.take(number);
    if (!track) this.#tooMany();
    return track;
  }

  #sound(number: number): AudioTrackInput | undefined {
    const { main } = this.#sounds;
    const track = main?.number === number ? main : this.#sounds.take(number);
    if (!track) this.#tooMany();
    return track;
  }

  #tooMany(): void {
    this.drop('more tracks of a kind than are carried');
  }

  /** Without its main track a show is nothing: its publisher is sent away. One beside it is left out. */
  #refuse(
    kind: TrackKind,
    main: number | undefined,
    { codec, track }: Extract<VideoPart, { kind: 'unsupported' }>,
  ): void {
    if (main === undefined || track <= main) throw unsupported(kind, codec, track);
    this.drop('a track of a codec that is not supported');
    if (this.problems.size < MAX_PROBLEMS)
      this.#complain(`${kind}${track}`, unsupported(kind, codec, track).message);
  }

  #complain(id: TrackId, text: string): void {
    if (this.problems.get(id) === text) return;
    this.problems.set(id, text);
    this.#noticed(text);
  }
}

/** Told of a publisher's tracks: more say no more. */
const MAX_PROBLEMS = 16;

/** All tracks of a message are there before the first of their frames: which one is the main one depends on it. */
function seeAll(
  tracks: TrackNumbers<VideoTrackInput> | TrackNumbers<AudioTrackInput>,
  parts: readonly (VideoPart | AudioPart)[],
): void {
  for (const part of parts) if (part.kind === 'config' || part.kind === 'frame') tracks.see(part.track);
}

function configurationOf(id: TrackId): string {
  const kind = id.startsWith('video') ? 'video' : 'audio';
  return id === kind ? `${kind} configuration` : `configuration of ${kind} track ${trackNumber(id)}`;
}
