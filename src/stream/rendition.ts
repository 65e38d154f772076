import type { AmfObject } from '../amf/value.ts';
import type { Frame, MediaFrame, VideoFrame } from '../media/frame.ts';
import type { StreamName } from '../media/stream-name.ts';
import { secondsFromTicks, type Ticks } from '../media/time.ts';
import type { Track, TrackId, TrackSet } from '../media/track.ts';
import { Arrivals } from './arrivals.ts';
import { Fanout, type Pace } from './fanout.ts';
import type { FrameSink } from './frame-sink.ts';
import { GopCache, type GopCacheLimits } from './gop-cache.ts';
import { Meter } from './meter.ts';
import { TimeBase } from './time-base.ts';
import type { ViewerTally } from './viewer-tally.ts';
import type { Viewer, ViewerEnd } from './viewer.ts';
import type { StreamFacts, WireFormat } from './wire-format.ts';

export interface RenditionOptions {
  /** Of its stream. */
  readonly name: StreamName;
  /** The track that it is there for; the main rendition is there for both. */
  readonly id: TrackId | 'main';
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Wall clock in ms. */
  readonly clock: () => number;
  readonly pace: Pace;
  readonly tally: ViewerTally;
  readonly metadata: () => AmfObject | undefined;
  readonly gopLimits?: GopCacheLimits;
}

/**
 * Media seconds after which a rendition counts as complete although only one kind of track has come: FLV's header
 * must say what will follow, and only a media frame proves a track.
 */
const PROBE_SECONDS = 1;
/** A track that has been silent for so long at a key frame is not promised to new viewers: they would wait for it. */
export const SILENT_SECONDS = 3;

/**
 * What one can watch of a stream: its main picture and sound, another picture with the main sound, or another sound
 * alone. Each has its own viewers and sinks; frames are shared.
 */
export class Rendition {
  readonly id: TrackId | 'main';
  readonly name: StreamName;
  readonly meter = new Meter();
  readonly #options: RenditionOptions;
  readonly #gop: GopCache;
  readonly #timeBase = new TimeBase();
  readonly #arrivals: Arrivals;
  readonly #sinks: FrameSink[] = [];
  readonly #fanouts = new Map<string, Fanout>();
  /** What viewers were given in formats that nobody watches in any more, by protocol. */
  readonly #bytesOfFormer = new Map<string, number>();
  /** Viewers who came before it was known which tracks there are. */
  #early: { fanout: Fanout; viewer: Viewer; fromGop: boolean }[] = [];
  #tracks: TrackSet = {};
  #firstDts: Ticks | undefined;
  #lastAudioDts: Ticks | undefined;
  #complete = false;
  #ended = false;
  /** Those who want to hear of other tracks, and whether there is news for them. */
  readonly #listeners = new Set<() => void>();
  #hasNews = false;

  constructor(options: RenditionOptions) {
    this.id = options.id;
    this.name = options.name;
    this.#options = options;
    this.#gop = new GopCache(options.gopLimits);
    this.#arrivals = new Arrivals(options.clock);
  }

  get facts(): StreamFacts {
    return { tracks: this.#tracks, metadata: this.#options.metadata() };
  }

  /** The track that it is there for, as it is now; of the main one the picture, or else the sound. */
  get track(): Track | undefined {
    const { video, audio } = this.#tracks;
    return this.id.startsWith('audio') ? audio : (video ?? audio);
  }

  /** The newest picture that needs no other; undefined: none is kept. */
  get keyFrame(): VideoFrame | undefined {
    const { first } = this.#gop;
    return first?.kind === 'video' ? first : undefined;
  }

  /** All that a viewer can start with, from a key frame on. */
  get cached(): readonly Frame[] {
    return this.#gop.frames;
  }

  get isWatched(): boolean {
    return this.#early.length > 0 || this.#fanouts.size > 0;
  }

  /** It is known which tracks there are. */
  get isComplete(): boolean {
    return this.#complete;
  }

  get fanouts(): Iterable<Fanout> {
    return this.#fanouts.values();
  }

  /** Bytes handed to viewers, by the first part of the format's id: `flv`, `rtmp`. */
  get bytesOut(): ReadonlyMap<string, number> {
    const sums = new Map(this.#bytesOfFormer);
    for (const { format, bytesOut } of this.#fanouts.values()) {
      const protocol = protocolOf(format);
      sums.set(protocol, (sums.get(protocol) ?? 0) + bytesOut);
    }
    return sums;
  }

  /** Something keeps its frames and cannot follow. */
  get isBehind(): boolean {
    for (const sink of this.#sinks) if (sink.isBehind?.() === true) return true;
    return false;
  }

  /** Calls back when its tracks are others, or are known, behind the frames that show it. The returned function stops that. */
  whenTracksChange(callback: () => void): () => void {
    this.#listeners.add(callback);
    return () => this.#listeners.delete(callback);
  }

  /** Something that wants every frame from now on. */
  attach(sink: FrameSink): void {
    this.#sinks.push(sink);
  }

  /** `fromGop`: with what is cached of the current GOP, so that there is a picture at once. */
  join(format: WireFormat, viewer: Viewer, fromGop: boolean): void {
    viewer.countIn(this.#options.tally);
    if (this.#ended) return viewer.close('stream ended');
    const fanout = this.#fanoutOf(format);
    if (this.#complete) fanout.join(viewer, fromGop);
    else this.#early.push({ fanout, viewer, fromGop });
  }

  leave(viewer: Viewer): void {
    this.#early = this.#early.filter((one) => one.viewer !== viewer);
    for (const fanout of this.#fanouts.values()) {
      fanout.leave(viewer);
      if (fanout.viewerCount === 0 && !this.#early.some((one) => one.fanout === fanout)) this.#drop(fanout);
    }
  }

  /** A new publisher: what the former one sent is nothing to start with. `source`: how it sends. */
  begin(source: string): void {
    this.#tracks = {};
    this.#complete = false;
    this.#firstDts = undefined;
    this.#gop.clear();
    this.meter.restart(source);
  }

  /** Nothing goes on where the frames before stopped. */
  interrupt(): void {
    for (const sink of this.#sinks) sink.interrupt?.();
  }

  write(frame: Frame): void {
    if (frame.kind !== 'data') {
      this.#note(frame);
      if (frame.startsGop) this.#arrivals.note(frame);
    }
    this.#gop.add(frame);
    for (const fanout of this.#fanouts.values()) fanout.write(frame);
    for (const sink of this.#sinks) sink.write(frame);
  }

  /** A frame that goes along: of a track that is not one of its own. */
  protected writeAlong(frame: MediaFrame): void {
    this.#gop.addBeside(frame);
    for (const fanout of this.#fanouts.values()) fanout.write(frame);
  }

  /** Passes on what has been written. */
  flush(): void {
    if (this.#early.length > 0 && this.#complete) this.#admit();
    for (const fanout of this.#fanouts.values()) fanout.flush();
    for (const sink of this.#sinks) sink.flush();
    if (!this.#hasNews) return;
    this.#hasNews = false;
    for (const callback of [...this.#listeners]) callback();
  }

  /** Nothing more comes. {@link flush} before. */
  end(reason: ViewerEnd): void {
    this.#ended = true;
    for (const { viewer } of this.#early) viewer.close(reason);
    this.#early = [];
    for (const fanout of this.#fanouts.values()) fanout.end(reason);
    for (const sink of this.#sinks) sink.end(reason);
  }

  /** A track is there once a frame of it is. */
  #note(frame: MediaFrame): void {
    this.#firstDts ??= frame.dts;
    const { video, audio } = this.#tracks;
    if ((frame.kind === 'video' ? video : audio) !== frame.track) {
      this.#tracks = { ...this.#tracks, [frame.kind]: frame.track };
      this.#hasNews = true;
    }
    if (frame.kind === 'audio') {
      this.#lastAudioDts = frame.dts;
      // Sound that can be started with: the pictures beside it have gone.
      if (frame.startsGop && this.#tracks.video) this.#tracks = { audio: frame.track };
    } else if (frame.startsGop && this.#tracks.audio && this.#isSilentAt(frame.dts))
      this.#tracks = { video: frame.track };
    if (this.#complete) return;
    const hasBoth = this.#tracks.video !== undefined && this.#tracks.audio !== undefined;
    this.#complete = hasBoth || secondsFromTicks(frame.dts - this.#firstDts) >= PROBE_SECONDS;
    if (this.#complete) this.#hasNews = true;
  }

  #isSilentAt(dts: Ticks): boolean {
    return this.#lastAudioDts !== undefined && secondsFromTicks(dts - this.#lastAudioDts) > SILENT_SECONDS;
  }

  #admit(): void {
    const early = this.#early;
    this.#early = [];
    for (const { fanout, viewer, fromGop } of early) fanout.join(viewer, fromGop);
  }

  /** Players choose a part of their format's id, so formats without viewers must not pile up. */
  #drop(fanout: Fanout): void {
    const protocol = protocolOf(fanout.format);
    this.#bytesOfFormer.set(protocol, (this.#bytesOfFormer.get(protocol) ?? 0) + fanout.bytesOut);
    this.#fanouts.delete(fanout.format.id);
  }

  #fanoutOf(format: WireFormat): Fanout {
    let fanout = this.#fanouts.get(format.id);
    if (!fanout) {
      const { now, pace } = this.#options;
      const source = {
        gop: this.#gop,
        facts: () => this.facts,
        timeBase: this.#timeBase,
        arrivals: this.#arrivals,
      };
      fanout = new Fanout(format, { ...source, now, pace });
      this.#fanouts.set(format.id, fanout);
    }
    return fanout;
  }
}

function protocolOf(format: WireFormat): string {
  return format.id.split('/')[0]!;
}
