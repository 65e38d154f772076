import { freeBox, BOX_HEAD_BYTES } from '../../containers/fmp4/box.ts';
import { Continuity } from '../../containers/fmp4/continuity.ts';
import { fragment } from '../../containers/fmp4/fragment.ts';
import {
  DURATION_BOX_BYTES,
  initSegment,
  movieDuration,
  MOVIE_TIMESCALE,
} from '../../containers/fmp4/init-segment.ts';
import { movieTracks, type MovieTrack } from '../../containers/fmp4/movie-track.ts';
import { findBox } from '../../containers/fmp4/reader.ts';
import { MAX_REFERENCE_BYTES, segmentIndex, segmentIndexBytes } from '../../containers/fmp4/segment-index.ts';
import type { Frame, MediaFrame } from '../../media/frame.ts';
import { secondsFromTicks, ticks, TICKS_PER_SECOND, type Ticks } from '../../media/time.ts';
import { endOfFrames } from './frame-end.ts';
import { KeyIndex, type KeyPoint } from './key-index.ts';
import type { Muxer, MuxerStart, Patch } from './muxer.ts';

/** A fragmented MP4: ftyp, moov, room for an index, and a fragment for each pack of frames. */
export class Mp4File implements Muxer {
  readonly #start: MuxerStart;
  readonly #tracks: readonly MovieTrack[];
  readonly #index: KeyIndex;
  readonly #init: Buffer;
  readonly #layout: Mp4Layout;
  readonly #continuity = new Continuity();
  #bytes = 0;
  #sequence = 0;
  #end: Ticks = ticks(0);

  constructor(start: MuxerStart) {
    this.#start = start;
    this.#tracks = movieTracks(start.tracks);
    this.#init = initSegment(this.#tracks, { durationRoom: true });
    this.#index = new KeyIndex(start.keyPoints);
    this.#layout = {
      durationAt: durationAt(this.#init),
      indexAt: this.#init.length,
      indexBytes: segmentIndexBytes(start.keyPoints) + BOX_HEAD_BYTES,
      trackId: this.#tracks[0]!.trackId,
    };
  }

  get bytes(): number {
    return this.#bytes;
  }

  get seconds(): number {
    return secondsFromTicks(this.#end);
  }

  begin(): Buffer {
    const head = Buffer.concat([this.#init, freeBox(this.#layout.indexBytes)]);
    this.#bytes = head.length;
    return head;
  }

  /** Data frames have no place in it. */
  pack(frames: readonly Frame[], next: Frame | undefined): Buffer {
    const media = frames.filter((frame) => frame.kind !== 'data');
    if (media.length === 0) return Buffer.alloc(0);
    const { zero } = this.#start;
    const out = fragment({
      sequence: ++this.#sequence,
      tracks: this.#tracks,
      frames: media,
      zero,
      next: next && next.kind !== 'data' ? { [next.track.id]: next.dts } : {},
      continuity: this.#continuity,
    });
    this.#notePoint(media);
    this.#bytes += out.length;
    this.#end = ticks(Math.max(this.#end, endOfFrames(media) - zero));
    return out;
  }

  finish(): readonly Patch[] {
    const { seconds, bytes } = this;
    return mp4Patches({ layout: this.#layout, seconds, bytes, points: this.#index.points });
  }

  #notePoint(media: readonly MediaFrame[]): void {
    const first = media.find(({ kind }) => kind === 'video') ?? media[0]!;
    if (first.startsGop) this.#index.add(ticks(first.pts - this.#start.zero), this.#bytes);
  }
}

/** Where in a file there is room for what is known at its end. */
export interface Mp4Layout {
  /** Undefined: there is none. */
  readonly durationAt: number | undefined;
  readonly indexAt: number;
  readonly indexBytes: number;
  /** Whose key frames the index tells. */
  readonly trackId: number;
}

/** The room in mvex, in an initialization segment or a longer start of a file. */
export function durationAt(head: Uint8Array): number | undefined {
  const room = findBox(head, 'moov', 'mvex', 'free') ?? findBox(head, 'moov', 'mvex', 'mehd');
  return room?.bytes === DURATION_BOX_BYTES ? room.at : undefined;
}

/** Duration and index, as far as there is room for them. */
export function mp4Patches(facts: {
  readonly layout: Mp4Layout;
  readonly seconds: number;
  readonly bytes: number;
  readonly points: readonly KeyPoint[];
}): readonly Patch[] {
  const { layout, seconds } = facts;
  const duration = movieDuration(Math.round(seconds * MOVIE_TIMESCALE));
  const patches: Patch[] =
    layout.durationAt === undefined ? [] : [{ at: layout.durationAt, bytes: duration }];
  const index = indexOf(facts);
  if (index) patches.push({ at: layout.indexAt, bytes: index });
  return patches;
}

function indexOf({ layout, seconds, bytes, points }: Parameters<typeof mp4Patches>[0]): Buffer | undefined {
  const [first] = points;
  const own = segmentIndexBytes(points.length);
  if (!first || own + BOX_HEAD_BYTES > layout.indexBytes) return undefined;
  const end = { at: Math.round(seconds * TICKS_PER_SECOND), position: bytes };
  const references = points.map(({ at, position }, index) => {
    const next = points[index + 1] ?? end;
    return { bytes: next.position - position, duration: Math.max(0, next.at - at) };
  });
  if (references.some((reference) => reference.bytes > MAX_REFERENCE_BYTES)) return undefined;
  const sidx = segmentIndex({
    trackId: layout.trackId,
    timescale: TICKS_PER_SECOND,
    earliest: Math.max(0, first.at),
    firstOffset: first.position - layout.indexAt - own,
    references,
  });
  return Buffer.concat([sidx, freeBox(layout.indexBytes - own)]);
}
