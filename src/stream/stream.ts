import type { AmfObject } from '../amf/value.ts';
import type { Frame, MediaFrame, VideoFrame } from '../media/frame.ts';
import type { StreamName } from '../media/stream-name.ts';
import { secondsFromTicks, ticks, ticksFromMs, type Ticks } from '../media/time.ts';
import type { TrackSet } from '../media/track.ts';
import { Fanout } from './fanout.ts';
import type { FrameSink } from './frame-sink.ts';
import { GopCache } from './gop-cache.ts';
import { Meter } from './meter.ts';
import type { Publication, Publisher } from './publication.ts';
import { TimeBase } from './time-base.ts';
import { ViewerTally } from './viewer-tally.ts';
import type { Viewer, ViewerEnd } from './viewer.ts';
import type { StreamFacts, WireFormat } from './wire-format.ts';

export interface StreamOptions {
  /** Milliseconds, monotonic. */
  readonly now: () => number;
  /** Wall clock in ms, for people. */
  readonly clock: () => number;
  /** `delivery.batchMs`, or more under load: see `pacing.ts`. It may change at any time. */
  readonly batchMs: number;
  /** Where the streams' own counts of what happens to slow viewers are added up. */
  readonly tally?: ViewerTally;
}

export type StreamState = 'live' | 'grace' | 'ended';

/**
 * Media seconds after which a stream counts as complete although only one kind of track has come: FLV's header
 * must say what will follow, and only a media frame proves a track.
 */
const PROBE_SECONDS = 1;
/** A track that has been silent for so long at a key frame is not promised to new viewers: they would wait for it. */
const SILENT_SECONDS = 3;
/** Between two publishers' frames; one frame at 25 fps. */
const SEAM: Ticks = ticksFromMs(40);

/** A name with one publisher and its viewers. It outlives a publisher by the grace time. */
export class Stream {
  readonly name: StreamName;
  readonly meter = new Meter();
  /** What has happened to slow viewers of this stream. */
  readonly tally: ViewerTally;
  /** Wall clock, ms, when the stream came to be. */
  readonly startedAt: number;
  readonly #options: StreamOptions;
  readonly #gop = new GopCache();
  readonly #timeBase = new TimeBase();
  readonly #sinks: FrameSink[] = [];
  readonly #fanouts = new Map<string, Fanout>();
  /** What viewers were given in formats that nobody watches in any more, by protocol. */
  readonly #bytesOfFormer = new Map<string, number>();
  /** Viewers who came before it was known which tracks there are. */
  #early: { fanout: Fanout; viewer: Viewer; fromGop: boolean }[] = [];
  #state: StreamState = 'grace';
  #relayPath: readonly string[] = [];
  #publisher: Publisher | undefined;
  #publication: object | undefined;
  #tracks: TrackSet = {};
  /** The last known of each kind, of whichever publisher. */
  #formerTracks: TrackSet = {};
  #metadata: AmfObject | undefined;
  #epoch = 0;
  #firstDts: Ticks | undefined;
  #lastDts: Ticks | undefined;
  #lastAudioDts: Ticks | undefined;
  #complete = false;

  constructor(name: StreamName, options: StreamOptions) {
    this.name = name;
    this.startedAt = options.clock();
    this.tally = new ViewerTally(options.tally);
    this.#options = options;
  }

  get state(): StreamState {
    return this.#state;
  }

  /** Undefined while the stream waits in its grace time. */
  get publisher(): Publisher | undefined {
    return this.#publisher;
  }

  /** Ids of the gateways that the stream came through, of the last publisher in its grace time. */
  get relayPath(): readonly string[] {
    return this.#relayPath;
  }

  get facts(): StreamFacts {
    return { tracks: this.#tracks, metadata: this.#metadata };
  }

  /** The newest picture that needs no other; undefined: none is kept. */
  get keyFrame(): VideoFrame | undefined {
    const { first } = this.#gop;
    return first?.kind === 'video' ? first : undefined;
  }

  get fanouts(): Iterable<Fanout> {
    return this.#fanouts.values();
  }

  /** Bytes handed to viewers, by the first part of the format's id: `flv`, `rtmp`. */
  get bytesOut(): Readonly<Record<string, number>> {
    const sums = Object.fromEntries(this.#bytesOfFormer);
    for (const { format, bytesOut } of this.#fanouts.values()) {
      const protocol = protocolOf(format);
      sums[protocol] = (sums[protocol] ?? 0) + bytesOut;
    }
    return sums;
  }

  /** Something that wants every frame from now on. */
  attach(sink: FrameSink): void {
    this.#sinks.push(sink);
  }

  /** Hands the stream to a publisher; a former one can no longer write. */
  publish(publisher: Publisher, released: (reason: string) => void): Publication {
    const isCurrent = (): boolean => this.#publication === publication;
    // A publisher that left before it sent anything does not make the one before it forgotten.
    const formerTracks = { ...this.#formerTracks, ...this.#tracks };
    const publication: Publication = {
      origin: this.#lastDts === undefined ? ticks(0) : ticks(this.#lastDts + SEAM),
      formerTracks,
      isBehind: () => isCurrent() && this.#sinks.some((sink) => sink.isBehind?.() === true),
      newEpoch: () => (isCurrent() ? ++this.#epoch : this.#epoch),
      write: (frame) => {
        if (isCurrent()) this.#write(frame);
      },
      describe: (metadata) => {
        if (isCurrent()) this.#metadata = metadata;
      },
      flush: () => {
        if (isCurrent()) this.flush();
      },
      release: (reason) => {
        if (!isCurrent()) return;
        this.#publication = undefined;
        this.#publisher = undefined;
        this.#state = 'grace';
        this.flush();
        this.#interrupt();
        released(reason);
      },
    };
    this.#formerTracks = formerTracks;
    if (this.#publication) this.#interrupt();
    this.#begin(publisher, publication);
    return publication;
  }

  /** `fromGop`: with what is cached of the current GOP, so that there is a picture at once. */
  join(format: WireFormat, viewer: Viewer, fromGop: boolean): void {
    viewer.countIn(this.tally);
    if (this.#state === 'ended') return viewer.close('stream ended');
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

  /** Passes on what has been written; also called by the gateway's tick, for sound that waits for company. */
  flush(): void {
    if (this.#early.length > 0 && this.#complete) this.#admit();
    for (const fanout of this.#fanouts.values()) fanout.flush();
    for (const sink of this.#sinks) sink.flush();
  }

  /** The grace time is over, or the gateway stops. */
  end(reason: ViewerEnd): void {
    if (this.#state === 'ended') return;
    this.flush();
    this.#state = 'ended';
    this.#publication = undefined;
    this.#publisher?.kick(reason);
    this.#publisher = undefined;
    for (const { viewer } of this.#early) viewer.close(reason);
    this.#early = [];
    for (const fanout of this.#fanouts.values()) fanout.end(reason);
    for (const sink of this.#sinks) sink.end(reason);
  }

  #begin(publisher: Publisher, publication: Publication): void {
    this.#publisher = publisher;
    this.#relayPath = publisher.relayPath ?? [];
    this.#publication = publication;
    this.#state = 'live';
    this.#tracks = {};
    this.#metadata = undefined;
    this.#complete = false;
    this.#firstDts = undefined;
    this.#gop.clear();
    this.meter.restart(publisher.isPulled === true ? 'relay' : 'rtmp');
  }

  #interrupt(): void {
    for (const sink of this.#sinks) sink.interrupt?.();
  }

  #write(frame: Frame): void {
    if (frame.kind !== 'data') this.#note(frame);
    this.meter.count(frame);
    this.#gop.add(frame);
    for (const fanout of this.#fanouts.values()) fanout.write(frame);
    for (const sink of this.#sinks) sink.write(frame);
  }

  /** A track is there once a frame of it is. */
  #note(frame: MediaFrame): void {
    if (this.#lastDts === undefined || frame.dts > this.#lastDts) this.#lastDts = frame.dts;
    this.#firstDts ??= frame.dts;
    if (this.#tracks[frame.kind] !== frame.track)
      this.#tracks = { ...this.#tracks, [frame.kind]: frame.track };
    if (frame.kind === 'audio') this.#lastAudioDts = frame.dts;
    else if (frame.startsGop && this.#tracks.audio && this.#isSilentAt(frame.dts))
      this.#tracks = { video: frame.track };
    if (this.#complete) return;
    const hasBoth = this.#tracks.video !== undefined && this.#tracks.audio !== undefined;
    this.#complete = hasBoth || secondsFromTicks(frame.dts - this.#firstDts) >= PROBE_SECONDS;
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
      const { now } = this.#options;
      const source = { gop: this.#gop, facts: () => this.facts, timeBase: this.#timeBase };
      fanout = new Fanout(format, { ...source, now, pace: this.#options });
      this.#fanouts.set(format.id, fanout);
    }
    return fanout;
  }
}

function protocolOf(format: WireFormat): string {
  return format.id.split('/')[0]!;
}
