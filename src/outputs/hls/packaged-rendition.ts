import { NO_ARCHIVE, type Archive } from './archive.ts';
import { CmafPackaging } from './cmaf-packaging.ts';
import type { CutSchedule } from './cut-schedule.ts';
import { FileNames, type HlsContainer } from './file-names.ts';
import { HlsFiles } from './hls-files.ts';
import type { HlsOptions } from './hls-options.ts';
import { MediaPlaylist, type Standing } from './media-playlist.ts';
import type { Variant } from './multivariant.ts';
import type { PlaylistNumbers } from './numbers.ts';
import type { RenditionReport } from './playlist.ts';
import type { HlsAsk } from './rung.ts';
import type { FramePart, SegmentHead, SegmentSink, SegmentTail } from './segment.ts';
import { TsPackaging } from './ts-packaging.ts';
import { isIndependent, VariantMeter } from './variant-meter.ts';
import { SegmentWindow } from './window.ts';

export interface PackagedRenditionOptions extends Pick<
  HlsOptions,
  'name' | 'windowSegments' | 'container' | 'lowLatency' | 'rendition' | 'reports' | 'archive'
> {
  readonly cuts: CutSchedule;
  readonly first: PlaylistNumbers;
  readonly standing: Readonly<Standing>;
  /** There is another segment, and no playlist knows of it yet. */
  readonly closed: () => void;
}

/** What a segmenter makes, in both containers: the window of segments, the files that can be fetched, the playlists. */
export class PackagedRendition implements SegmentSink {
  readonly usual: HlsContainer;
  readonly archive: Archive;
  readonly window: SegmentWindow;
  readonly files: HlsFiles;
  readonly #options: PackagedRenditionOptions;
  readonly #names: FileNames;
  readonly #cmaf = new CmafPackaging();
  readonly #ts: TsPackaging;
  readonly #playlists: Readonly<Record<HlsContainer, MediaPlaylist>>;
  readonly #meters: Readonly<Record<HlsContainer, VariantMeter>>;
  #uncarried = 0;

  constructor(options: PackagedRenditionOptions) {
    const { windowSegments: size, first, container = 'fmp4', rendition = 'video' } = options;
    this.#options = options;
    this.usual = container;
    this.archive = options.archive ?? NO_ARCHIVE;
    this.#names = new FileNames(rendition, container);
    const window = new SegmentWindow({ size, first });
    this.window = window;
    this.#ts = new TsPackaging(window);
    this.files = new HlsFiles({ window, ts: this.#ts, names: this.#names, archive: this.archive });
    this.#playlists = { fmp4: this.#playlistIn('fmp4'), ts: this.#playlistIn('ts') };
    this.#meters = {
      fmp4: new VariantMeter(window, ({ size }) => size),
      ts: new VariantMeter(window, ({ sequence }) => this.#ts.find(sequence)?.length ?? 0),
    };
  }

  /** Frames that the usual container cannot carry. */
  get uncarried(): number {
    return this.#uncarried;
  }

  /** Of segments in each container in which they are made, and the one being made. */
  get bytes(): number {
    return this.window.bytes + this.#ts.bytes;
  }

  get isIndependent(): boolean {
    return isIndependent(this.window);
  }

  /** Why the usual container lacks a track, in words. */
  get problem(): string | undefined {
    const tracks = this.window.segments.at(-1)?.head.tracks;
    return this.usual === 'ts' && tracks ? this.#ts.problem(tracks) : undefined;
  }

  open(head: SegmentHead): void {
    const segment = this.window.open(head, (sequence) => this.#cmaf.open(head, sequence));
    this.#ts.open(segment);
  }

  part(frames: FramePart): void {
    const segment = this.window.running;
    if (!segment) return;
    if (this.usual === 'ts') this.#uncarried += this.#ts.uncarried(segment.head.tracks, frames.frames);
    const part = this.#cmaf.part(frames);
    this.window.add(part);
    this.#ts.part(segment, part);
    const { lowLatency, standing } = this.#options;
    // The last one goes into the playlist with the end mark and its segment, since nothing may change afterwards.
    if (!lowLatency || this.window.segments.length === 0 || standing.ended) return;
    this.#playlists.fmp4.changed();
    this.files.whole(segment.sequence, segment.parts.length - 1);
    this.#playlists.fmp4.wake();
  }

  close(tail: SegmentTail): void {
    const targetDuration = this.#options.cuts.targetDuration!;
    const segment = this.window.close(tail, targetDuration);
    if (!segment) return;
    this.#ts.close(segment);
    for (const meter of Object.values(this.#meters)) meter.note(targetDuration);
    this.archive.offer(segment);
    this.#options.closed();
  }

  /** Nothing comes for a while, or ever again. */
  rest(): void {
    this.#ts.rest();
  }

  /** Playlists are rendered anew when next asked for, once, by those who have waited for it. */
  changed(): void {
    for (const playlist of Object.values(this.#playlists)) playlist.changed();
    for (const playlist of Object.values(this.#playlists)) playlist.wake();
  }

  /** A media playlist by its file name, e.g. `media.m3u8`; undefined: it is none of this rendition's. */
  playlist(file: string): MediaPlaylist | undefined {
    const container = this.#names.containerOf(file);
    if (!container || this.refusal({ container, dvr: true }) !== undefined) return undefined;
    return this.#playlists[container];
  }

  /** See `Rung.refusal`. */
  refusal({ container = this.usual }: HlsAsk): string | undefined {
    const tracks = this.window.segments.at(-1)?.head.tracks;
    if (container !== 'ts' || !tracks || this.#ts.offers(tracks)) return undefined;
    return this.#ts.problem(tracks);
  }

  /** See `Rung.variant`. */
  variant({ container = this.usual, dvr }: HlsAsk): Variant | undefined {
    const { targetDuration } = this.#options.cuts;
    const newest = this.window.segments.at(-1);
    if (!newest || targetDuration === undefined) return undefined;
    if (this.refusal({ container, dvr }) !== undefined) return undefined;
    if (container === 'ts') this.#ts.ask();
    const { tracks } = newest.head;
    const { stream } = this.#options.name;
    return {
      uri: `${stream}/${this.#names.playlist(container)}${dvr ? '' : '?dvr=0'}`,
      ...this.#meters[container].measure(targetDuration),
      tracks: container === 'ts' ? this.#ts.carried(tracks) : tracks,
    };
  }

  /** How far it is, for players of other renditions; undefined: no playlist with parts is there yet, or it has ended. */
  report(): RenditionReport | undefined {
    const uri = this.#names.playlist('fmp4');
    const { newest, ended, lowLatency } = this.#playlists.fmp4;
    if (!newest || ended || !lowLatency) return undefined;
    const { msn, parts } = newest;
    if (parts > 0) return { uri, lastMsn: msn + 1, lastPart: parts - 1 };
    return { uri, lastMsn: msn, lastPart: this.window.segments.at(-1)!.parts.length - 1 };
  }

  #playlistIn(container: HlsContainer): MediaPlaylist {
    const { cuts, standing, lowLatency = false, reports = () => [] } = this.#options;
    const { window, archive } = this;
    const common = { window, cuts, archive, standing, reports, ts: this.#ts, names: this.#names };
    return new MediaPlaylist({ ...common, hasParts: lowLatency }, container);
  }
}
