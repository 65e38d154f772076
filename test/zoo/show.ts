import { TsMuxer } from '../../src/containers/mpegts/ts-muxer.ts';
import type { MediaFrame } from '../../src/media/frame.ts';
import { ticks, TICKS_PER_SECOND } from '../../src/media/time.ts';
import type { AudioTrack, VideoTrack } from '../../src/media/track.ts';
import { count, splitPackets } from './packets.ts';
import { picture, pictureTrack, silenceTrack } from './pictures.ts';
import { Reel, sounds, soundTicks } from './reel.ts';

export const PICTURES = pictureTrack();
export const SILENCE = silenceTrack();
/** 24 pictures a second, so that a segment of 12 is half a second to the tick. */
export const PICTURE_TICKS = 3750;
const PICTURES_PER_SEGMENT = 12;

/** What one segment is made of. Whatever is left out is as in a healthy show. */
export interface Take {
  readonly pictures?: number;
  /** Ticks a picture. */
  readonly pictureTicks?: number;
  /** `undefined` for none. */
  readonly video?: VideoTrack | undefined;
  readonly audio?: AudioTrack | undefined;
  /** False: the group of pictures goes on from the segment before. */
  readonly startsWithKey?: boolean;
  readonly bFrames?: boolean;
  /** The time, in ticks, that this segment begins at, if not where the last one ended. */
  readonly from?: number;
  /** EXT-X-DISCONTINUITY in front of it. */
  readonly discontinuity?: boolean;
  /** Changes the packets before they are counted. */
  readonly edit?: (packets: Buffer[]) => Buffer[];
  /** Changes them afterwards, so that counters tell of it. */
  readonly damage?: (packets: Buffer[]) => Buffer[];
  /** Changes the finished bytes. */
  readonly spoil?: (bytes: Buffer) => Buffer;
}

export interface Segment {
  readonly bytes: Buffer;
  /** How long its media is. */
  readonly seconds: number;
  /** Where it begins in the show, in seconds, as a clock on the wall would have it. */
  readonly startsAt: number;
  readonly discontinuity: boolean;
}

/** A show in MPEG-TS. */
export class Show extends Reel<Take, Segment> {
  readonly #counters = new Map<number, number>();
  #muxer = new TsMuxer();
  #time = 0;
  #audioTime = 0;
  #sinceKey = 0;
  #frameNumber = 0;

  protected make(take: Take, startsAt: number): Segment {
    if (take.from !== undefined) {
      this.#muxer = new TsMuxer();
      this.#time = this.#audioTime = take.from;
    }
    const video = 'video' in take ? take.video : PICTURES;
    const audio = 'audio' in take ? take.audio : SILENCE;
    const from = this.#time;
    const end = from + (take.pictures ?? PICTURES_PER_SEGMENT) * (take.pictureTicks ?? PICTURE_TICKS);
    const frames: MediaFrame[] = video ? this.#pictures(video, take) : [];
    const silence = audio ? sounds(audio, this.#audioTime, end) : [];
    if (audio) this.#audioTime += silence.length * soundTicks(audio);
    frames.push(...silence);
    frames.sort((one, other) => one.dts - other.dts || (one.kind === 'video' ? -1 : 1));
    this.#muxer.begin({ ...(video && { video }), ...(audio && { audio }) });
    for (const frame of frames) this.#muxer.write(frame);
    let packets = splitPackets(this.#muxer.finish());
    packets = take.edit?.(packets) ?? packets;
    count(packets, this.#counters);
    packets = take.damage?.(packets) ?? packets;
    const bytes = Buffer.concat(packets);
    const length = video || !audio ? end - from : silence.length * soundTicks(audio);
    this.#time = end;
    return {
      bytes: take.spoil?.(bytes) ?? bytes,
      seconds: length / TICKS_PER_SECOND,
      startsAt,
      discontinuity: take.discontinuity ?? false,
    };
  }

  #pictures(track: VideoTrack, take: Take): MediaFrame[] {
    const { pictures = PICTURES_PER_SEGMENT, pictureTicks = PICTURE_TICKS, bFrames = false } = take;
    if (take.startsWithKey ?? true) this.#sinceKey = this.#frameNumber = 0;
    const first = this.#sinceKey;
    const frames: MediaFrame[] = [];
    for (let index = 0; index < pictures; index++, this.#sinceKey++) {
      // In the order of decoding 0 2 1 4 3 …; the last of an even number has no pair.
      const place = this.#sinceKey;
      const alone = place === 0 || (place === first + pictures - 1 && place % 2 === 1);
      const order = !bFrames || alone ? place : place % 2 === 1 ? place + 1 : place - 1;
      const kind = place === 0 ? 'idr' : order < place ? 'b' : 'p';
      const dts = this.#time + index * pictureTicks;
      frames.push({
        kind: 'video',
        track,
        dts: ticks(bFrames ? dts - pictureTicks : dts),
        pts: ticks(dts + (order - place) * pictureTicks),
        startsGop: kind === 'idr',
        epoch: 1,
        payload: picture(track, { kind, frameNumber: this.#frameNumber, order }),
      });
      if (kind !== 'b') this.#frameNumber++;
    }
    return frames;
  }
}
