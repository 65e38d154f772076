import { AmfObject } from '../amf/value.ts';
import type { Frame, VideoFrame } from '../media/frame.ts';
import type { StreamName } from '../media/stream-name.ts';
import { ticks, ticksFromMs, type Ticks } from '../media/time.ts';
import type { FormerTracks } from '../media/track.ts';
import type { Fanout } from './fanout.ts';
import type { FrameSink } from './frame-sink.ts';
import type { Meter } from './meter.ts';
import type { Publication, Publisher } from './publication.ts';
import { Rendition } from './rendition.ts';
import { Renditions } from './renditions.ts';
import { ViewerTally } from './viewer-tally.ts';
import { Whole } from './whole.ts';
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

/** Between two publishers' frames; one frame at 25 fps. */
const SEAM: Ticks = ticksFromMs(40);

/** What a publisher says of its main tracks, and of no others. */
const OF_MAIN_TRACKS: ReadonlySet<string> = new Set(['videodatarate', 'audiodatarate', 'framerate']);

/** A name with one publisher and its viewers. It outlives a publisher by the grace time. */
export class Stream {
  readonly name: StreamName;
  /** The main picture and sound: what is watched, recorded and relayed where nobody asks for anything else. */
  readonly main: Rendition;
  /** What there is beside it. */
  readonly renditions: Renditions;
  /** All of it, for who takes several tracks over one connection. */
  readonly whole: Whole;
  /** What has happened to slow viewers of this stream. */
  readonly tally: ViewerTally;
  /** Wall clock, ms, when the stream came to be. */
  readonly startedAt: number;
  #state: StreamState = 'grace';
  #relayPath: readonly string[] = [];
  #publisher: Publisher | undefined;
  #publication: object | undefined;
  /** The last known of each, of whichever publisher. */
  #formerTracks: FormerTracks = {};
  #metadata: AmfObject | undefined;
  #metadataBeside: AmfObject | undefined;
  #epoch = 0;
  #lastDts: Ticks | undefined;

  constructor(name: StreamName, options: StreamOptions) {
    this.name = name;
    this.startedAt = options.clock();
    const tally = new ViewerTally(options.tally);
    this.tally = tally;
    const { now, clock } = options;
    const shared = { name, now, clock, pace: options, tally };
    this.main = new Rendition({ ...shared, id: 'main', metadata: () => this.#metadata });
    this.renditions = new Renditions({ ...shared, metadata: () => this.#metadataBeside });
    const caches = (): (readonly Frame[])[] =>
      [this.main, ...this.renditions.values()].map(({ cached }) => cached);
    this.whole = new Whole({ ...shared, metadata: () => this.#metadata, caches });
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

  /** Of the main tracks. */
  get facts(): StreamFacts {
    return this.main.facts;
  }

  /** Of the main tracks; its bytes are those of all. */
  get meter(): Meter {
    return this.main.meter;
  }

  /** The newest main picture that needs no other; undefined: none is kept. */
  get keyFrame(): VideoFrame | undefined {
    return this.main.keyFrame;
  }

  /** Of all renditions. */
  get fanouts(): Iterable<Fanout> {
    return this.#allFanouts();
  }

  /** Bytes handed to viewers, by the first part of the format's id: `flv`, `rtmp`. */
  get bytesOut(): Readonly<Record<string, number>> {
    const sums = new Map(this.renditions.bytesOutOfFormer);
    for (const rendition of [...this.#all(), this.whole])
      for (const [protocol, bytes] of rendition.bytesOut)
        sums.set(protocol, (sums.get(protocol) ?? 0) + bytes);
    return Object.fromEntries(sums);
  }

  /** Something that wants every frame of the main tracks from now on. */
  attach(sink: FrameSink): void {
    this.main.attach(sink);
  }

  /** Hands the stream to a publisher; a former one can no longer write. */
  publish(publisher: Publisher, released: (reason: string) => void): Publication {
    const isCurrent = (): boolean => this.#publication === publication;
    // A publisher that left before it sent anything does not make the one before it forgotten.
    const formerTracks: FormerTracks = { ...this.#formerTracks, ...this.#presentTracks() };
    const publication: Publication = {
      origin: this.#lastDts === undefined ? ticks(0) : ticks(this.#lastDts + SEAM),
      formerTracks,
      isBehind: () => isCurrent() && this.#isBehind(),
      newEpoch: () => (isCurrent() ? ++this.#epoch : this.#epoch),
      write: (frame) => {
        if (isCurrent()) this.#write(frame);
      },
      describe: (metadata) => {
        if (isCurrent()) this.#describe(metadata);
      },
      cameBy: (relayPath) => {
        if (isCurrent()) this.#relayPath = relayPath;
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

  /** Watches the main tracks. `fromGop`: with what is cached of the current GOP, so that there is a picture at once. */
  join(format: WireFormat, viewer: Viewer, fromGop: boolean): void {
    this.main.join(format, viewer, fromGop);
  }

  leave(viewer: Viewer): void {
    this.main.leave(viewer);
  }

  /** Passes on what has been written; also called by the gateway's tick, for sound that waits for company. */
  flush(): void {
    this.main.flush();
    if (this.renditions.size > 0) this.renditions.flush();
    if (this.whole.isOn) this.whole.flush();
  }

  /** Takes the rates; call about once a second. `now` in ms, monotonic. */
  sample(now: number): void {
    for (const rendition of this.#all()) rendition.meter.sample(now);
  }

  /** The grace time is over, or the gateway stops. */
  end(reason: ViewerEnd): void {
    if (this.#state === 'ended') return;
    this.flush();
    this.#state = 'ended';
    this.#publication = undefined;
    this.#publisher?.kick(reason);
    this.#publisher = undefined;
    this.main.end(reason);
    this.renditions.end(reason);
    this.whole.end(reason);
  }

  #begin(publisher: Publisher, publication: Publication): void {
    this.#publisher = publisher;
    this.#relayPath = publisher.relayPath ?? [];
    this.#publication = publication;
    this.#state = 'live';
    this.#describe(undefined);
    const source = publisher.isPulled === true ? 'relay' : 'rtmp';
    this.main.begin(source);
    this.renditions.begin(source, this.#lastDts);
    this.whole.begin(source);
  }

  #describe(metadata: AmfObject | undefined): void {
    this.#metadata = metadata;
    const general = [...(metadata ?? [])].filter(([name]) => !OF_MAIN_TRACKS.has(name));
    this.#metadataBeside = metadata && new AmfObject(general, metadata.kind);
  }

  #interrupt(): void {
    this.main.interrupt();
    this.renditions.interrupt();
  }

  #isBehind(): boolean {
    if (this.main.isBehind) return true;
    if (this.renditions.size === 0) return false; // asked with every read
    return [...this.renditions.values()].some(({ isBehind }) => isBehind);
  }

  #write(frame: Frame): void {
    const { main, renditions, whole } = this;
    if (frame.kind !== 'data') {
      if (this.#lastDts === undefined || frame.dts > this.#lastDts) this.#lastDts = frame.dts;
      if (!renditions.isSettled) renditions.settle(frame.dts);
      if (frame.track.id !== frame.kind) {
        main.meter.countBeside(frame);
        if (whole.isOn) whole.write(frame);
        return renditions.write(frame);
      }
    }
    main.meter.count(frame);
    main.write(frame);
    if (whole.isOn) whole.write(frame);
    if (renditions.size > 0 && frame.kind !== 'video') renditions.writeBeside(frame);
  }

  #presentTracks(): FormerTracks {
    const beside = [...this.renditions.values()].flatMap(({ track }) => (track ? [[track.id, track]] : []));
    return { ...this.main.facts.tracks, ...(Object.fromEntries(beside) as FormerTracks) };
  }

  *#all(): Generator<Rendition> {
    yield this.main;
    yield* this.renditions.values();
  }

  *#allFanouts(): Generator<Fanout> {
    for (const rendition of this.#all()) yield* rendition.fanouts;
    yield* this.whole.fanouts;
  }
}
