import { Continuity } from '../../../src/containers/fmp4/continuity.ts';
import { fragment } from '../../../src/containers/fmp4/fragment.ts';
import { initSegment } from '../../../src/containers/fmp4/init-segment.ts';
import { movieTracks, type MovieTrack } from '../../../src/containers/fmp4/movie-track.ts';
import type { MediaFrame } from '../../../src/media/frame.ts';
import { ticks, TICKS_PER_SECOND } from '../../../src/media/time.ts';
import type { AudioTrack, VideoTrack } from '../../../src/media/track.ts';
import { picture } from '../pictures.ts';
import { Reel, sounds, soundTicks } from '../reel.ts';
import { PICTURE_TICKS, PICTURES, SILENCE } from '../show.ts';

/** Parts of a segment, in pictures of a 24th of a second: four parts of a quarter of a second. */
const PARTS = [6, 6, 6, 6];

/** What one segment is made of. Whatever is left out is as in a healthy show. */
export interface MovieTake {
  /** Pictures in each of its parts. */
  readonly parts?: readonly number[];
  /** `undefined` for none. */
  readonly video?: VideoTrack | undefined;
  readonly audio?: AudioTrack | undefined;
  /** Its first picture is a P picture, which is marked as a key frame. */
  readonly falseKey?: boolean;
  readonly bFrames?: boolean;
  /** Ticks by which all from here on come later than they would. */
  readonly shift?: number;
  /** EXT-X-DISCONTINUITY in front of it, and times that go on here. */
  readonly discontinuity?: boolean;
  /** sequence_number of each of its fragments. */
  readonly sequence?: (count: number) => number;
  /** Changes its bytes, or those of one of its parts. */
  readonly spoil?: (bytes: Buffer) => Buffer;
  readonly spoilPart?: (bytes: Buffer, index: number) => Buffer;
}

export interface MoviePart {
  readonly bytes: Buffer;
  readonly seconds: number;
  readonly independent: boolean;
}

export interface MovieSegment {
  readonly bytes: Buffer;
  readonly parts: readonly MoviePart[];
  readonly seconds: number;
  /** Where it begins in the show, in seconds. */
  readonly startsAt: number;
  readonly discontinuity: boolean;
  /** Number of its initialization section. */
  readonly map: number;
}

/** A show in fragments. */
export class MovieShow extends Reel<MovieTake, MovieSegment> {
  readonly #maps: { readonly key: string; readonly bytes: Buffer }[] = [];
  #continuity = new Continuity();
  #time = TICKS_PER_SECOND;
  #audioTime = TICKS_PER_SECOND;
  #frameNumber = 0;
  #fragments = 0;

  map(number: number): Buffer | undefined {
    return this.#maps[number]?.bytes;
  }

  protected make(take: MovieTake, startsAt: number): MovieSegment {
    if (take.discontinuity === true || take.shift !== undefined) {
      this.#continuity = new Continuity();
      this.#time += take.shift ?? 0;
      this.#audioTime += take.shift ?? 0;
    }
    const video = 'video' in take ? take.video : PICTURES;
    const audio = 'audio' in take ? take.audio : SILENCE;
    const tracks = movieTracks({ ...(video && { video }), ...(audio && { audio }) });
    const map = this.#mapOf(tracks);
    const parts = (take.parts ?? PARTS).map((pictures, index) =>
      this.#part({ take, tracks, pictures, index, video, audio }),
    );
    const seconds = parts.reduce((sum, part) => sum + part.seconds, 0);
    const whole = Buffer.concat(parts.map(({ bytes }) => bytes));
    return {
      bytes: take.spoil?.(whole) ?? whole,
      parts: parts.map((part, index) => ({
        ...part,
        bytes: take.spoilPart?.(part.bytes, index) ?? part.bytes,
      })),
      seconds,
      startsAt,
      discontinuity: take.discontinuity ?? false,
      map,
    };
  }

  #mapOf(tracks: readonly MovieTrack[]): number {
    const bytes = initSegment(tracks);
    const key = bytes.toString('base64');
    const known = this.#maps.findIndex((map) => map.key === key);
    if (known >= 0) return known;
    return this.#maps.push({ key, bytes }) - 1;
  }

  #part(of: {
    take: MovieTake;
    tracks: readonly MovieTrack[];
    pictures: number;
    index: number;
    video: VideoTrack | undefined;
    audio: AudioTrack | undefined;
  }): MoviePart {
    const { take, tracks, pictures, index, video, audio } = of;
    const from = this.#time;
    const end = from + pictures * PICTURE_TICKS;
    const frames: MediaFrame[] = video ? this.#pictures(video, { take, pictures, begins: index === 0 }) : [];
    const soundsFrom = this.#audioTime;
    if (audio) {
      const silence = sounds(audio, soundsFrom, end);
      this.#audioTime += silence.length * soundTicks(audio);
      frames.push(...silence);
    }
    this.#time = end;
    const count = ++this.#fragments;
    const bytes = fragment({
      sequence: take.sequence?.(count) ?? count,
      tracks,
      frames,
      zero: ticks(0),
      continuity: this.#continuity,
      next: { video: ticks(end), audio: ticks(this.#audioTime) },
      type: index === 0 ? 'segment' : 'part',
    });
    const length = video ? end - from : this.#audioTime - soundsFrom;
    return { bytes, seconds: length / TICKS_PER_SECOND, independent: !video || index === 0 };
  }

  #pictures(
    track: VideoTrack,
    { take, pictures, begins }: { take: MovieTake; pictures: number; begins: boolean },
  ): MediaFrame[] {
    if (begins) this.#frameNumber = 0;
    const frames: MediaFrame[] = [];
    for (let index = 0; index < pictures; index++) {
      const place = this.#frameNumber++;
      const key = begins && index === 0;
      const kind = key && take.falseKey !== true ? 'idr' : 'p';
      const dts = ticks(this.#time + index * PICTURE_TICKS);
      frames.push({
        kind: 'video',
        track,
        dts,
        // Shown in another order: pairs change places, which for times is all that counts.
        pts: ticks(dts + (take.bFrames === true ? (place % 2 === 1 ? 2 : 0) * PICTURE_TICKS : 0)),
        startsGop: key,
        epoch: 1,
        payload: picture(track, { kind, frameNumber: place, order: place }),
      });
    }
    return frames;
  }
}
