import type { Frame } from '../../media/frame.ts';
import { secondsFromTicks } from '../../media/time.ts';
import type { FrameSink } from '../../stream/frame-sink.ts';
import type { Archive } from './archive.ts';
import { cmafRefusal } from './cmaf-packaging.ts';
import { CutSchedule } from './cut-schedule.ts';
import type { HlsContainer } from './file-names.ts';
import type { AnyHlsFile, HlsFile } from './hls-files.ts';
import type { HlsFacts, HlsOptions } from './hls-options.ts';
import { Ladder } from './ladder.ts';
import type { MediaPlaylist } from './media-playlist.ts';
import type { Variant } from './multivariant.ts';
import { numbersByClock, type PlaylistNumbers } from './numbers.ts';
import { PackagedRendition } from './packaged-rendition.ts';
import type { RenditionReport } from './playlist.ts';
import type { Rendered } from './rendered.ts';
import type { RenditionId } from './rendition-id.ts';
import type { HlsAsk, Rung, SoundLabel } from './rung.ts';
import { Segmenter } from './segmenter.ts';
import { Waiters } from './waiters.ts';
import type { SegmentWindow } from './window.ts';

export type { HlsFacts, HlsOptions } from './hls-options.ts';

/** Of no two states of any output are the same. */
let nextStamp = 0;

/** Seconds: short enough for two seconds' delay, long enough that players do not do much else than ask. */
const DEFAULT_PART_SECONDS = 0.33;

/**
 * One rendition of a stream as HLS (RFC 8216, low latency as in its second edition), all in memory. It lives as long as its
 * stream, grace time included; after {@link end} its playlists say so and everything can still be fetched.
 */
export class HlsOutput implements FrameSink, Rung {
  readonly #options: HlsOptions;
  readonly #segmenter: Segmenter;
  readonly #cuts: CutSchedule;
  readonly #packaged: PackagedRendition;
  readonly #ladder: Ladder;
  /** Until somebody publishes, and after. */
  readonly #standing = { ended: false, paused: true, gone: false };
  /** Those who wait for so many segments to have been made. */
  readonly #waiting = new Waiters<number, []>();
  #stamp = nextStamp++;
  #made = 0;
  #writtenUntil = 0;
  #toldProblem: string | undefined;

  constructor(options: HlsOptions) {
    this.#options = options;
    this.#ladder = new Ladder(() => [this, ...(options.beside?.() ?? [])]);
    const { segmentSeconds, partSeconds = DEFAULT_PART_SECONDS, clock, continues = false } = options;
    const cuts = options.cuts ?? new CutSchedule(segmentSeconds, partSeconds);
    const first = options.first ?? numbersByClock(clock());
    this.#cuts = cuts;
    const standing = this.#standing;
    this.#packaged = new PackagedRendition({
      ...options,
      cuts,
      first,
      standing,
      closed: () => this.#closed(),
    });
    this.#segmenter = new Segmenter({
      cuts,
      first,
      follows: options.rendition !== undefined,
      continues,
      clock,
      judge: { refusal: cmafRefusal },
      sink: this.#packaged,
    });
  }

  write(frame: Frame): void {
    if (this.#standing.ended || frame.kind === 'data') return;
    this.#standing.paused = false;
    this.#writtenUntil = frame.dts;
    this.#segmenter.write(frame);
  }

  /** Parts and segments are passed on when they are whole. */
  flush(): void {
    // Nothing waits for it.
  }

  /** What there is of the running segment is put into the playlist: players must not lack it until somebody comes back. */
  interrupt(): void {
    if (this.#standing.ended) return;
    this.#standing.paused = true;
    this.#finish();
  }

  end(): void {
    if (this.#standing.ended) return;
    this.#standing.ended = true; // before the last segment, so that nobody who waits for it gets a playlist without the end mark
    this.#finish();
    this.#packaged.files.end();
    this.#waiting.releaseAll();
  }

  /** Ends it while others of its stream go on: its playlists are gone, and what is in them can still be fetched. */
  leave(): void {
    this.#standing.gone = true;
    this.end();
  }

  get id(): RenditionId {
    return this.#options.rendition ?? 'video';
  }

  get group(): string {
    return this.#options.name.stream;
  }

  get soundLabel(): SoundLabel {
    return this.#options.sound ?? {};
  }

  get made(): number {
    return this.#made;
  }

  get isEnded(): boolean {
    return this.#standing.ended;
  }

  /** Where its last frame is, ticks; 0 before the first. */
  get writtenUntil(): number {
    return this.#writtenUntil;
  }

  get usualContainer(): HlsContainer {
    return this.#packaged.usual;
  }

  get isIndependent(): boolean {
    return this.#packaged.isIndependent;
  }

  get stamp(): number {
    return this.#stamp;
  }

  /** The multivariant playlist of it and those beside it: see {@link Ladder}. */
  multivariant(ask: HlsAsk = { dvr: true }): Rendered | undefined {
    return this.#ladder.multivariant(ask);
  }

  /** Why there is no multivariant playlist in this container. */
  ladderRefusal(ask: HlsAsk): string | undefined {
    return this.#ladder.refusal(ask);
  }

  variant(ask: HlsAsk): Variant | undefined {
    return this.#packaged.variant(ask);
  }

  refusal(ask: HlsAsk): string | undefined {
    return this.#packaged.refusal(ask);
  }

  /** A media playlist by its file name, e.g. `media.m3u8`; undefined: it is none of this rendition's. */
  playlist(file: string): MediaPlaylist | undefined {
    return this.#packaged.playlist(file);
  }

  /** A segment, part or initialization segment by its file name, e.g. `209995207.m4s`. */
  file(name: string): HlsFile | undefined {
    return this.#packaged.files.find(name);
  }

  /** See `HlsSource.whenFile`. */
  whenFile(name: string, callback: (file: AnyHlsFile | undefined) => void): (() => void) | undefined {
    const { files } = this.#packaged;
    return this.#standing.ended ? files.fetch(name, callback) : files.when(name, callback);
  }

  /**
   * Calls back once, when there is a first multivariant playlist (of so many segments) or the stream has ended: at once if that is so now.
   * Returns the way to give up waiting, which may be called at any time.
   */
  whenReady(callback: () => void, segments?: number): () => void {
    return this.#ladder.whenReady(callback, segments);
  }

  whenMade(count: number, callback: () => void): () => void {
    if (this.#made < count && !this.#standing.ended) return this.#waiting.add(count, callback);
    callback();
    return () => undefined;
  }

  /** See {@link PackagedRendition.report}. */
  report(): RenditionReport | undefined {
    return this.#packaged.report();
  }

  /** All that is kept of it, in CMAF. */
  get kept(): { readonly window: SegmentWindow; readonly archive: Archive } {
    return this.#packaged;
  }

  /** What a later life of the stream must begin with at least. */
  get next(): PlaylistNumbers {
    return this.#packaged.window.next;
  }

  facts(): HlsFacts {
    const { window, bytes, uncarried, isIndependent } = this.#packaged;
    return {
      segments: this.#made,
      lastSegmentSeconds: secondsFromTicks(window.segments.at(-1)?.duration ?? 0),
      windowSeconds: secondsFromTicks(window.duration),
      targetDuration: this.#cuts.targetDuration,
      bytesHeld: bytes + this.#segmenter.heldBytes,
      framesDropped: this.#segmenter.dropped + uncarried,
      independent: isIndependent,
      problem: this.#problem(),
    };
  }

  #finish(): void {
    this.#segmenter.interrupt();
    this.#packaged.rest();
    this.#changed();
  }

  /** A segment has been made. */
  #closed(): void {
    this.#made++;
    this.#options.onSegment?.(secondsFromTicks(this.#packaged.window.segments.at(-1)!.duration));
    this.#tellProblem();
    this.#changed();
    if (!this.#standing.ended) this.#waiting.release(this.#made);
  }

  #problem(): string | undefined {
    return this.#segmenter.problem ?? this.#packaged.problem;
  }

  #tellProblem(): void {
    const problem = this.#problem();
    if (problem === undefined || problem === this.#toldProblem) return;
    this.#toldProblem = problem;
    this.#options.onProblem?.(problem);
  }

  #changed(): void {
    this.#stamp = nextStamp++;
    this.#packaged.changed();
  }
}
