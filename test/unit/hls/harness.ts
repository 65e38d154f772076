import type { Packager } from '../../../src/outputs/hls/packager.ts';
import { HlsOutput } from '../../../src/outputs/hls/hls-output.ts';
import type { PlaylistNumbers } from '../../../src/outputs/hls/numbers.ts';
import type { MediaFrame } from '../../../src/media/frame.ts';
import type { TrackSet } from '../../../src/media/track.ts';

/** 2026-11-22T00:00:00Z; 217,468,800 s after the start of 2020. */
export const NOW = Date.UTC(2026, 10, 22);
export const SEQUENCE = 217_468_800;
/** Hours since the start of 2026: where discontinuities are counted from. */
export const HOURS = 7_800;

/** A container that only keeps what it is given. */
export class NotingPackager implements Packager {
  readonly segments: { tracks: TrackSet; frames: MediaFrame[] }[] = [];
  size = 0;
  /** Bytes a frame takes in place of its payload's, if set. */
  frameBytes: number | undefined;
  refuse: string | undefined;
  /** Nothing has begun since it was told to rest. */
  isResting = false;

  refusal(): string | undefined {
    return this.refuse;
  }

  begin(tracks: TrackSet): void {
    this.isResting = false;
    this.segments.push({ tracks, frames: [] });
  }

  write(frame: MediaFrame): void {
    this.segments.at(-1)!.frames.push(frame);
    this.size += this.frameBytes ?? frame.payload.length;
  }

  finish(): Buffer {
    const bytes = Buffer.alloc(this.size);
    this.size = 0;
    return bytes;
  }

  rest(): void {
    this.isResting = true;
  }
}

export interface Rig {
  readonly hls: HlsOutput;
  readonly packager: NotingPackager;
  /** Writes frames, the server's clock standing at each frame's time. */
  feed(frames: readonly MediaFrame[]): void;
  /** The server's clock, ms; set it freely. */
  readonly clock: { now: number };
}

export function rig(segmentSeconds = 2, windowSegments = 6, bornAt = NOW, first?: PlaylistNumbers): Rig {
  const packager = new NotingPackager();
  const clock = { now: bornAt };
  const hls = new HlsOutput({
    name: { app: 'live', stream: 'demo', path: 'live/demo' },
    segmentSeconds,
    windowSegments,
    clock: () => clock.now,
    ...(first && { first }),
    packager,
  });
  const feed = (frames: readonly MediaFrame[]): void => {
    for (const frame of frames) {
      clock.now = NOW + frame.dts / 90;
      hls.write(frame);
    }
  };
  return { hls, packager, feed, clock };
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
export function playlist(hls: HlsOutput): Playlist {
  const text = hls.media()?.bytes.toString() ?? '';
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
