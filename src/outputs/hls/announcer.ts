import type { MediaFrame } from '../../media/frame.ts';
import type { TrackSet } from '../../media/track.ts';
import type { CommonPlaces, Place } from './common-places.ts';
import type { PlaylistNumbers } from './numbers.ts';
import type { Opening } from './running-segment.ts';
import type { SegmentHead } from './segment.ts';

/** So many segments that begin elsewhere than the main rendition's are no accident. */
const MAX_ASTRAY = 4;
const ASTRAY =
  'its key frames are not where those of the main picture are, so that players cannot change over without a jump: ' +
  'all renditions need the same key frame interval, and encoders that count from the same frame';

/** What is to be told of a segment; its first frame itself is not held on to. */
interface News {
  readonly tracks: TrackSet;
  readonly dts: number;
  readonly epoch: number;
  readonly independent: boolean;
  readonly isFirst: boolean;
}

export interface AnnouncerOptions {
  readonly places: CommonPlaces;
  /** The lowest numbers that the first segment may have. */
  readonly first: PlaylistNumbers;
  /** Its rendition goes by the main one. */
  readonly follows: boolean;
  /** Something on another time line is in front of the first segment. */
  readonly continues: boolean;
  readonly open: (head: SegmentHead) => void;
}

/** Gives a rendition's segments their places among those of the others, and tells of each when it has its first part. */
export class Announcer {
  readonly #options: AnnouncerOptions;
  /** Of the newest segment. */
  #place: Place | undefined;
  #newest: News | undefined;
  #isTold = true;
  /** Segments in a row that do not begin where one of the main rendition does. */
  #astray = 0;

  constructor(options: AnnouncerOptions) {
    this.#options = options;
  }

  /** Something is in front of the next segment. */
  get hasBegun(): boolean {
    return this.#place !== undefined || this.#options.continues;
  }

  /** Why players cannot change between this rendition and the main one, in words. */
  get problem(): string | undefined {
    return this.#astray >= MAX_ASTRAY ? ASTRAY : undefined;
  }

  /** A segment begins. */
  begin(opening: Opening): void {
    const { tracks, first, epoch, discontinuity, now, fresh } = opening;
    const { places, follows, first: lowest } = this.#options;
    this.#noteAstray();
    const isFirst = this.#place === undefined;
    this.#place = places.begin({
      dts: first.dts,
      now,
      breaks: discontinuity,
      fresh,
      before: this.#place ?? lowest,
      leads: !follows,
    });
    this.#newest = { tracks, dts: first.dts, epoch, independent: canStartAt(first, tracks), isFirst };
    this.#isTold = false;
  }

  /** The newest segment has a part: by then, all renditions have told of what lies in front of it. */
  tell(): void {
    if (this.#isTold) return;
    this.#isTold = true;
    const { tracks, dts, epoch, independent, isFirst } = this.#newest!;
    const place = this.#options.places.settled(this.#place!, dts, isFirst);
    this.#place = place;
    this.#options.open({
      tracks,
      discontinuity: place.breaks,
      independent,
      programDateTime: place.programDateTime,
      epoch,
      movieStart: place.movieStart,
      ...(isFirst && { first: place.numbers }),
    });
  }

  /** Looks back at the segment that is over, as others may have come to its place a little later. */
  #noteAstray(): void {
    const { follows, places } = this.#options;
    if (!follows || !this.#newest?.tracks.video) return;
    const { dts } = this.#newest;
    if (places.isLed(dts)) this.#astray = 0;
    else if (places.ledBetween(dts, Infinity) !== undefined) this.#astray++;
  }
}

/**
 * A decoder can begin with this frame and shows all that follows (RFC 8216 §4.3.5.1): after a recovery point, pictures
 * still lean on what came before. Sound in a stream with pictures can be decoded, but shows nothing.
 */
export function canStartAt(frame: MediaFrame, tracks: TrackSet): boolean {
  return frame.kind === 'video' ? frame.startsGop && frame.recovers !== true : !tracks.video;
}
