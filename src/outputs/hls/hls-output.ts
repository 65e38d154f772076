import type { Frame } from '../../media/frame.ts';
import { secondsFromTicks } from '../../media/time.ts';
import type { TrackId } from '../../media/track.ts';
import type { FrameSink } from '../../stream/frame-sink.ts';
import { NO_ARCHIVE, type Archive } from './archive.ts';
import { CmafPackaging, cmafRefusal } from './cmaf-packaging.ts';
import { CutSchedule } from './cut-schedule.ts';
import { FileNames, type HlsContainer } from './file-names.ts';
import { HlsFiles, type AnyHlsFile, type HlsFile } from './hls-files.ts';
import type { HlsFacts, HlsOptions } from './hls-options.ts';
import { Ladder } from './ladder.ts';
import { MediaPlaylist } from './media-playlist.ts';
import type { Variant } from './multivariant.ts';
import { numbersByClock, type PlaylistNumbers } from './numbers.ts';
import type { RenditionReport } from './playlist.ts';
import type { Rendered } from './rendered.ts';
import type { HlsAsk, Rung, SoundLabel } from './rung.ts';
import type { FramePart, SegmentHead, SegmentTail } from './segment.ts';
import { Segmenter } from './segmenter.ts';
import { TsPackaging } from './ts-packaging.ts';
import { isIndependent, VariantMeter } from './variant-meter.ts';
import { Waiters } from './waiters.ts';
import { SegmentWindow } from './window.ts';

export type { HlsFacts, HlsOptions } from './hls-options.ts';
export type { HlsAsk } from './rung.ts';

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
  readonly #usual: HlsContainer;
  readonly #segmenter: Segmenter;
  readonly #cuts: CutSchedule;
  readonly #names: FileNames;
  readonly #window: SegmentWindow;
  readonly #cmaf = new CmafPackaging();
  readonly #ts: TsPackaging;
  readonly #files: HlsFiles;
  readonly #playlists: Readonly<Record<HlsContainer, MediaPlaylist>>;
  readonly #meters: Readonly<Record<HlsContainer, VariantMeter>>;
  readonly #ladder: Ladder;
  /** Those who wait for so many segments to have been made. */
  readonly #waiting = new Waiters<number, []>();
  #stamp = nextStamp++;
  #made = 0;
  #writtenUntil = 0;
  /** Frames that the usual container cannot carry. */
  #uncarried = 0;
  #toldProblem: string | undefined;
  #ended = false;
  /** Nobody publishes: no part can be promised. */
  #paused = true;

  constructor(options: HlsOptions) {
    this.#options = options;
    this.#ladder = new Ladder(() => [this, ...(options.beside?.() ?? [])]);
    const { segmentSeconds, partSeconds = DEFAULT_PART_SECONDS, clock, archive = NO_ARCHIVE } = options;
    this.#usual = options.container ?? 'fmp4';
    this.#cuts = options.cuts ?? new CutSchedule(segmentSeconds, partSeconds);
    this.#names = new FileNames(options.rendition ?? 'video', this.#usual);
    const first = options.first ?? numbersByClock(clock());
    const window = new SegmentWindow({ size: options.windowSegments, first });
    this.#window = window;
    this.#ts = new TsPackaging(window);
    this.#files = new HlsFiles({ window, ts: this.#ts, names: this.#names, archive });
    this.#segmenter = new Segmenter({
      cuts: this.#cuts,
      first,
      follows: options.rendition !== undefined,
      continues: options.continues ?? false,
      clock,
      judge: { refusal: cmafRefusal },
      sink: {
        open: (head) => this.#open(head),
        part: (part) => this.#part(part),
        close: (tail) => this.#close(tail),
      },
    });
    this.#playlists = { fmp4: this.#playlistIn('fmp4', archive), ts: this.#playlistIn('ts', archive) };
    this.#meters = {
      fmp4: new VariantMeter(window, ({ size }) => size),
      ts: new VariantMeter(window, ({ sequence }) => this.#ts.find(sequence)?.length ?? 0),
    };
  }

  write(frame: Frame): void {
    if (this.#ended || frame.kind === 'data') return;
    this.#paused = false;
    this.#writtenUntil = frame.dts;
    this.#segmenter.write(frame);
  }

  /** Parts and segments are passed on when they are whole. */
  flush(): void {
    // Nothing waits for it.
  }

  /** What there is of the running segment is put into the playlist: players must not lack it until somebody comes back. */
  interrupt(): void {
    if (this.#ended) return;
    this.#paused = true;
    this.#segmenter.interrupt();
    this.#ts.rest();
    this.#changed();
  }

  end(): void {
    if (this.#ended) return;
    this.#ended = true; // before the last segment, so that nobody who waits for it gets a playlist without the end mark
    this.#segmenter.interrupt();
    this.#ts.rest();
    this.#changed();
    this.#files.end();
    this.#waiting.releaseAll();
  }

  get id(): TrackId {
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
    return this.#ended;
  }

  /** Where its last frame is, ticks; 0 before the first. */
  get writtenUntil(): number {
    return this.#writtenUntil;
  }

  get usualContainer(): HlsContainer {
    return this.#usual;
  }

  get isIndependent(): boolean {
    return isIndependent(this.#window);
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

  /** What a multivariant playlist says of this rendition: undefined as {@link multivariant}. */
  variant({ container = this.#usual, dvr }: HlsAsk): Variant | undefined {
    const { targetDuration } = this.#cuts;
    if (this.#window.segments.length === 0 || targetDuration === undefined) return undefined;
    if (this.refusal({ container, dvr }) !== undefined) return undefined;
    if (container === 'ts') this.#ts.ask();
    const tracks = this.#window.segments.at(-1)!.head.tracks;
    const { stream } = this.#options.name;
    return {
      uri: `${stream}/${this.#names.playlist(container)}${dvr ? '' : '?dvr=0'}`,
      ...this.#meters[container].measure(targetDuration),
      tracks: container === 'ts' ? this.#ts.carried(tracks) : tracks,
    };
  }

  /** Why there is no playlist in this container, in words; undefined: there is, or there may be. */
  refusal({ container = this.#usual }: HlsAsk): string | undefined {
    const tracks = this.#window.segments.at(-1)?.head.tracks;
    if (container !== 'ts' || !tracks || this.#ts.offers(tracks)) return undefined;
    return this.#ts.problem(tracks);
  }

  /** A media playlist by its file name, e.g. `media.m3u8`; undefined: it is none of this rendition's. */
  playlist(file: string): MediaPlaylist | undefined {
    const container = this.#names.containerOf(file);
    if (!container || this.refusal({ container, dvr: true }) !== undefined) return undefined;
    return this.#playlists[container];
  }

  /** A segment, part or initialization segment by its file name, e.g. `209995207.m4s`. */
  file(name: string): HlsFile | undefined {
    return this.#files.find(name);
  }

  /** See `HlsSource.whenFile`. */
  whenFile(name: string, callback: (file: AnyHlsFile | undefined) => void): (() => void) | undefined {
    return this.#ended ? this.#files.fetch(name, callback) : this.#files.when(name, callback);
  }

  /**
   * Calls back once, when there is a first multivariant playlist or the stream has ended without one: at once if that is so now.
   * Returns the way to give up waiting, which may be called at any time.
   */
  whenReady(callback: () => void): () => void {
    return this.#ladder.whenReady(callback);
  }

  whenMade(count: number, callback: () => void): () => void {
    if (this.#made < count && !this.#ended) return this.#waiting.add(count, callback);
    callback();
    return () => undefined;
  }

  /** How far it is, for players of other renditions; undefined: no playlist with parts is there yet. */
  report(): RenditionReport | undefined {
    const uri = this.#names.playlist('fmp4');
    const { newest, ended } = this.#playlists.fmp4;
    if (!newest || ended) return undefined;
    const { msn, parts } = newest;
    if (parts > 0) return { uri, lastMsn: msn + 1, lastPart: parts - 1 };
    return { uri, lastMsn: msn, lastPart: this.#window.segments.at(-1)!.parts.length - 1 };
  }

  /** All that is kept of it, in CMAF. */
  get kept(): { readonly window: SegmentWindow; readonly archive: Archive } {
    return { window: this.#window, archive: this.#options.archive ?? NO_ARCHIVE };
  }

  /** What a later life of the stream must begin with at least. */
  get next(): PlaylistNumbers {
    return this.#window.next;
  }

  facts(): HlsFacts {
    const newest = this.#window.segments.at(-1);
    return {
      segments: this.#made,
      lastSegmentSeconds: secondsFromTicks(newest?.duration ?? 0),
      windowSeconds: secondsFromTicks(this.#window.duration),
      targetDuration: this.#cuts.targetDuration,
      bytesHeld: this.#window.bytes + this.#ts.bytes + this.#segmenter.heldBytes,
      framesDropped: this.#segmenter.dropped + this.#uncarried,
      independent: isIndependent(this.#window),
      problem: this.#problem(),
    };
  }

  #open(head: SegmentHead): void {
    const segment = this.#window.open(head, (sequence) => this.#cmaf.open(head, sequence));
    this.#ts.open(segment);
  }

  #part(frames: FramePart): void {
    const segment = this.#window.running;
    if (!segment) return;
    if (this.#usual === 'ts') this.#uncarried += this.#ts.uncarried(segment.head.tracks, frames.frames);
    const part = this.#cmaf.part(frames);
    this.#window.add(part);
    this.#ts.part(segment, part);
    // The last one goes into the playlist with the end mark and its segment, since nothing may change afterwards.
    if (!this.#options.lowLatency || this.#window.segments.length === 0 || this.#ended) return;
    this.#playlists.fmp4.changed();
    this.#files.whole(segment.sequence, segment.parts.length - 1);
    this.#playlists.fmp4.wake();
  }

  #close(tail: SegmentTail): void {
    const segment = this.#window.close(tail, this.#cuts.targetDuration!);
    if (!segment) return;
    this.#ts.close(segment);
    for (const meter of Object.values(this.#meters)) meter.note(this.#cuts.targetDuration!);
    this.#made++;
    this.#options.archive?.offer(segment);
    this.#options.onSegment?.(secondsFromTicks(segment.duration));
    this.#tellProblem();
    this.#changed();
    if (!this.#ended) this.#waiting.release(this.#made);
  }

  #problem(): string | undefined {
    const tracks = this.#window.segments.at(-1)?.head.tracks;
    const own = this.#usual === 'ts' && tracks ? this.#ts.problem(tracks) : undefined;
    return this.#segmenter.problem ?? own;
  }

  #tellProblem(): void {
    const problem = this.#problem();
    if (problem === undefined || problem === this.#toldProblem) return;
    this.#toldProblem = problem;
    this.#options.onProblem?.(problem);
  }

  /** Rendered anew when next asked for, once. */
  #changed(): void {
    this.#stamp = nextStamp++;
    for (const playlist of Object.values(this.#playlists)) playlist.changed();
    for (const playlist of Object.values(this.#playlists)) playlist.wake();
  }

  #playlistIn(container: HlsContainer, archive: Archive): MediaPlaylist {
    const isEnded = (): boolean => this.#ended;
    const isPaused = (): boolean => this.#paused;
    return new MediaPlaylist(
      {
        window: this.#window,
        cuts: this.#cuts,
        ts: this.#ts,
        archive,
        names: this.#names,
        hasParts: this.#options.lowLatency ?? false,
        reports: this.#options.reports ?? (() => []),
        get ended() {
          return isEnded();
        },
        get paused() {
          return isPaused();
        },
      },
      container,
    );
  }
}
