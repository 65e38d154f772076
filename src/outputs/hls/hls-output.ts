import type { Frame } from '../../media/frame.ts';
import type { StreamName } from '../../media/stream-name.ts';
import { secondsFromTicks } from '../../media/time.ts';
import type { TrackSet } from '../../media/track.ts';
import type { FrameSink } from '../../stream/frame-sink.ts';
import { bandwidth, frameRate } from './measured.ts';
import { multivariantText } from './multivariant.ts';
import { numbersByClock, type PlaylistNumbers } from './numbers.ts';
import type { Packager } from './packager.ts';
import { mediaPlaylistText } from './playlist.ts';
import { Rendered } from './rendered.ts';
import type { NumberedSegment, Segment } from './segment.ts';
import { Segmenter } from './segmenter.ts';
import { TsPackager } from './ts-packager.ts';
import { SegmentWindow } from './window.ts';

export interface HlsOptions {
  /** Playlist addresses are made of it: `{stream}/media.m3u8`, relative to `/{app}/`. */
  readonly name: StreamName;
  /** Wanted length of a segment, in seconds. */
  readonly segmentSeconds: number;
  /** Segments in the playlist, 3 or more. */
  readonly windowSegments: number;
  /** The server's clock: ms since 1970. */
  readonly clock: () => number;
  /** The first segment's numbers, above those of every earlier life of the stream; by default what the clock says. */
  readonly first?: PlaylistNumbers;
  /** MPEG-TS, unless said otherwise. */
  readonly packager?: Packager;
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
  /** Segments that can be fetched, and the one being made. */
  readonly bytesHeld: number;
  /** Frames that went into no segment: before the first key frame, of a track left out, … */
  readonly framesDropped: number;
  /** False while a segment in the playlist had to be cut where no decoder can start: key frames are too far apart. */
  readonly independent: boolean;
  /** Why a track is left out, in words. */
  readonly problem: string | undefined;
}

/**
 * Players read BANDWIDTH once, and the segments to come may be a little larger than all before; Apple's authoring rules
 * allow a live stream a quarter.
 */
const PEAK_MARGIN = 1.1;

/**
 * One stream as HLS (RFC 8216), all in memory. It lives as long as its stream, grace time included; after {@link end} its
 * playlists say so and everything can still be fetched.
 */
export class HlsOutput implements FrameSink {
  readonly #options: HlsOptions;
  readonly #segmenter: Segmenter;
  readonly #first: PlaylistNumbers;
  #window: SegmentWindow | undefined;
  #made = 0;
  #toldProblem: string | undefined;
  /** Largest bit rate of a segment so far. */
  #peak = 0;
  #ended = false;
  #media: Rendered | undefined;
  #multivariant: Rendered | undefined;
  readonly #waiting = new Set<() => void>();

  constructor(options: HlsOptions) {
    this.#options = options;
    this.#first = options.first ?? numbersByClock(options.clock());
    this.#segmenter = new Segmenter({
      segmentSeconds: options.segmentSeconds,
      packager: options.packager ?? new TsPackager(),
      clock: options.clock,
      onSegment: (segment) => this.#add(segment),
    });
  }

  write(frame: Frame): void {
    if (this.#ended || frame.kind === 'data') return;
    this.#segmenter.write(frame);
  }

  /** Segments are passed on when they are whole. */
  flush(): void {
    // Nothing waits for it.
  }

  /** What there is of the running segment is put into the playlist: players must not lack it until somebody comes back. */
  interrupt(): void {
    if (!this.#ended) this.#segmenter.interrupt();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true; // before the last segment, so that nobody who waits for it gets a playlist without the end mark
    this.#segmenter.interrupt();
    this.#changed();
    this.#release();
  }

  /** The multivariant playlist; undefined before the first segment. */
  multivariant(): Rendered | undefined {
    if (this.#window) this.#multivariant ??= new Rendered(this.#multivariantText(this.#window));
    return this.#multivariant;
  }

  /** The media playlist; undefined before the first segment. */
  media(): Rendered | undefined {
    if (this.#window) this.#media ??= new Rendered(this.#mediaText(this.#window));
    return this.#media;
  }

  /** A segment by its file name, e.g. `209995207.ts`. */
  segment(name: string): Pick<NumberedSegment, 'bytes' | 'etag'> | undefined {
    return this.#window?.find(name);
  }

  /**
   * Calls back once, when the first segment is there or the stream has ended without one: at once if that is so now.
   * Returns the way to give up waiting, which may be called at any time.
   */
  whenReady(callback: () => void): () => void {
    if (this.#window || this.#ended) {
      callback();
      return () => undefined;
    }
    const waiter = (): void => callback(); // One of its own, should the same callback come twice.
    this.#waiting.add(waiter);
    return () => this.#waiting.delete(waiter);
  }

  /** What a later life of the stream must begin with at least. */
  get next(): PlaylistNumbers {
    return this.#window?.next ?? this.#first;
  }

  facts(): HlsFacts {
    const newest = this.#window?.segments.at(-1);
    return {
      segments: this.#made,
      lastSegmentSeconds: secondsFromTicks(newest?.duration ?? 0),
      windowSeconds: secondsFromTicks(this.#window?.duration ?? 0),
      targetDuration: this.#segmenter.targetDuration,
      bytesHeld: (this.#window?.bytes ?? 0) + this.#segmenter.pendingBytes,
      framesDropped: this.#segmenter.dropped,
      independent: this.#window ? isIndependent(this.#window) : true,
      problem: this.#segmenter.problem,
    };
  }

  #add(segment: Segment): void {
    this.#window ??= new SegmentWindow(
      this.#options.windowSegments,
      this.#segmenter.targetDuration!,
      this.#first,
    );
    this.#window.add(segment);
    const { peak } = bandwidth(this.#window.segments, this.#window.targetDuration);
    this.#peak = Math.max(this.#peak, peak);
    this.#made++;
    this.#options.onSegment?.(secondsFromTicks(segment.duration));
    this.#tellProblem();
    this.#changed();
    if (!this.#ended) this.#release();
  }

  #tellProblem(): void {
    const { problem } = this.#segmenter;
    if (problem === undefined || problem === this.#toldProblem) return;
    this.#toldProblem = problem;
    this.#options.onProblem?.(problem);
  }

  /** Rendered anew when next asked for, once. */
  #changed(): void {
    this.#media = undefined;
    this.#multivariant = undefined;
  }

  #release(): void {
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const waiter of waiting) waiter();
  }

  #mediaText(window: SegmentWindow): string {
    return mediaPlaylistText({
      targetDuration: window.targetDuration,
      mediaSequence: window.segments[0]!.sequence,
      discontinuitySequence: window.discontinuitySequence,
      independent: isIndependent(window),
      ended: this.#ended,
      segments: window.segments.map((segment) => ({ ...segment, uri: segment.name })),
    });
  }

  #multivariantText(window: SegmentWindow): string {
    const { average } = bandwidth(window.segments, window.targetDuration);
    return multivariantText({
      independent: isIndependent(window),
      variants: [
        {
          uri: `${this.#options.name.stream}/media.m3u8`,
          peakBandwidth: Math.ceil(this.#peak * PEAK_MARGIN),
          averageBandwidth: average,
          tracks: newestTracks(window),
          frameRate: frameRate(window.segments),
        },
      ],
    });
  }
}

function isIndependent(window: SegmentWindow): boolean {
  return window.segments.every((segment) => segment.independent);
}

function newestTracks(window: SegmentWindow): TrackSet {
  return window.segments.at(-1)!.tracks;
}
