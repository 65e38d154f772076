import { NO_ARCHIVE } from '../../../src/outputs/hls/archive.ts';
import { HlsOutput, type HlsOptions } from '../../../src/outputs/hls/hls-output.ts';
import type { LiveSegment } from '../../../src/outputs/hls/live-segment.ts';
import type { PlaylistNumbers } from '../../../src/outputs/hls/numbers.ts';
import type { Rendered } from '../../../src/outputs/hls/rendered.ts';
import type { MediaFrame } from '../../../src/media/frame.ts';
import type { TrackSet } from '../../../src/media/track.ts';

/** 2026-11-22T00:00:00Z; 217,468,800 s after the start of 2020. */
export const NOW = Date.UTC(2026, 10, 22);
export const SEQUENCE = 217_468_800;
/** Hours since the start of 2026: where discontinuities are counted from. */
export const HOURS = 7_800;

/** A whole segment, and the frames that are kept of it. */
export interface WholeSegment {
  readonly tracks: TrackSet;
  readonly frames: readonly MediaFrame[];
  /** Lengths of its parts, in ticks. */
  readonly parts: readonly { readonly duration: number; readonly independent: boolean }[];
}

export interface Rig {
  readonly hls: HlsOutput;
  /** All that were made, oldest first. */
  readonly whole: WholeSegment[];
  /** Writes frames, the server's clock standing at each frame's time. */
  feed(frames: readonly MediaFrame[]): void;
  /** The server's clock, ms; set it freely. */
  readonly clock: { now: number };
}

/** In MPEG-TS. */
export function rig(segmentSeconds = 2, windowSegments = 6, bornAt = NOW, first?: PlaylistNumbers): Rig {
  return rigOf({ segmentSeconds, windowSegments, container: 'ts', ...(first && { first }) }, bornAt);
}

export function rigOf(options: Partial<HlsOptions> = {}, bornAt = NOW): Rig {
  const clock = { now: bornAt };
  const whole: WholeSegment[] = [];
  const hls = new HlsOutput({
    name: { app: 'live', stream: 'demo', path: 'live/demo' },
    segmentSeconds: 2,
    windowSegments: 6,
    clock: () => clock.now,
    archive: { ...NO_ARCHIVE, offer: (segment) => whole.push(read(segment)) },
    ...options,
  });
  const feed = (frames: readonly MediaFrame[]): void => {
    for (const frame of frames) {
      clock.now = NOW + frame.dts / 90;
      hls.write(frame);
    }
  };
  return { hls, whole, feed, clock };
}

function read({ head, parts }: LiveSegment): WholeSegment {
  const frames: MediaFrame[] = [];
  for (const part of parts) part.frames.forEach(part, head, (frame) => frames.push(frame));
  return { tracks: head.tracks, frames, parts };
}

/** The main media playlist, or another. */
export function media(hls: HlsOutput, file = 'media.m3u8', skip = false): Rendered | undefined {
  return hls.playlist(file)?.rendered({ skip, dvr: true });
}

export interface Playlist {
  readonly text: string;
  readonly targetDuration: number;
  readonly mediaSequence: number;
  readonly discontinuitySequence: number;
  readonly independent: boolean;
  readonly ended: boolean;
  readonly segments: { uri: string; seconds: number; discontinuity: boolean; at: number }[];
}

/** Reads a media playlist back, line by line. */
export function playlist(hls: HlsOutput, file = 'media.m3u8'): Playlist {
  const text = media(hls, file)?.bytes.toString() ?? '';
  const value = (tag: string): number => Number(new RegExp(`^#${tag}:(.*)$`, 'm').exec(text)?.[1]);
  const segments: Playlist['segments'] = [];
  let discontinuity = false;
  let seconds = 0;
  let at = 0;
  for (const line of text.split('\n')) {
    if (line === '#EXT-X-DISCONTINUITY') discontinuity = true;
    if (line.startsWith('#EXTINF:')) seconds = Number(line.slice(8, -1));
    if (line.startsWith('#EXT-X-PROGRAM-DATE-TIME:')) at = Date.parse(line.slice(25));
    if (line === '' || line.startsWith('#')) continue;
    segments.push({ uri: line, seconds, discontinuity, at });
    discontinuity = false;
  }
  return {
    text,
    targetDuration: value('EXT-X-TARGETDURATION'),
    mediaSequence: value('EXT-X-MEDIA-SEQUENCE'),
    discontinuitySequence: value('EXT-X-DISCONTINUITY-SEQUENCE'),
    independent: text.includes('#EXT-X-INDEPENDENT-SEGMENTS\n'),
    ended: text.endsWith('#EXT-X-ENDLIST\n'),
    segments,
  };
}
