import type { AmfObject } from '../../amf/value.ts';
import type { TrackSet } from '../../media/track.ts';
import type { KeyPoint } from '../recorder/key-index.ts';

/** What is known of a recording's file without reading its media: where one can start, and what stands in front. */
export type VodIndex = Mp4Index | FlvIndex;

interface Places {
  /** Where key frames are, in the order of the file; at least one. */
  readonly points: readonly KeyPoint[];
  /** Behind the last piece that is whole. */
  readonly bytes: number;
  readonly seconds: number;
}

export interface Mp4Index extends Places {
  readonly format: 'mp4';
  /** Of ftyp and moov, which stand in front. */
  readonly initBytes: number;
}

/** What segments of an FLV recording are made of. */
export type SegmentContainer = 'ts' | 'fmp4';

export interface FlvIndex extends Places {
  readonly format: 'flv';
  /** The file's own, without the index. */
  readonly metadata: AmfObject;
  /** The file's 13 bytes in front. */
  readonly header: Buffer;
  /** Configuration tags, whole. */
  readonly configurations: Buffer;
  /** Of which segments are made. */
  readonly container: SegmentContainer;
  /** Those that are in the segments: none, if this container cannot carry any. */
  readonly tracks: TrackSet;
}

/** The file has nothing (yet) that could be played, or is none of ours. */
export class VodError extends Error {
  override readonly name = 'VodError';
}
