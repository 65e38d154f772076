import type { StreamName } from '../../media/stream-name.ts';
import type { Archive } from './archive.ts';
import type { CutSchedule } from './cut-schedule.ts';
import type { HlsContainer } from './file-names.ts';
import type { PlaylistNumbers } from './numbers.ts';
import type { RenditionReport } from './playlist.ts';
import type { RenditionId } from './rendition-id.ts';
import type { Rung, SoundLabel } from './rung.ts';

export interface HlsOptions {
  /** Playlist addresses are made of it: `{stream}/media.m3u8`, relative to `/{app}/`. */
  readonly name: StreamName;
  /** Wanted length of a segment, in seconds. */
  readonly segmentSeconds: number;
  /** Segments in the playlist, 3 or more. */
  readonly windowSegments: number;
  /** The server's clock: ms since 1970. */
  readonly clock: () => number;
  /** What `media.m3u8` is; by default CMAF. */
  readonly container?: HlsContainer;
  /** Parts, blocking reload and delta updates in CMAF: RFC 8216bis; off unless said otherwise. */
  readonly lowLatency?: boolean;
  /** The longest a part should be, in seconds. */
  readonly partSeconds?: number;
  /** The first segment's numbers, above those of every earlier life of the stream; by default what the clock says. */
  readonly first?: PlaylistNumbers;
  /** Which of a stream's renditions it is: files are called after it. By default the main one. */
  readonly rendition?: RenditionId;
  /** Shared by all renditions of a publisher, so that they are cut at the same places; by default one of its own. */
  readonly cuts?: CutSchedule;
  /** Other renditions that the multivariant playlist names beside it. */
  readonly beside?: () => readonly Rung[];
  /** What its sound is called where players can choose one. */
  readonly sound?: SoundLabel;
  /** How far other renditions are, by addresses relative to this one's playlist. */
  readonly reports?: () => readonly RenditionReport[];
  /** Where segments go that are whole; by default nowhere. */
  readonly archive?: Archive;
  /** There is a past in the archive, on another time line: the first segment begins with a discontinuity. */
  readonly continues?: boolean;
  /** Told, once for each, why a track is left out. */
  readonly onProblem?: (why: string) => void;
  /** Told how long each segment is, seconds. */
  readonly onSegment?: (seconds: number) => void;
}

export interface HlsFacts {
  /** Segments made so far. */
  readonly segments: number;
  /** The newest segment's length; 0 before the first. */
  readonly lastSegmentSeconds: number;
  /** Length of the playlist. */
  readonly windowSeconds: number;
  /** Undefined before the first segment. */
  readonly targetDuration: number | undefined;
  /** Segments that can be fetched, in each container in which they are made, and the one being made. */
  readonly bytesHeld: number;
  /** Frames that went into no segment: before the first key frame, of a track left out, … */
  readonly framesDropped: number;
  /** False while a segment in the playlist had to be cut where no decoder can start: key frames are too far apart. */
  readonly independent: boolean;
  /** Why a track is left out, in words. */
  readonly problem: string | undefined;
}
